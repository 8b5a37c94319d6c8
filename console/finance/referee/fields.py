"""The prices that are compared, and what xAI's integers are worth. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from django.db.models import TextChoices

from console.catalog.costs import Prices

TICKS_PER_USD_PER_MILLION: Final = 10_000


class Field(TextChoices):
    """One price of a model. The threshold is a number of prompt tokens."""

    INPUT = "input", "Input"
    CACHED = "cached", "Cached input"
    OUTPUT = "output", "Output"
    REASONING = "reasoning", "Reasoning"
    IMAGE = "image", "Image input"
    LONG_INPUT = "long_input", "Long-context input"
    LONG_CACHED = "long_cached", "Long-context cached input"
    LONG_OUTPUT = "long_output", "Long-context output"
    THRESHOLD = "threshold", "Long-context threshold"

    @property
    def is_long(self) -> bool:
        """Whether it is a price of the long-context tier."""
        return self in LONG


XAI_NAMES: Final = {  # reasoning costs what other output costs
    Field.INPUT: "prompt_text_token_price",
    Field.CACHED: "cached_prompt_text_token_price",
    Field.OUTPUT: "completion_text_token_price",
    Field.REASONING: "completion_text_token_price",
    Field.IMAGE: "prompt_image_token_price",
    Field.LONG_INPUT: "prompt_text_token_price_long_context",
    Field.LONG_CACHED: "cached_prompt_text_token_price_long_context",
    Field.LONG_OUTPUT: "completion_text_token_price_long_context",
    Field.THRESHOLD: "long_context_threshold",
}
LONG: Final = {  # and the price that holds where there is no such tier
    Field.LONG_INPUT: Field.INPUT,
    Field.LONG_CACHED: Field.CACHED,
    Field.LONG_OUTPUT: Field.OUTPUT,
}


def ticks_of(prices: Prices, field: Field) -> int | None:
    """Return what a call pays, in ticks per token; None when xAI has not told it.

    A long-context price is the standard one where there is no such tier or price.
    The threshold is in tokens, 0 when there is none.
    """
    told: int | None = getattr(prices, XAI_NAMES[field])
    if field.is_long:
        if prices.long_context_threshold is None:
            return None
        if prices.long_context_threshold <= 0 or told == 0:
            return ticks_of(prices, LONG[field])
    return told if told is None or told >= 0 else None


def worth(prices: Prices, field: Field) -> Fraction | None:
    """Return the same in dollars per 1M tokens, or the threshold in tokens."""
    ticks = ticks_of(prices, field)
    if ticks is None:
        return None
    if field is Field.THRESHOLD:
        return Fraction(ticks)
    return Fraction(ticks, TICKS_PER_USD_PER_MILLION)


def has_tier(prices: Prices) -> bool:
    """Tell whether there is a long-context tier whose prices are told."""
    return bool(prices.long_context_threshold) and None not in (
        ticks_of(prices, Field.LONG_INPUT),
        ticks_of(prices, Field.LONG_OUTPUT),
    )


def may_be_absent(prices: Prices, field: Field) -> bool:
    """Tell whether a file that leaves the price out is right to do so.

    A cached price may be left out where none is told, or where it saves nothing.
    """
    told = ticks_of(prices, field)
    if told is None or field in (Field.REASONING, Field.IMAGE):
        return True
    if field is Field.CACHED:
        return told in (0, ticks_of(prices, Field.INPUT))
    if field is Field.LONG_CACHED:
        return told in (0, ticks_of(prices, Field.LONG_INPUT))
    return False

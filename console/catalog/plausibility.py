"""Whether a price can be meant as it is told. Pure; called where prices are stored.

A price file that was scaled wrongly looks like a price change. So a step of more
than ten times, a negative price, and a price that becomes or stops being zero are
odd: stored as seen, but not used for costs until a person confirms them.
"""

from __future__ import annotations

from typing import Final, Protocol

from console.catalog.costs import Priced

STEP: Final = 10  # a larger factor, up or down, is odd

STANDARD: Final = {  # what holds where the long-context price is 0 or not told
    "prompt_text_token_price_long_context": "prompt_text_token_price",
    "cached_prompt_text_token_price_long_context": "cached_prompt_text_token_price",
    "completion_text_token_price_long_context": "completion_text_token_price",
}
JUDGED: Final = (
    "prompt_text_token_price",
    "cached_prompt_text_token_price",
    "prompt_image_token_price",
    "completion_text_token_price",
    *STANDARD,
)
THRESHOLD: Final = "long_context_threshold"


class HasPrices(Priced, Protocol):
    """A `PriceVersion`, or `Prices`."""


def odd_fields(before: HasPrices | None, after: HasPrices) -> list[str]:
    """Return the fields of `after` that are not plausible after `before`.

    `before` is the last version that costs could be computed with; None: none ever.
    """
    found = [field for field in JUDGED if _is_odd(field, before, after)]
    old = getattr(before, THRESHOLD) if before is not None else None
    new = getattr(after, THRESHOLD)
    if (new or 0) < 0 or (old and new and _steps_too_far(old, new)):
        found.append(THRESHOLD)
    return found


def _is_odd(field: str, before: HasPrices | None, after: HasPrices) -> bool:
    if (getattr(after, field) or 0) < 0:
        return True
    if before is None:
        return False
    old, new = _in_force(before, field), _in_force(after, field)
    return old is not None and new is not None and _steps_too_far(old, new)


def _in_force(prices: HasPrices, field: str) -> int | None:
    """Return the price that is paid: a long-context price of 0 means the standard."""
    price: int | None = getattr(prices, field)
    if field in STANDARD and not price:
        price = getattr(prices, STANDARD[field])
    return price


def _steps_too_far(old: int, new: int) -> bool:
    if old == new:
        return False
    low, high = sorted((abs(old), abs(new)))
    return low == 0 or old < 0 < new or high > STEP * low

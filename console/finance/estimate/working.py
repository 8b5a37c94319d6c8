"""One request and what it costs, in whole ticks, with its proof. Pure.

    ticks = fresh * text price + cached * cached price + image * image price
          + output * completion price + reasoning * completion price

Which prices apply is decided by `catalog.costs.tier_for`, from the size of the
request's own prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from console import xai
from console.catalog.costs import Prices, tier_for
from console.lib.ticks import MAX_TICKS, usd

Scale = Callable[[int], int]
NEAR = 10  # per cent below the threshold from which on it is warned of


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The tokens of one request."""

    text: int  # of the prompt, cached ones included
    cached_share: int = 0  # per cent of the text
    image: int = 0
    output: int = 0
    reasoning: int = 0

    @property
    def cached(self) -> int:
        """Text tokens that xAI has in its cache."""
        return self.text * self.cached_share // 100

    @property
    def prompt(self) -> int:
        """What is compared with the threshold of the long-context tier."""
        return self.text + self.image

    @property
    def whole(self) -> int:
        """What has to fit into the context of a model."""
        return self.prompt + self.output + self.reasoning

    def less(self, percent: int) -> Request:
        """Return the same with so many per cent fewer tokens, rounded down."""
        return self._times(lambda tokens: tokens * (100 - percent) // 100)

    def more(self, percent: int) -> Request:
        """Return the same with so many per cent more tokens, rounded up."""
        return self._times(lambda tokens: -(-tokens * (100 + percent) // 100))

    def _times(self, scaled: Scale) -> Request:
        return Request(
            text=scaled(self.text),
            cached_share=self.cached_share,
            image=scaled(self.image),
            output=scaled(self.output),
            reasoning=scaled(self.reasoning),
        )

    @property
    def usage(self) -> xai.Usage:
        """Return what xAI would report for it."""
        return xai.Usage(
            prompt_tokens=self.prompt,
            text_tokens=self.text,
            cached_tokens=self.cached,
            image_tokens=self.image,
            completion_tokens=self.output,
            reasoning_tokens=self.reasoning,
        )


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens of one kind, times their price."""

    kind: str
    tokens: int
    price: int | None  # ticks per token; None: not told

    @property
    def ticks(self) -> int | None:
        """Return the product."""
        return None if self.price is None else self.tokens * self.price

    def __str__(self) -> str:
        price = "unknown" if self.price is None else f"{self.price:,}"
        return f"{self.tokens:,} {self.kind} x {price}"


class TierKind(StrEnum):
    """Which prices a request pays."""

    STANDARD = "standard"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Working:
    """What one request costs and why. `ticks` is None when that is not known."""

    request: Request
    terms: tuple[Term, ...]  # of tokens that are there
    tier: TierKind
    threshold: int | None  # prompt tokens; 0: no such tier; None: not told
    ticks: int | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Kinds of tokens that are there and whose price was not told."""
        return tuple(term.kind for term in self.terms if term.price is None)

    @property
    def tier_reason(self) -> str:
        """Say why this tier and not the other."""
        prompt, threshold = self.request.prompt, self.threshold
        if threshold is None:
            return "xAI has not told whether long prompts cost more"
        if threshold == 0:
            return "this model has no long-context tier"
        if self.tier is TierKind.LONG:
            return f"{prompt:,} prompt tokens reach the threshold of {threshold:,}"
        return f"{prompt:,} prompt tokens are below the threshold of {threshold:,}"

    @property
    def is_near(self) -> bool:
        """Whether the prompt is just below the threshold."""
        threshold = self.threshold or 0
        near_from = threshold * (100 - NEAR)
        return near_from <= self.request.prompt * 100 < threshold * 100

    @property
    def sum_in_words(self) -> str:
        """Return the sum with its terms; what is not known stays so."""
        ticks = "unknown" if self.ticks is None else f"{self.ticks:,} ticks"
        terms = " + ".join(map(str, self.terms)) or "no tokens"
        return f"{terms} = {ticks}"


def working_of(prices: Prices, request: Request) -> Working:
    """Return what the request costs at these prices; `costs.cost_ticks` agrees.

    Unknown as soon as a price of tokens that are there was not told, and when the
    sum is more than a booked cost can be.
    """
    tier = tier_for(prices, prompt_tokens=request.prompt)
    kinds = (
        Term("fresh", request.text - request.cached, tier.text),
        Term("cached", request.cached, tier.cached),
        Term("image", request.image, tier.image),
        Term("output", request.output, tier.completion),
        Term("reasoning", request.reasoning, tier.completion),
    )
    terms = tuple(term for term in kinds if term.tokens)
    threshold = prices.long_context_threshold
    is_long = bool(threshold) and request.prompt >= (threshold or 0)
    known = [term.ticks for term in terms if term.ticks is not None]
    ticks = bounded(sum(known)) if len(known) == len(terms) else None
    return Working(
        request=request,
        terms=terms,
        tier=TierKind.LONG if is_long else TierKind.STANDARD,
        threshold=threshold,
        ticks=ticks,
    )


def times(ticks: int | None, number: int) -> int | None:
    """Return so many times the ticks; None when unknown or too large to be a cost."""
    return None if ticks is None else bounded(ticks * number)


def bounded(ticks: int) -> int | None:
    """Return the ticks if a column can hold them."""
    return ticks if abs(ticks) <= MAX_TICKS else None


def exact_dollars(ticks: int) -> str:
    """Write ticks as dollars to the last digit, at least 2 decimals."""
    whole, _, decimals = f"{usd(ticks):,.10f}".partition(".")
    return f"${whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"

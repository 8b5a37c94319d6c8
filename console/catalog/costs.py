"""What a call costs, in whole ticks. Pure: no rows are read here.

    ticks = fresh text * text price + cached * cached price + image * image price
          + (completion + reasoning) * completion price

A request whose prompt reaches the long-context threshold pays the long prices for
all of its tokens. A long price or threshold of 0 means that there is no such tier.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol, Self

from console import xai
from console.lib.ticks import MAX_TICKS


class Priced(Protocol):
    """What holds prices under xAI's names: a `PriceVersion` or an answer of xAI."""

    @property
    def prompt_text_token_price(self) -> int | None: ...
    @property
    def cached_prompt_text_token_price(self) -> int | None: ...
    @property
    def prompt_image_token_price(self) -> int | None: ...
    @property
    def completion_text_token_price(self) -> int | None: ...
    @property
    def prompt_text_token_price_long_context(self) -> int | None: ...
    @property
    def cached_prompt_text_token_price_long_context(self) -> int | None: ...
    @property
    def completion_text_token_price_long_context(self) -> int | None: ...
    @property
    def long_context_threshold(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Ticks per token, as xAI names them. None: not told."""

    prompt_text_token_price: int | None = None
    cached_prompt_text_token_price: int | None = None
    prompt_image_token_price: int | None = None
    completion_text_token_price: int | None = None
    prompt_text_token_price_long_context: int | None = None
    cached_prompt_text_token_price_long_context: int | None = None
    completion_text_token_price_long_context: int | None = None
    long_context_threshold: int | None = None  # prompt tokens

    @classmethod
    def of(cls, priced: Priced) -> Self:
        """Return the prices of a `PriceVersion`, or of a model as xAI listed it."""
        return cls(**{field.name: getattr(priced, field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Tier:
    """The four prices that apply to one request. None: not told."""

    text: int | None
    cached: int | None
    image: int | None
    completion: int | None


def tier_for(prices: Prices, *, prompt_tokens: int) -> Tier:
    """Return the prices of a request with so many prompt tokens, cached included.

    A threshold that was not told counts as none: xAI's older answers lack it.
    """
    threshold = prices.long_context_threshold or 0
    text = prices.prompt_text_token_price
    cached = prices.cached_prompt_text_token_price
    completion = prices.completion_text_token_price
    if threshold and prompt_tokens >= threshold:
        text = prices.prompt_text_token_price_long_context or text
        cached = prices.cached_prompt_text_token_price_long_context or cached
        completion = prices.completion_text_token_price_long_context or completion
    return Tier(text, cached, prices.prompt_image_token_price, completion)


def cost_ticks(
    prices: Prices, usage: xai.Usage, *, messages: bool = False
) -> int | None:
    """Return what the call cost by our own computation, or None when unknown.

    It is unknown as soon as one count or price that matters was not told; a price
    of tokens that were not used does not matter. `messages` is for the dialect that
    leaves out what is zero: cached tokens there are none unless told, and output
    includes the reasoning. Fees of server tools are not in it.
    """
    terms = terms_of(prices, usage, messages=messages)
    return None if terms is None else sum_ticks(*terms.pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The tokens of one call by kind, and the price of each."""

    fresh: int
    cached: int
    image: int
    output: int
    reasoning: int
    tier: Tier

    @property
    def pairs(self) -> tuple[tuple[int, int | None], ...]:
        """Return tokens and price of each kind, in the order of the fields."""
        return (
            (self.fresh, self.tier.text),
            (self.cached, self.tier.cached),
            (self.image, self.tier.image),
            (self.output, self.tier.completion),
            (self.reasoning, self.tier.completion),
        )


def terms_of(
    prices: Prices, usage: xai.Usage, *, messages: bool = False
) -> Terms | None:
    """Return what `cost_ticks` adds up; None when a count that matters is unknown."""
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    if prompt is None or completion is None:
        return None
    tier = tier_for(prices, prompt_tokens=prompt)
    cached, image = usage.cached_tokens, usage.image_tokens
    reasoning = usage.reasoning_tokens
    if messages:
        cached, image, reasoning = cached or 0, image or 0, reasoning or 0
    if image is None:
        image = _image_tokens(usage, tier)
    if reasoning is None:
        reasoning = _reasoning_tokens(usage)
    if cached is None and tier.cached == tier.text:
        cached = 0  # the price is the same, so the split does not matter
    if cached is None or image is None or reasoning is None:
        return None
    return Terms(
        fresh=max(0, prompt - image - cached),
        cached=cached,
        image=image,
        output=completion,
        reasoning=reasoning,
        tier=tier,
    )


def ceiling_ticks(
    prices: Prices, *, prompt_tokens: int, completion_tokens: int
) -> int | None:
    """Return the most that a call with at most so many tokens can cost.

    `completion_tokens` must include reasoning, which `max_tokens` does not cap.
    None when a price is not told.
    """
    below = tier_for(prices, prompt_tokens=0)
    above = tier_for(prices, prompt_tokens=prompt_tokens)
    prompt = _dearest(
        below.text, above.text, below.cached, above.cached, below.image, above.image
    )
    completion = _dearest(below.completion, above.completion)
    if below.text is None:
        return None
    return sum_ticks((prompt_tokens, prompt), (completion_tokens, completion))


def _image_tokens(usage: xai.Usage, tier: Tier) -> int | None:
    """Work out image tokens that were not told, where that is possible."""
    if usage.prompt_tokens is not None and usage.text_tokens is not None:
        return max(0, usage.prompt_tokens - usage.text_tokens)
    return 0 if tier.image in {tier.text, 0} else None


def _reasoning_tokens(usage: xai.Usage) -> int | None:
    """The total of the chat dialect is prompt + completion + reasoning."""
    told = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
    prompt, completion, total = told
    if prompt is None or completion is None or total is None:
        return None
    return max(0, total - prompt - completion)


def sum_ticks(*terms: tuple[int, int | None]) -> int | None:
    """Return the sum of tokens times price.

    None if a price in use is unknown, or if it is more than can be stored.
    """
    ticks = 0
    for tokens, price in terms:
        if not tokens:
            continue
        if price is None:
            return None
        ticks += tokens * price
    return ticks if abs(ticks) <= MAX_TICKS else None


def _dearest(*prices: int | None) -> int | None:
    return max((price for price in prices if price is not None), default=None)

"""The working of one booked amount, in whole ticks. Pure.

Shown under an answer in the playground, and for any call on its own page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from console import xai
from console.catalog import costs
from console.lib.ticks import usd
from console.usage.booking import Basis, Cost
from console.usage.models import CostSource, Endpoint, UsageRecord

KINDS = ("fresh input", "cached input", "image input", "output", "reasoning")


ESTIMATED: Final = (
    "The answer was cut before xAI told its tokens. Gatehouse counted the prompt and"
    " what had come of the answer; those counts are not kept with the call."
)
FREE: Final = (
    "xAI refused the call before it generated anything, so nothing was to be paid."
)
NOT_ALL_KEPT: Final = (
    "Gatehouse computed it when the call ended, from counts that are not all kept."
)


@dataclass(frozen=True, slots=True)
class Line:
    """Tokens of one kind times their price. None: not told."""

    kind: str
    tokens: int
    price: int | None  # ticks per token

    @property
    def ticks(self) -> int | None:
        """Return the product."""
        return None if self.price is None else self.tokens * self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How an amount is made; `why` tells what is missing where it cannot be."""

    source: CostSource
    booked: int | None  # ticks; or what was entered by hand, by the source
    reported: int | None  # by xAI
    lines: tuple[Line, ...]
    sum: int | None
    tier: str  # which prices apply and why
    why: str

    @property
    def difference(self) -> int | None:
        """Return xAI's amount less ours, where both are known."""
        if self.reported is None or self.sum is None:
            return None
        return self.reported - self.sum

    @property
    def dollars(self) -> str:
        """Write what was booked as dollars to the last digit."""
        return "" if self.booked is None else exact(usd(self.booked))


def exact(dollars: Decimal) -> str:
    """Write dollars to the last digit, at least 2 decimals."""
    whole, _, decimals = f"{dollars:,.10f}".partition(".")
    return f"${whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def proof_of(cost: Cost) -> Proof:
    """Return the working of a cost, as far as it can be shown."""
    basis = cost.basis or Basis(prices=None, usage=None, messages=False)
    lines, tier, why = _lines(basis)
    known = [line.ticks for line in lines if line.ticks is not None]
    return Proof(
        source=cost.source,
        booked=cost.ticks,
        reported=cost.reported_ticks,
        lines=lines,
        sum=sum(known) if lines and len(known) == len(lines) else None,
        tier=tier,
        why=why,
    )


def proof_of_record(record: UsageRecord) -> Proof:
    """Return the working of a settled call, at the prices noted at its admission.

    `record.price` must be there already, or is read. The sum is the one that was
    stored; lines that do not come to it are left out.
    """
    source = CostSource(record.counted_source or CostSource.UNKNOWN)
    booked = Cost(
        source=source,
        ticks=record.counted_ticks,
        reported_ticks=record.reported_ticks,
        computed_ticks=record.computed_ticks,
        basis=_basis_of(record),
    )
    proof = proof_of(booked)
    if source == CostSource.ESTIMATED:
        return replace(proof, lines=(), sum=record.computed_ticks, why=ESTIMATED)
    if record.computed_ticks == proof.sum:
        return proof
    why = NOT_ALL_KEPT
    if record.computed_ticks == 0 and record.prompt_tokens is None:
        why = FREE
    elif record.computed_ticks is None:
        why = proof.why
    return replace(proof, lines=(), sum=record.computed_ticks, why=why)


def _basis_of(record: UsageRecord) -> Basis:
    told = xai.Usage(
        prompt_tokens=record.prompt_tokens,
        cached_tokens=record.cached_tokens,
        image_tokens=record.image_tokens,
        completion_tokens=record.completion_tokens,
        reasoning_tokens=record.reasoning_tokens,
    )
    return Basis(
        prices=costs.Prices.of(record.price) if record.price else None,
        usage=None if record.prompt_tokens is None else told,
        messages=record.endpoint == Endpoint.MESSAGES,
    )


def _lines(basis: Basis) -> tuple[tuple[Line, ...], str, str]:
    prices, usage = basis.prices, basis.usage
    if prices is None:
        return (), "", "No key of the team has told the price of this model."
    if usage is None:
        return (), "", "xAI told no tokens, so nothing can be multiplied."
    terms = costs.terms_of(prices, usage, messages=basis.messages)
    if terms is None:
        return (), "", _missing(usage)
    lines = tuple(
        Line(kind, tokens, price)
        for kind, (tokens, price) in zip(KINDS, terms.pairs, strict=True)
        if tokens
    )
    unpriced = [line.kind for line in lines if line.price is None]
    why = f"The price of {' and '.join(unpriced)} is not told." if unpriced else ""
    return lines, _tier(prices, usage.prompt_tokens or 0), why


def _missing(usage: xai.Usage) -> str:
    told = {
        "tokens in": usage.prompt_tokens,
        "tokens out": usage.completion_tokens,
        "how many were cached": usage.cached_tokens,
        "how many were of images": usage.image_tokens,
        "how many were reasoning": usage.reasoning_tokens,
    }
    missing = next(name for name, count in told.items() if count is None)
    return f"xAI did not tell {missing}."


def _tier(prices: costs.Prices, prompt: int) -> str:
    threshold = prices.long_context_threshold
    if threshold is None:
        return "standard prices: xAI has told of no others"
    if threshold == 0:
        return "standard prices: this model has no long-context tier"
    if prompt >= threshold:
        return (
            f"long-context prices: {prompt:,} tokens in reach the threshold of"
            f" {threshold:,}"
        )
    return (
        f"standard prices: {prompt:,} tokens in are below the threshold of"
        f" {threshold:,}"
    )

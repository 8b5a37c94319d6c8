"""What a call is booked at, by what is known of it. Pure; called by the ledger.

In the order in which they win:

    reported    xAI's own amount; ours is kept beside it
    computed    tokens that xAI told, times the price noted at admission
    estimated   the answer was cut: the tokens seen, and never less than the prompt
    unknown     no price or no tokens; never written as 0
"""

from __future__ import annotations

from dataclasses import dataclass, field

from console import xai
from console.catalog import costs
from console.usage.models import CostSource, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended, as the relay saw it."""

    outcome: Outcome
    usage: xai.Usage | None = None  # told by xAI
    guess: xai.Usage | None = None  # ours, of a cut answer: prompt, and output seen
    free: bool = False  # xAI refused before it generated anything
    sent: bool = True  # False: not a byte left, so there is nothing to book
    problem: str = ""  # a Cause of xai.errors
    status: int | None = None  # HTTP, from upstream
    request_id: str = ""
    model_served: str = ""
    first_token_after: float | None = None  # seconds after the record was opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an amount was computed from, for its proof."""

    prices: costs.Prices | None
    usage: xai.Usage | None  # told by xAI, or our guess of an answer that was cut
    messages: bool  # the dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One booked amount; `ticks` is None if and only if the source is unknown."""

    source: CostSource
    ticks: int | None
    reported_ticks: int | None = None
    computed_ticks: int | None = None
    basis: Basis | None = field(default=None, compare=False)


UNKNOWN = Cost(source=CostSource.UNKNOWN, ticks=None)


def cost_of(
    prices: costs.Prices | None, ending: Ending, *, messages: bool = False
) -> Cost:
    """Return what to book, at the prices of the call's own time.

    `messages` is for the dialect that leaves out counts that are zero.
    """
    told = ending.usage or xai.Usage()
    computed = costs.cost_ticks(prices, told, messages=messages) if prices else None
    if told.cost_ticks is not None:
        return Cost(
            source=CostSource.REPORTED,
            ticks=told.cost_ticks,
            reported_ticks=told.cost_ticks,
            computed_ticks=computed,
        )
    if ending.free:
        return Cost(source=CostSource.COMPUTED, ticks=0, computed_ticks=0)
    if ending.guess is not None:
        return _estimate(prices, ending.guess, at_least=computed)
    if computed is None:
        return UNKNOWN
    return Cost(source=CostSource.COMPUTED, ticks=computed, computed_ticks=computed)


def _estimate(
    prices: costs.Prices | None, guess: xai.Usage, *, at_least: int | None
) -> Cost:
    guessed = costs.cost_ticks(prices, guess) if prices else None
    if guessed is None:
        return UNKNOWN
    ticks = max(guessed, at_least or 0)
    return Cost(source=CostSource.ESTIMATED, ticks=ticks, computed_ticks=at_least)

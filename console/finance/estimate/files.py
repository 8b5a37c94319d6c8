"""The comparison as a file: whole ticks, and the same in dollars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from console.finance.estimate.comparison import Comparison, Line
from console.finance.estimate.inputs import Inputs
from console.finance.estimate.working import exact_dollars
from console.lib.export import Record

AMOUNTS: Final = ("per_request", "per_day", "per_month", "low", "high")
KINDS: Final = ("fresh", "cached", "image", "output", "reasoning")
EXPORT_FIELDS: Final = (
    "model", "host", "teams_named_where_differing", "team_count", "possible",
    "cheapest", "tier", "tier_reason", "prompt_counted",
    *(f"{kind}_tokens" for kind in KINDS),
    *(f"{kind}_price_ticks" for kind in KINDS),
    "requests_per_day", "days",
    *(f"{amount}_ticks" for amount in AMOUNTS),
    *(f"{amount}_usd" for amount in AMOUNTS),
    "unknown_because", "not_possible_because", "warnings", "working", "prices_seen_at",
)  # fmt: skip


def records(comparison: Comparison) -> Iterator[Record]:
    """Yield one record for each line."""
    for line in comparison.lines:
        yield _record(line, comparison.inputs)


def _record(line: Line, inputs: Inputs) -> Record:
    offer, working = line.offer, line.working
    terms = {term.kind: term for term in working.terms}
    return {
        "model": offer.model_id,
        "host": offer.host,
        "teams_named_where_differing": offer.teams,
        "team_count": offer.team_count,
        "possible": line.possible,
        "cheapest": line.cheapest,
        "tier": working.tier.value,
        "tier_reason": working.tier_reason,
        "prompt_counted": line.counted,
        **{f"{k}_tokens": terms[k].tokens if k in terms else 0 for k in KINDS},
        **{f"{k}_price_ticks": terms[k].price if k in terms else None for k in KINDS},
        "requests_per_day": inputs.requests,
        "days": inputs.days,
        **{f"{name}_ticks": getattr(line, name) for name in AMOUNTS},
        **{f"{name}_usd": _dollars(getattr(line, name)) for name in AMOUNTS},
        "unknown_because": line.reason if line.possible else "",
        "not_possible_because": "" if line.possible else line.reason,
        "warnings": line.warnings,
        "working": line.proof,
        "prices_seen_at": offer.seen_at,
    }


def _dollars(ticks: int | None) -> str | None:
    if ticks is None:
        return None
    return exact_dollars(ticks).removeprefix("$").replace(",", "")

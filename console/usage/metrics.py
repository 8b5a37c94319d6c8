"""What the ledger has to tell a monitor: totals that only grow, and what is open.

Nothing of people, keys or teams, and no text: models, endpoints, sources, outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from console.usage.models import RecordState, TouchedSlot, UsageMonth, UsageRecord

TOKENS: Final = ("prompt", "cached", "image", "completion", "reasoning")
NO_MODEL: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All settled calls ever that agree in model, endpoint, source and outcome."""

    model: str
    endpoint: str
    source: str
    outcome: str
    calls: int
    untold_calls: int
    differing_calls: int
    ticks: int
    tokens: Mapping[str, int]  # by kind


@dataclass(frozen=True, slots=True)
class InFlight:
    """The open calls of one endpoint."""

    endpoint: str
    calls: int
    ceiling_ticks: int  # of those whose ceiling is known


def totals() -> list[Total]:
    """Return the totals, from the sums of months: those stay when records go.

    Empty before the first sums. A call is in them a minute after it was settled.
    """
    months = UsageMonth.objects.filter(
        zone__name=settings.TIME_ZONE, zone__built_at__isnull=False
    )
    named = months.values_list("model__model_id", "endpoint", "source", "outcome")
    measures = ("calls", "untold_calls", "differing_calls", "cost_ticks")
    sums = [Sum(name) for name in (*measures, *(f"{kind}_tokens" for kind in TOKENS))]
    rows = named.annotate(*sums).order_by("model__model_id", *_REST)
    return [
        Total(
            model=model or NO_MODEL,
            endpoint=endpoint,
            source=source,
            outcome=outcome,
            calls=calls,
            untold_calls=untold,
            differing_calls=differing,
            ticks=ticks,
            tokens=dict(zip(TOKENS, tokens, strict=True)),
        )
        for model, endpoint, source, outcome, calls, untold, differing, ticks, *tokens
        in rows
    ]  # fmt: skip


_REST: Final = ("endpoint", "source", "outcome")


def in_flight() -> list[InFlight]:
    """Return the calls that are open now."""
    calls = UsageRecord.objects.filter(state=RecordState.OPEN).values_list("endpoint")
    ceilings = Coalesce(Sum("ceiling_ticks"), 0)
    rows = calls.annotate(calls=Count("id"), ceilings=ceilings).order_by("endpoint")
    return [InFlight(*row) for row in rows]


def slots_waiting() -> int:
    """Return how many slots wait to be added up."""
    return TouchedSlot.objects.values("slot_starts_at").distinct().count()

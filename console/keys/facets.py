"""The chips above the inventory: each says how many keys it would leave.

A state is counted within all other filters, and so is a risk; one query for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q

from console.keys.models import ApiKeyQuerySet
from console.keys.narrowing import Filters, Hits, Risk, Viewer, chosen_risks, within
from console.keys.shown import ShownState


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter to choose or to drop."""

    value: str
    label: str
    glyph: str  # "" draws none
    keys: int
    chosen: bool
    query: str  # of the address it leads to


@dataclass(frozen=True, slots=True)
class Facets:
    """What the chips say."""

    states: list[Chip]
    risks: list[Chip]
    every: Chip  # of all states
    matching: int  # keys that all filters leave
    usable: int  # of those of all states
    with_findings: int


@dataclass(frozen=True, slots=True)
class _Counted:
    """The keys of one state that the chosen risks leave."""

    state: ShownState
    keys: int
    with_findings: int
    with_risk: Mapping[Risk, int]


def facets(
    *, user: Viewer, filters: Filters, now: datetime, hits: Hits = None
) -> Facets:
    """Count what each chip would leave, with one query."""
    rows = _counted(
        within(user=user, filters=filters, now=now, hits=hits), filters, now
    )
    here = [row for row in rows if filters.state in (None, row.state)]
    by_state = {row.state: row.keys for row in rows}
    return Facets(
        states=[_of_state(state, by_state, filters) for state in ShownState],
        risks=[
            Chip(
                value=risk.value,
                label=risk.label,
                glyph="",
                keys=sum(row.with_risk[risk] for row in here),
                chosen=risk in filters.risks,
                query=filters.toggled(risk).query,
            )
            for risk in Risk
        ],
        every=Chip(
            value="all",
            label="All",
            glyph="",
            keys=sum(by_state.values()),
            chosen=filters.state is None,
            query=filters.with_state(None).query,
        ),
        matching=sum(row.keys for row in here),
        usable=by_state.get(ShownState.ACTIVE, 0),
        with_findings=sum(row.with_findings for row in rows),
    )


def _counted(keys: ApiKeyQuerySet, filters: Filters, now: datetime) -> list[_Counted]:
    """Return one row per state that occurs.

    The state is reckoned once for each key because it groups; counting it with a
    condition of its own for each of its values would reckon it nine times.
    """
    chosen = chosen_risks(filters, now=now)
    counts = {
        "keys": _count(chosen),
        "with_findings": _count(chosen & Q(finding_weight__gt=0)),
        **{f"risk_{risk}": _count(chosen & risk.condition(now)) for risk in Risk},
    }
    rows = (
        keys.order_by()
        .values(state_now=F("shown"))
        .annotate(**counts)
        .values_list("state_now", *counts)
    )
    return [
        _Counted(ShownState(state), keys, found, dict(zip(Risk, risks, strict=True)))
        for state, keys, found, *risks in rows
    ]


def _count(condition: Q) -> Count:
    return Count("pk", filter=condition or None)


def _of_state(
    state: ShownState, keys: Mapping[ShownState, int], filters: Filters
) -> Chip:
    return Chip(
        value=state.value,
        label=state.label,
        glyph=state.glyph,
        keys=keys.get(state, 0),
        chosen=filters.state == state,
        query=filters.with_state(state).query,
    )

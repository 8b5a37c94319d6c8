"""The newest changes of one model, and what the newest change of price amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Func, OuterRef, Q, QuerySet, Subquery, Sum

from console.accounts.models import User
from console.catalog.models import CatalogChange, ChangeKind, ChangeSight
from console.finance.one_model.words import NAMES, dollars
from console.finance.percents import Change, change
from console.usage.models import ChangeEffect

Viewer = User | AnonymousUser
NEWEST: Final = 20
TEAMS_NAMED: Final = 5
UNITLESS: Final = frozenset({"long_context_threshold", "search_price"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs, before and after, as it is shown."""

    name: str
    before: str | None  # None: not told
    after: str | None
    change: Change | None = None  # of a price


@dataclass(frozen=True, slots=True)
class Recent:
    """One change as the page lists it."""

    id: UUID
    kind: str
    label: str
    odd: bool
    seen_at: datetime  # by the first team that the viewer sees
    teams: int
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class TeamEffect:
    """What the change comes to for one team."""

    team: str
    ticks: int
    share: int  # per cent of the largest, for a bar


@dataclass(frozen=True, slots=True)
class Effect:
    """What the newest change of price comes to at the use of the 30 days before it.

    `calls` counts what is in `ticks`; `unknown_calls` are in neither.
    """

    change: Recent
    ticks: int
    calls: int
    unknown_calls: int
    teams: tuple[TeamEffect, ...]
    other_teams: int
    other_ticks: int


def recent(*, user: Viewer, model: UUID) -> list[Recent]:
    """Return the newest changes that teams of this person were told; one query."""
    changes = CatalogChange.objects.visible_to(user).filter(model=model)
    rows = _seen_by(changes, user).order_by("-first_seen_at", "-id")[:NEWEST]
    return [_recent(row) for row in rows]


def effect(*, user: Viewer, model: UUID) -> Effect | None:
    """Return the effect of the newest change of price; None if there is none.

    Three queries. Teams of the viewer alone are counted and named.
    """
    changes = CatalogChange.objects.visible_to(user).filter(
        model=model, kind=ChangeKind.PRICE
    )
    newest = _seen_by(changes, user).order_by("-first_seen_at", "-id").first()
    effects = ChangeEffect.objects.filter(change=newest)
    if isinstance(user, User) and not user.sees_all_teams:
        effects = effects.filter(team__in=user.team_ids())
    sums = effects.aggregate(
        teams=Count("id", filter=~Q(ticks=0)),
        ticks=Sum("ticks", default=0),
        calls=Sum("calls", default=0),
        unknown_calls=Sum("unknown_calls", default=0),
        rows=Count("id"),
    )
    largest = list(
        effects.exclude(ticks=0)
        .annotate(size=Func(F("ticks"), function="abs"))
        .order_by("-size", "team__name")
        .values_list("team__name", "ticks")[:TEAMS_NAMED]
    )
    if newest is None or not sums["rows"]:
        return None
    most = max((abs(ticks) for _, ticks in largest), default=1)
    return Effect(
        change=_recent(newest),
        ticks=sums["ticks"],
        calls=sums["calls"],
        unknown_calls=sums["unknown_calls"],
        teams=tuple(
            TeamEffect(team, ticks, 100 * abs(ticks) // most) for team, ticks in largest
        ),
        other_teams=sums["teams"] - len(largest),
        other_ticks=sums["ticks"] - sum(ticks for _, ticks in largest),
    )


def _seen_by(
    changes: QuerySet[CatalogChange], user: Viewer
) -> QuerySet[CatalogChange, Any]:
    """Add how many teams of this person saw each change, and when the first did."""
    sights = ChangeSight.objects.filter(change=OuterRef("pk"))
    if isinstance(user, User) and not user.sees_all_teams:
        sights = sights.filter(team__in=user.team_ids())
        first: Any = Subquery(sights.order_by("seen_at").values("seen_at")[:1])
    else:  # the row has it, and there may be a thousand teams
        first = F("first_seen_at")
    count = sights.order_by().values("change").annotate(n=Count("pk")).values("n")
    return changes.annotate(told_teams=Subquery(count), told_at=first)


def _recent(row: Any) -> Recent:
    return Recent(
        id=row.pk,
        kind=row.kind,
        label=row.get_kind_display(),
        odd=row.odd,
        seen_at=row.told_at,
        teams=row.told_teams or 0,
        fields=tuple(_fields(row)),
    )


def _fields(row: CatalogChange) -> list[FieldChange]:
    if row.kind != ChangeKind.PRICE:
        if row.before is None and row.after is None:
            return []
        name = row.field or row.kind
        return [FieldChange(name, _text(row.before), _text(row.after))]
    before: Mapping[str, int | None] = row.before or {}
    after: Mapping[str, int | None] = row.after or {}
    return [
        FieldChange(
            NAMES.get(name, name),
            _price(name, before.get(name)),
            _price(name, after.get(name)),
            change(before.get(name), after.get(name)),
        )
        for name in sorted({*before, *after}, key=_place)
    ]


def _place(name: str) -> int:
    return list(NAMES).index(name) if name in NAMES else len(NAMES)


def _price(name: str, price: int | None) -> str | None:
    if price is None:
        return None
    return f"{price:,}" if name in UNITLESS else dollars(price)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)[:200]

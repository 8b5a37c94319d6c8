"""Whether a price that was odd still is, for whom looks: confirmed when, by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Q, Value
from django.db.models.functions import Coalesce, NullIf

from console.accounts.models import User
from console.catalog.models import CatalogChange, ChangeSight

ODD = ~Q(price_after__odd=[])
UNSURE = Q(price_after=None) | ODD & Q(price_after__confirmed_at=None)
SOUND_BEFORE = Q(price_before__odd=[]) | Q(price_before__confirmed_at__isnull=False)
NAME = Coalesce(
    NullIf("price_after__confirmed_by__name", Value("")),
    "price_after__confirmed_by__username",
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What became of a price that was not plausible when it was told.

    `unsure`: for a team of the viewer nobody confirmed it. `is_past` says that these
    teams are told another one by now, so that nobody can confirm it any more.
    """

    unsure: bool
    is_past: bool = False
    confirmed_at: datetime | None = None  # the last time, for any of the teams
    confirmed_by: str = ""  # empty where the viewer sees only own teams
    effect_comes: bool = False  # confirmed, so it is priced as other changes are


def doubts_of(changes: Iterable[CatalogChange], *, user: User) -> dict[UUID, Doubt]:
    """Return what became of those of these changes that were odd; at most one query."""
    odd = [change.pk for change in changes if change.odd]
    if not odd:
        return {}
    confirmed = Q(price_after__confirmed_at__isnull=False)
    rows = (
        ChangeSight.objects.visible_to(user)
        .filter(change__in=odd)
        .order_by()
        .values("change_id")
        .annotate(
            unsure=Count("pk", filter=UNSURE),
            told=Count("pk", filter=UNSURE & Q(price_after__superseded_at=None)),
            at=Max("price_after__confirmed_at"),
            by=ArrayAgg(NAME, filter=confirmed, order_by="-price_after__confirmed_at"),
            priced=Count("pk", filter=ODD & confirmed & SOUND_BEFORE),
        )
    )
    return {row["change_id"]: _doubt({**row}, user) for row in rows}


def _doubt(row: dict[str, Any], user: User) -> Doubt:
    names = row["by"] if user.sees_all_teams else None
    return Doubt(
        unsure=row["unsure"] > 0,
        is_past=row["unsure"] > 0 and not row["told"],
        confirmed_at=row["at"],
        confirmed_by=(names[0] or "") if names else "",
        effect_comes=row["priced"] > 0,
    )

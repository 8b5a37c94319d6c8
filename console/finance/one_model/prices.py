"""What teams are told of one model's prices: grouped, and one team's versions.

A line over time is always that of one team, so that it holds nothing but what was
seen: of the teams that are told the same, the one that has been looked at longest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from console.accounts.models import User
from console.catalog.models import PRICE_FIELDS, PriceVersion
from console.finance.percents import Change, change

Viewer = User | AnonymousUser
Prices = Mapping[str, int | None]  # by the name of the field
NAMED: Final = 8  # teams of one group
MOST_VERSIONS: Final = 500  # of one team; a price that moves every day for a year
UNSURE: Final = ~Q(odd=[]) & Q(confirmed_at=None)


@dataclass(frozen=True, slots=True)
class TeamTold:
    """A team, and since when the model is missing from its list."""

    id: UUID
    name: str
    missing_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """Teams that are told the same prices now, or were when the model was listed."""

    digest: int
    prices: Prices
    teams: int
    listed: int  # of those: the model stood in their newest list
    unsure: int  # of those: a price is odd, and nobody confirmed it
    first_seen_at: datetime
    last_seen_at: datetime
    lead: TeamTold  # whose versions stand for the group's
    named: tuple[TeamTold, ...] = ()

    @property
    def unnamed(self) -> int:
        """Return how many teams are only counted."""
        return self.teams - len(self.named)


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Prices that any team was ever told: by how many, from when, until when."""

    teams: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """When a person let costs be computed with an odd price, and who."""

    at: datetime
    by: str  # empty: they are here no more


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one team's prices, beside the one before it."""

    id: UUID
    prices: Prices
    first_seen_at: datetime
    last_seen_at: datetime
    missing_at: datetime | None
    gap: timedelta | None  # of which nothing is known, before it; None: it is the first
    changes: Mapping[str, Change]  # by the name of the field
    unsure: tuple[str, ...]  # fields that are odd and not confirmed
    confirmed: Confirmed | None  # of fields that are odd
    everywhere: Everywhere
    anew: bool = field(default=False)  # the same prices, after a time without a look

    @property
    def written(self) -> str:
        """Name all that the line of the version shows: the same, the same line."""
        return f"{self!r} {timezone.get_current_timezone_name()}"


def groups(
    *, user: Viewer, model: UUID, search: str = "", every_team: bool = False
) -> list[Group]:
    """Return who is told what now, what most teams are told first; three queries.

    Of each group some teams are named, of those with `search` in their names.
    """
    newest = PriceVersion.objects.visible_to(user).filter(model=model).newest()
    rows = (
        newest.values("prices_digest", *PRICE_FIELDS)
        .annotate(
            teams=Count("id"),
            listed=Count("id", filter=Q(missing_at=None)),
            unsure=Count("id", filter=UNSURE),
            first=Min("first_seen_at"),
            last=Max("last_seen_at"),
        )
        .order_by("-listed", "-teams", "prices_digest")
    )
    named = _named(newest, search, every_team)
    leads = _leads(newest)
    return [
        Group(
            digest=row["prices_digest"],
            prices={name: row[name] for name in PRICE_FIELDS},
            teams=row["teams"],
            listed=row["listed"],
            unsure=row["unsure"],
            first_seen_at=row["first"],
            last_seen_at=row["last"],
            lead=leads[row["prices_digest"]],
            named=tuple(named.get(row["prices_digest"], ())),
        )
        for row in rows
    ]


def _named(
    newest: QuerySet[PriceVersion], search: str, every_team: bool
) -> dict[int, list[TeamTold]]:
    rows = newest.filter(team__name__icontains=search) if search else newest
    if not every_team:
        place = Window(
            RowNumber(),
            partition_by=F("prices_digest"),
            order_by=[F("team__name").asc()],
        )
        rows = rows.annotate(place=place).filter(place__lte=NAMED)
    told = rows.order_by("team__name").values_list(
        "prices_digest", "team", "team__name", "missing_at"
    )
    named: dict[int, list[TeamTold]] = {}
    for digest, team, name, missing_at in told:
        named.setdefault(digest, []).append(TeamTold(team, name, missing_at))
    return named


def _leads(newest: QuerySet[PriceVersion]) -> dict[int, TeamTold]:
    """Return of each group the team that was looked at first, of those that see it."""
    oldest = PriceVersion.objects.filter(
        model=OuterRef("model"), team=OuterRef("team")
    ).order_by("first_seen_at")
    rows = (
        newest.annotate(began=Subquery(oldest.values("first_seen_at")[:1]))
        .order_by(
            "prices_digest",
            F("missing_at").desc(nulls_first=True),
            "began",
            "team__name",
        )
        .distinct("prices_digest")
        .values_list("prices_digest", "team", "team__name", "missing_at")
    )
    return {
        digest: TeamTold(team, name, missing_at)
        for digest, team, name, missing_at in rows
    }


def chosen(
    found: Sequence[Group], *, user: Viewer, model: UUID, team: UUID | None
) -> tuple[Group, TeamTold]:
    """Return the group a team belongs to, and the team; else what most are told."""
    if team is not None:
        row = (
            PriceVersion.objects.visible_to(user)
            .filter(model=model, team=team)
            .newest()
            .values_list("prices_digest", "team", "team__name", "missing_at")
            .first()
        )
        if row is not None:
            digest, team_id, name, missing_at = row
            group = next(one for one in found if one.digest == digest)
            return group, TeamTold(team_id, name, missing_at)
    return found[0], found[0].lead


def ever_told(*, user: Viewer, model: UUID) -> dict[int, Everywhere]:
    """Return all prices the model ever had for any team the person sees; one query."""
    rows = (
        PriceVersion.objects.visible_to(user)
        .filter(model=model)
        .order_by()
        .values_list("prices_digest")
        .annotate(
            teams=Count("team", distinct=True),
            first=Min("first_seen_at"),
            last=Max("last_seen_at"),
        )
    )
    return {
        digest: Everywhere(teams, first, last) for digest, teams, first, last in rows
    }


def versions(
    *, model: UUID, team: UUID, ever: Mapping[int, Everywhere]
) -> list[Version]:
    """Return one team's versions, newest first; one query."""
    rows = list(
        PriceVersion.objects.filter(model=model, team=team)
        .select_related("confirmed_by")
        .order_by("-first_seen_at")[:MOST_VERSIONS]
    )
    return [
        _version(row, before, ever[row.prices_digest])
        for row, before in zip_longest(rows, rows[1:])
    ]


def _confirmed(row: PriceVersion) -> Confirmed | None:
    if not row.odd or row.confirmed_at is None:
        return None
    by = row.confirmed_by
    return Confirmed(row.confirmed_at, (by.name or by.username) if by else "")


def _version(
    row: PriceVersion, before: PriceVersion | None, everywhere: Everywhere
) -> Version:
    prices = {name: getattr(row, name) for name in PRICE_FIELDS}
    changes = {}
    if before is not None:
        compared = {
            name: change(getattr(before, name), price) for name, price in prices.items()
        }
        changes = {name: one for name, one in compared.items() if one is not None}
    return Version(
        id=row.pk,
        prices=prices,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        missing_at=row.missing_at,
        gap=row.first_seen_at - before.last_seen_at if before else None,
        changes=changes,
        unsure=() if row.is_sound else tuple(row.odd),
        confirmed=_confirmed(row),
        everywhere=everywhere,
        anew=before is not None and not changes,
    )

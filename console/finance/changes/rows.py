"""Changes as a person reads them: before, after, when, who sees it, what it costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Abs, JSONObject
from django.utils import timezone

from console.accounts.models import User
from console.alerts import catalog_wording
from console.alerts.catalog_wording import NOT_A_TOKEN_PRICE, PRICES
from console.catalog.models import (
    PRICE_FIELDS,
    CatalogChange,
    ChangeKind,
    ChangeSight,
)
from console.finance import percents
from console.finance.changes.doubts import Doubt, doubts_of
from console.finance.models import PriceReview
from console.finance.percents import Change
from console.usage.models import ChangeEffect

NAMED: Final = 3  # teams named; the others are counted
SHARES: Final = 5  # teams whose share of an effect is shown
Shares = list[dict[str, Any]]  # `Share` without its percent, the largest first


@dataclass(frozen=True, slots=True)
class Step:
    """One price before and after; ticks per token, or None for not told."""

    field: str
    name: str
    before: int | None
    after: int | None

    @property
    def is_token_price(self) -> bool:
        """Whether it is money per token, and not a number of something."""
        return self.field not in NOT_A_TOKEN_PRICE

    @property
    def change(self) -> Change | None:
        """By how much, in words."""
        return percents.change(self.before, self.after)

    @property
    def percent(self) -> Decimal | None:
        """How much more it is, in percent of before; None where that says nothing."""
        if self.before is None or self.after is None or self.before <= 0:
            return None
        return Decimal(100 * (self.after - self.before)) / self.before


@dataclass(frozen=True, slots=True)
class Share:
    """What a change would have cost one team, of the sum of all."""

    team: str
    ticks: int
    calls: int
    percent: int  # of the sum of all amounts, whatever their sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change would have cost in the 30 days before it, new minus old."""

    ticks: int | None  # None: a change that has no price
    calls: int
    unknown_calls: int
    teams: int  # whose amount is not 0
    shares: tuple[Share, ...] = ()  # of the largest

    @property
    def other_teams(self) -> int:
        """How many teams are only in the sum."""
        return self.teams - len(self.shares)

    @property
    def other_ticks(self) -> int:
        """What they come to."""
        return (self.ticks or 0) - sum(share.ticks for share in self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One change, as far as the viewer's teams were told of it."""

    change: CatalogChange
    title: str
    words: str  # of what is no price
    steps: tuple[Step, ...]  # of a price
    unchanged_at: datetime | None  # last look of the first team that told the old
    seen_at: datetime  # by the first of the viewer's teams
    last_seen_at: datetime  # by the last of them
    teams: tuple[str, ...]  # the first few that were told
    team_count: int
    effect: Effect | None  # None: nothing that could be re-priced
    doubt: Doubt | None  # of a price that was odd when it was told
    reviewed: bool  # by the viewer
    review: PriceReview | None  # of this change alone, by the viewer

    @property
    def more_steps(self) -> int:
        """How many prices moved beside the first."""
        return max(0, len(self.steps) - 1)

    @property
    def is_doubted(self) -> bool:
        """Whether no cost is computed with the price, for a team of the viewer."""
        return self.doubt is not None and self.doubt.unsure

    @property
    def effect_comes(self) -> bool:
        """Whether the price was confirmed, and what it costs is not worked out yet."""
        return self.effect is None and bool(self.doubt and self.doubt.effect_comes)

    @property
    def unnamed(self) -> int:
        """How many teams are only counted."""
        return self.team_count - len(self.teams)

    @property
    def written(self) -> str:
        """Name all that the row shows above its buttons: the same, the same row."""
        change = self.change
        shown = (
            change.pk, change.kind, change.model_id, self.title, self.words,
            self.steps, self.unchanged_at, self.seen_at, self.last_seen_at, self.teams,
            self.team_count, self.effect, self.doubt, self.reviewed,
            timezone.get_current_timezone_name(),
        )  # fmt: skip
        return repr(shown)


def rows_of(changes: Sequence[CatalogChange], *, user: User) -> list[ChangeRow]:
    """Return these changes whole, in their order; a fixed number of queries.

    `changes` come with their models, and are ones that this person may see.
    """
    if not changes:
        return []
    ids = [change.pk for change in changes]
    told = _told(ids, user)
    names, shares = _named(ids, user)
    effects = _effects(ids, user, shares)
    doubts = doubts_of(changes, user=user)
    up_to, own = _reviews(ids, user)
    return [
        ChangeRow(
            change=change,
            title=catalog_wording.title_of(change),
            words=""
            if change.kind == ChangeKind.PRICE
            else catalog_wording.in_words(change),
            steps=steps_of(change),
            unchanged_at=told[change.pk]["unchanged"],
            seen_at=told[change.pk]["seen"],
            last_seen_at=told[change.pk]["last"],
            teams=tuple(names.get(change.pk, ())),
            team_count=told[change.pk]["teams"],
            effect=effects.get(change.pk),
            doubt=doubts.get(change.pk),
            reviewed=change.pk in own or change.recorded_at <= up_to,
            review=own.get(change.pk),
        )
        for change in changes
        if change.pk in told
    ]


def steps_of(change: CatalogChange) -> tuple[Step, ...]:
    """Return the prices that a change moved, in xAI's order."""
    if change.kind != ChangeKind.PRICE:
        return ()
    before, after = change.before or {}, change.after or {}
    return tuple(
        Step(field, PRICES[field], before.get(field), after[field])
        for field in PRICE_FIELDS
        if field in after
    )


def reviewed_up_to(user: User) -> datetime:
    """Return up to when this person has reviewed all changes.

    At first that is when they came: what was before is not news to them.
    """
    return _of_all(user).values_list("up_to", flat=True).first() or user.created_at


def _of_all(user: User) -> QuerySet[PriceReview]:
    return user.price_reviews.filter(change=None).order_by("-up_to")


def _reviews(
    changes: Collection[UUID], user: User
) -> tuple[datetime, dict[UUID | None, PriceReview]]:
    """Return up to when all is reviewed, and the reviews of these alone; one query."""
    newest = _of_all(user).values("pk")[:1]
    found = user.price_reviews.filter(Q(change__in=changes) | Q(pk__in=newest))
    own = {row.change_id: row for row in found}
    of_all = own.pop(None, None)
    return of_all.up_to if of_all else user.created_at, own


def _effects(
    changes: Collection[UUID], user: User, shares: Mapping[UUID, Shares]
) -> dict[UUID, Effect]:
    """Return what changes would have cost, of the teams this person sees."""
    rows = ChangeEffect.objects.visible_to(user).filter(change__in=changes)
    sums = (
        rows.order_by()
        .values("change_id")
        .annotate(
            sum=Sum("ticks"),
            size=Sum(Abs("ticks"), default=0),
            told_calls=Sum("calls"),
            unknown=Sum("unknown_calls"),
            teams=Count("pk", filter=~Q(ticks=0)),
        )
    )
    return {
        row["change_id"]: Effect(
            ticks=None if row["sum"] is None else int(row["sum"]),
            calls=int(row["told_calls"]),
            unknown_calls=int(row["unknown"]),
            teams=row["teams"],
            shares=tuple(
                Share(**told, percent=100 * abs(told["ticks"]) // int(row["size"]))
                for told in shares[row["change_id"]]
                if row["told_calls"] and row["size"]  # which is a later look
            ),
        )
        for row in sums
    }


def _told(changes: Collection[UUID], user: User) -> dict[UUID, dict[str, Any]]:
    rows = (
        ChangeSight.objects.visible_to(user)
        .filter(change__in=changes)
        .order_by()
        .values("change_id")
        .annotate(
            unchanged=Min("unchanged_at"),
            seen=Min("seen_at"),
            last=Max("seen_at"),
            teams=Count("pk"),
        )
    )
    return {row["change_id"]: {**row} for row in rows}


def _named(
    changes: Collection[UUID], user: User
) -> tuple[dict[UUID, list[str]], dict[UUID, Shares]]:
    """Return the first teams that were told, and the largest effects; one query."""
    first = (
        ChangeSight.objects.visible_to(user)
        .filter(change=OuterRef("pk"))
        .order_by("seen_at", "team")
        .values_list("team__name")
    )
    largest = (
        ChangeEffect.objects.visible_to(user)
        .filter(change=OuterRef("pk"), ticks__isnull=False)
        .exclude(ticks=0)
        .order_by(Abs("ticks").desc())
        .values_list(JSONObject(team="team__name", ticks="ticks", calls="calls"))
    )
    rows = CatalogChange.objects.filter(pk__in=changes).order_by()
    found = list(
        rows.values_list(
            "pk", ArraySubquery(first[:NAMED]), ArraySubquery(largest[:SHARES])
        )
    )
    names = {pk: teams for pk, teams, _ in found}
    return names, {pk: shares for pk, _, shares in found}

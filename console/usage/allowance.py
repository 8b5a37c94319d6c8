"""What is left of budgets: for a call that is about to be made, and for pages.

A window begins with the first call that it counts (`windows.make_missing`), so a
budget without one of now has had none: nothing is spent, all of it is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    Q,
    QuerySet,
    Window,
)
from django.db.models.functions import Greatest, RowNumber

from console.accounts.models import User
from console.lib.days import DAY, month_after
from console.usage import budget_words
from console.usage.models import Budget, BudgetWindow, Span

PEOPLE_SHOWN: Final = 50
RELATED: Final = ("team", "consumer__person", "key", "model", "contact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What one window came to so far, in ticks."""

    limit: int  # what was added for a while is in it
    raised: int = 0  # of it, for a while
    raised_until: datetime | None = None
    spent: int = 0
    reserved: int = 0  # ceilings of the calls in flight
    unknown: int = 0  # ceilings of calls whose cost is not known
    starts_at: datetime
    resets_at: datetime

    @property
    def used(self) -> int:
        """What will not come back."""
        return self.spent + self.unknown

    @property
    def left(self) -> int:
        """What one more call may cost."""
        return max(0, self.limit - self.used - self.reserved)

    @property
    def over(self) -> int:
        """How much more than the limit was used; a soft budget lets it happen."""
        return max(0, self.used - self.limit)

    @property
    def percent(self) -> int:
        """How much of the limit is used, rounded down; of nothing it is all."""
        return self.used * 100 // self.limit if self.limit else 100

    def share(self, ticks: int) -> str:
        """Return a part of the limit as the width of a bar."""
        return f"{min(100.0, 100 * ticks / self.limit) if self.limit else 100.0:.2f}%"

    @property
    def used_width(self) -> str:
        """Where the bar of what was used ends."""
        return self.share(self.used)

    @property
    def taken_width(self) -> str:
        """Where the bar of that and of what is held ends."""
        return self.share(self.used + self.reserved)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMeter:
    """The window of one person, of a budget for each."""

    person_id: UUID
    consumer_id: int
    name: str
    meter: Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One budget and what is left of it."""

    budget: Budget
    name: str
    meter: Meter  # of a budget for each person: the viewer's own
    people: int = 0  # that have called, of a budget for each person
    fullest: PersonMeter | None = None  # of them

    @property
    def is_of_each(self) -> bool:
        """Whether the meters of several people stand behind it."""
        return self.budget.each_person and self.people > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The budget of which the least is left for one call."""

    name: str
    hard: bool
    meter: Meter
    for_each: bool  # it counts the calls of this person alone


def window_of(span: Span, moment: datetime) -> tuple[datetime, datetime]:
    """Return the day, week or month of UTC that a moment is in: start <= t < end."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match span:
        case Span.DAY:
            return day, day + DAY
        case Span.WEEK:
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    after = month_after(first.date())
    return first, first.replace(year=after.year, month=after.month)


def meter_of(budget: Budget, window: BudgetWindow | None, *, now: datetime) -> Meter:
    """Return what a window says at `now`; None is one that has not begun."""
    if window is None:
        starts_at, resets_at = window_of(Span(budget.span), now)
        return Meter(limit=budget.limit_ticks, starts_at=starts_at, resets_at=resets_at)
    stands = window.raised_until is not None and window.raised_until > now
    raised = window.raised_ticks if stands else 0
    return Meter(
        limit=window.limit_ticks + raised,
        raised=raised,
        raised_until=window.raised_until if raised else None,
        spent=window.spent_ticks,
        reserved=window.reserved_ticks,
        unknown=window.unknown_ticks,
        starts_at=window.starts_at,
        resets_at=window.ends_at,
    )


def standings_of(user: User, *, now: datetime) -> list[Standing]:
    """Return the budgets this person may see, the shortest windows first.

    Three queries, however many budgets and people there are.
    """
    budgets = list(Budget.objects.standing().visible_to(user).select_related(*RELATED))
    order = {span: place for place, span in enumerate(Span.values)}
    standings = _standings(budgets, user, now)
    return sorted(
        standings,
        key=lambda one: (order[one.budget.span], one.name, one.budget.pk),
    )


def standing_of(budget: Budget, user: User, *, now: datetime) -> Standing:
    """Return what is left of one budget that this person may see."""
    return _standings([budget], user, now)[0]


def _standings(budgets: Sequence[Budget], user: User, now: datetime) -> list[Standing]:
    # Of a budget for each person, only the one's own; `_fullest` reads the others.
    own = Q(budget__each_person=False) | Q(consumer__person=user)
    current = _current(budgets, now).filter(own)
    windows = {one.budget_id: one for one in current}
    each = [one for one in budgets if one.each_person] if user.sees_all_teams else []
    people = _fullest(each, now) if each else {}
    return [
        Standing(
            budget=one,
            name=budget_words.name_of(one),
            meter=meter_of(one, windows.get(one.pk), now=now),
            people=people[one.pk][0] if one.pk in people else 0,
            fullest=people[one.pk][1] if one.pk in people else None,
        )
        for one in budgets
    ]


def people_of(
    budget: Budget, *, now: datetime, most: int | None = PEOPLE_SHOWN
) -> list[PersonMeter]:
    """Return who has called within a budget for each, the fullest first."""
    rows = _by_fullness(_current([budget], now))[:most]
    return [_of_person(budget, one, now) for one in rows]


def past_of(budget: Budget, user: User, *, now: datetime, most: int) -> list[Meter]:
    """Return the windows that are over, newest first; of one's own for each person."""
    over = BudgetWindow.objects.filter(budget=budget, ends_at__lte=now)
    if budget.each_person:
        over = over.filter(consumer__person=user)
    return [
        meter_of(budget, one, now=now) for one in over.order_by("-starts_at")[:most]
    ]


def _current(budgets: Iterable[Budget], now: datetime) -> QuerySet[BudgetWindow]:
    return BudgetWindow.objects.filter(
        budget__in=[one.pk for one in budgets], starts_at__lte=now, ends_at__gt=now
    )


def _by_fullness(
    rows: QuerySet[BudgetWindow],
) -> QuerySet[BudgetWindow]:
    used = F("spent_ticks") + F("unknown_ticks")
    fullness = ExpressionWrapper(
        used * 1.0 / Greatest("limit_ticks", 1), output_field=FloatField()
    )
    return (
        rows.exclude(consumer=None)
        .select_related("consumer__person")
        .annotate(fullness=fullness)
        .order_by("-fullness", "consumer__person__username")
    )


def _fullest(
    budgets: Sequence[Budget], now: datetime
) -> dict[UUID, tuple[int, PersonMeter]]:
    """Return how many people have a window of each budget, and the fullest of them."""
    place = Window(
        RowNumber(),
        partition_by="budget_id",
        order_by=["-fullness", "consumer__person__username"],
    )
    number = Window(Count("pk"), partition_by="budget_id")
    rows = _by_fullness(_current(budgets, now)).annotate(place=place, number=number)
    by_id = {one.pk: one for one in budgets}
    return {
        one.budget_id: (one.number, _of_person(by_id[one.budget_id], one, now))
        for one in rows.filter(place=1)
    }


def _of_person(budget: Budget, window: BudgetWindow, now: datetime) -> PersonMeter:
    assert window.consumer is not None
    return PersonMeter(
        person_id=window.consumer.person_id,
        consumer_id=window.consumer.pk,
        name=budget_words.called(window.consumer.person),
        meter=meter_of(budget, window, now=now),
    )


def least_left(
    person: User, *, team_id: UUID, key_id: UUID, model_id: UUID | None, now: datetime
) -> Left | None:
    """Return what a call may cost at most by its budgets; None: none counts it.

    Of several budgets the one of which least is left; a hard one comes before a soft
    one. Two queries.
    """
    budgets = Budget.objects.standing().filter(
        Q(consumer=None) | Q(consumer__person=person),
        Q(team=None) | Q(team=team_id),
        Q(key=None) | Q(key=key_id),
        Q(model=None) | Q(model=model_id),
    )
    found = list(budgets.select_related(*RELATED))
    if not found:
        return None
    own = Q(consumer=None) | Q(consumer__person=person)
    windows = {one.budget_id: one for one in _current(found, now).filter(own)}
    every = [
        Left(
            name=budget_words.name_of(one),
            hard=one.hard,
            meter=meter_of(one, windows.get(one.pk), now=now),
            for_each=one.each_person or one.consumer_id is not None,
        )
        for one in found
    ]
    return min(every, key=lambda one: (not one.hard, one.meter.left, one.name))

"""What the pages of budgets show, and what their files hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Q

from console.accounts.models import User
from console.lib import export
from console.lib.ticks import usd
from console.usage import allowance, budget_history, reach
from console.usage.allowance import Meter, PersonMeter, Standing
from console.usage.budget_words import called
from console.usage.models import Budget, BudgetRaise

PAST_SHOWN: Final = 12
RAISES_SHOWN: Final = 20
EXPORT_FIELDS: Final = (
    "budget",
    "name",
    "span",
    "team",
    "person",
    "each_person",
    "key",
    "model",
    "at_limit",
    "limit_ticks",
    "limit_usd",
    "raised_ticks",
    "raised_until",
    "spent_ticks",
    "in_flight_ticks",
    "unknown_ticks",
    "left_ticks",
    "used_percent",
    "starts_at",
    "resets_at",
    "contact",
    "note",
    "no_call_reaches_it",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One budget of the list."""

    standing: Standing
    unreachable: str  # why no call counts in it; "" if some can

    @property
    def shown(self) -> Meter:
        """The meter of the row: of a budget for each person that of the fullest."""
        fullest = self.standing.fullest
        return fullest.meter if fullest else self.standing.meter


@dataclass(frozen=True, slots=True)
class BudgetList:
    """What the page lists."""

    own: list[Row]  # that count the viewer's calls alone
    others: list[Row]


@dataclass(frozen=True, slots=True)
class OneBudget:
    """The page of one budget."""

    row: Row
    people: list[PersonMeter]  # for oversight, of a budget for each
    raises: list[BudgetRaise]
    past: list[Meter]
    ending: str  # who ended it, and when; "" if it stands

    @property
    def budget(self) -> Budget:
        """The budget itself."""
        return self.row.standing.budget


@dataclass(frozen=True, slots=True)
class LoadLimit:
    """What may be asked for at a time, whatever it costs; None is not limited."""

    whose: str
    at_once: int | None  # answers that are coming
    calls: int | None  # within a minute, counting tokens aside
    counts: int | None  # of tokens, within a minute


def load_limits() -> list[LoadLimit]:
    """Return the limits of calls that hold beside budgets."""
    return [
        LoadLimit(
            "Each person",
            settings.ANSWERS_AT_ONCE,
            settings.CALLS_PER_MINUTE,
            settings.COUNTS_PER_MINUTE,
        ),
        LoadLimit(
            "Each team, as far as it pays",
            settings.TEAM_ANSWERS_AT_ONCE,
            settings.TEAM_CALLS_PER_MINUTE,
            settings.TEAM_COUNTS_PER_MINUTE,
        ),
        LoadLimit("Each key", None, settings.KEY_CALLS_PER_MINUTE, None),
        LoadLimit("Each web process", settings.STREAMS_PER_PROCESS, None, None),
    ]


def budget_list(user: User, *, now: datetime) -> BudgetList:
    """Return the budgets this person may see. Six queries at most."""
    rows = _rows(allowance.standings_of(user, now=now))
    own = [one for one in rows if _is_own(one.standing.budget, user)]
    # Who sees all looks for them in one place, those of their own too.
    others = rows if user.sees_all_teams else [one for one in rows if one not in own]
    return BudgetList(own, others)


def one_budget(budget: Budget, user: User, *, now: datetime) -> OneBudget:
    """Return the page of one budget that this person may see."""
    (row,) = _rows([allowance.standing_of(budget, user, now=now)])
    sees_people = budget.each_person and user.sees_all_teams
    raises = BudgetRaise.objects.filter(budget=budget)
    if not user.sees_all_teams:
        raises = raises.filter(Q(consumer=None) | Q(consumer__person=user))
    raises = raises.select_related("made_by", "consumer__person").order_by("-pk")
    return OneBudget(
        row=row,
        people=allowance.people_of(budget, now=now) if sees_people else [],
        raises=list(raises[:RAISES_SHOWN]),
        past=allowance.past_of(budget, user, now=now, most=PAST_SHOWN),
        ending=budget_history.ending_of(budget) if budget.ended_at else "",
    )


def _rows(standings: list[Standing]) -> list[Row]:
    reasons = reach.unreachable([one.budget for one in standings])
    return [Row(one, reasons.get(one.budget.pk, "")) for one in standings]


def _is_own(budget: Budget, user: User) -> bool:
    named = budget.consumer is not None and budget.consumer.person_id == user.pk
    return budget.each_person or named


def records(user: User, *, now: datetime) -> Iterator[export.Record]:
    """Yield a line for each budget; for each person who has called, of one for each."""
    for row in _rows(allowance.standings_of(user, now=now)):
        budget = row.standing.budget
        if row.standing.is_of_each:
            for one in allowance.people_of(budget, now=now, most=None):
                yield _record(row, one.meter, one.name)
        else:
            person = budget.consumer.person if budget.consumer else None
            own = user if budget.each_person else person
            yield _record(row, row.standing.meter, called(own) if own else None)


def _record(row: Row, meter: Meter, person: str | None) -> export.Record:
    budget = row.standing.budget
    return {
        "budget": str(budget.pk),
        "name": row.standing.name,
        "span": budget.span,
        "team": budget.team.name if budget.team else None,
        "person": person,
        "each_person": budget.each_person,
        "key": budget.key.label if budget.key else None,
        "model": budget.model.model_id if budget.model else None,
        "at_limit": "refuse" if budget.hard else "warn",
        "limit_ticks": meter.limit,
        "limit_usd": f"{usd(meter.limit):f}",
        "raised_ticks": meter.raised,
        "raised_until": meter.raised_until,
        "spent_ticks": meter.spent,
        "in_flight_ticks": meter.reserved,
        "unknown_ticks": meter.unknown,
        "left_ticks": meter.left,
        "used_percent": meter.percent,
        "starts_at": meter.starts_at,
        "resets_at": meter.resets_at,
        "contact": budget.whom_to_ask,
        "note": budget.note,
        "no_call_reaches_it": row.unreachable or None,
    }

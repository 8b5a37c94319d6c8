"""Reading the sums: split by one thing, and over time. Called by the usage pages.

    UsageMonth   whole months of a long span
    UsageDay     all other days
    UsageSlot    the last day of the period before, up to the same time of day

Three tables, one statement each way: however many rows there are, a report costs two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateField, F, Q, QuerySet, Value

from console.accounts.models import User
from console.lib.days import DAY, month_after, month_of
from console.usage.models import (
    MEASURES,
    RecordState,
    UsageDay,
    UsageMonth,
    UsageRecord,
)
from console.usage.models import UsageSlot as Slot
from console.usage.report_sql import DRAWN_OVER_TIME, OVER_TIME, SPLIT

LONG: Final = 100  # days; longer spans are read in months
ALL: Final = 2**31 - 1
Rows: TypeAlias = QuerySet[Any]


class By(StrEnum):
    """What a report can be split by; the columns of the sums."""

    TEAM = "team"
    MODEL = "model"
    KEY = "key"
    PERSON = "consumer"
    ENDPOINT = "endpoint"

    @property
    def type(self) -> str:
        """Return the type of its column."""
        return {By.PERSON: "bigint", By.ENDPOINT: "text"}.get(self, "uuid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose calls are added up, and which of them."""

    viewer: User
    own: bool = False  # their own calls; else those of all teams they see
    team: UUID | None = None
    model: UUID | None = None
    key: UUID | None = None
    person: UUID | None = None
    endpoint: str = ""
    source: str = ""

    def narrow(self, rows: Rows) -> Rows:
        """Keep what this person may see of it, and what they ask for.

        Staff see the totals of their teams, but not whose calls these are: so they
        cannot ask for a person.
        """
        viewer = self.viewer
        if self.own:
            rows = rows.filter(consumer__person=viewer)
        elif not viewer.sees_all_teams:
            rows = rows.filter(team__in=viewer.team_ids())
        elif self.person:
            rows = rows.filter(consumer__person=self.person)
        asked = {
            "team": self.team,
            "model": self.model,
            "key": self.key,
            "endpoint": self.endpoint,
            "source": self.source,
        }
        return rows.filter(**{name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days of a zone, both ends included."""

    zone: int  # a ReportingZone that is built
    first: date
    last: date
    slots: tuple[datetime, datetime] | None = None  # all that counts of the last day
    by_month: bool  # read whole months at once, and keep no days of them

    @property
    def length(self) -> int:
        """Return how many days there are."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Sums:
    """What calls came to; `_before` is of the period that it is compared with.

    All but `count_calls` are of calls that asked for an answer. Costs are ticks, and
    the sum of those that are known.
    """

    calls: int = 0
    count_calls: int = 0  # that only counted tokens; xAI publishes no price for it
    untold_calls: int = 0  # of which no tokens were told
    differing_calls: int = 0  # xAI's amount and ours are not equal
    reported_calls: int = 0
    computed_calls: int = 0
    estimated_calls: int = 0
    adjusted_calls: int = 0  # whose cost was entered by hand
    unknown_calls: int = 0  # settled without a cost; never counted as free
    cost_ticks: int = 0
    reported_ticks: int = 0
    computed_ticks: int = 0
    estimated_ticks: int = 0
    adjusted_ticks: int = 0
    prompt_tokens: int = 0  # cached ones included
    cached_tokens: int = 0
    image_tokens: int = 0
    completion_tokens: int = 0  # visible ones
    reasoning_tokens: int = 0
    calls_before: int = 0
    unknown_before: int = 0
    ticks_before: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, f) + getattr(other, f) for f in NAMES))

    @property
    def is_unknown(self) -> bool:
        """Tell whether no cost is known, of calls that may have had one."""
        return not self.cost_ticks and self.unknown_calls > 0

    @property
    def output_tokens(self) -> int:
        """Return all that the models wrote, reasoning included."""
        return self.completion_tokens + self.reasoning_tokens


NAMES: Final = [field.name for field in fields(Sums)]


@dataclass(frozen=True, slots=True)
class Part:
    """The sums of one team, model, key, person or endpoint; or of all the others."""

    what: str | None  # its id; None: calls of a model by a name no key was told
    sums: Sums
    others: int = 0  # how many are in it that have no row of their own


@dataclass(frozen=True, slots=True)
class Moment:
    """The sums of one day or month, of one part or of all the others."""

    at: date
    part: int | None  # place in what was asked for; None: all that was not
    sums: Sums


def split(
    asked: Asked, by: By, *, now: Days, before: Days | None, most: int = ALL
) -> list[Part]:
    """Return the sums of a period, and of the one before, of each of something.

    The dearest first; what is beyond `most` comes as one part at the end. One query.
    """
    current, values = _union(_rows(asked, now), by)
    earlier, others = _union(_rows(asked, before) if before else [], by)
    rows = _fetch(SPLIT.format(now=current, before=earlier), [*values, *others, most])
    parts = [
        Part(what, Sums(*sums), number if rest else 0)
        for what, rest, number, *sums in rows
    ]
    return sorted(parts, key=_dearest)


def over_time(
    asked: Asked, by: By, *, days: Days, parts: Sequence[str | None], drawn: bool
) -> list[Moment]:
    """Return the sums of each day, apart for these parts; oldest first. One query.

    `drawn` asks for what a chart shows alone; all other sums are 0 then.
    Place 0 is what has no name, place 1 the first of the parts that have one. Where
    whole months are read, their first day stands for them.
    """
    told, values = _union(_rows(asked, days), by)
    named = [part for part in parts if part is not None]
    statement = DRAWN_OVER_TIME if drawn else OVER_TIME
    # What is placed comes before the rows in it.
    rows = _fetch(statement.format(told=told, type=by.type), [named, *values])
    found = [Moment(at, part, Sums(*sums)) for at, part, *sums in rows]
    return sorted(found, key=lambda moment: moment.at)


def in_flight(asked: Asked) -> int:
    """Return how many of these calls are not settled yet, so are in no sum."""
    if asked.source:
        return 0
    return asked.narrow(UsageRecord.objects.filter(state=RecordState.OPEN)).count()


def _dearest(part: Part) -> tuple[bool, int, int, str]:
    sums = part.sums
    return (part.others > 0, -sums.cost_ticks, -sums.calls, part.what or "")


def _rows(asked: Asked, days: Days) -> list[Rows]:
    """Return the rows of sums that make up some days."""
    end = days.last if days.slots else days.last + DAY
    found = [
        _of(UsageMonth if whole else UsageDay, days.zone, first, until)
        for whole, first, until in pieces(days.first, end, by_month=days.by_month)
    ]
    if days.slots:
        start, stop = days.slots
        slots = Slot.objects.filter(slot_starts_at__gte=start, slot_starts_at__lt=stop)
        found.append(slots.annotate(at=Value(days.last, output_field=DateField())))
    return [asked.narrow(rows) for rows in found]


def pieces(first: date, end: date, *, by_month: bool) -> list[tuple[bool, date, date]]:
    """Cut first <= day < end into days, whole months, and days again."""
    start = first if first.day == 1 else month_after(month_of(first))
    stop = month_of(end)
    if not by_month or start >= stop:
        return [(False, first, end)]
    cut = [(False, first, start), (True, start, stop), (False, stop, end)]
    return [piece for piece in cut if piece[1] < piece[2]]


def _of(
    sums: type[UsageDay] | type[UsageMonth], zone: int, first: date, end: date
) -> Rows:
    field = "month" if sums is UsageMonth else "day"
    rows: Rows = sums.objects.filter(
        Q(zone=zone, **{f"{field}__gte": first, f"{field}__lt": end})
    )
    named: Rows = rows.annotate(at=F(field))
    return named


def _union(told: Sequence[Rows], by: By) -> tuple[str, list[Any]]:
    """Return all rows as one relation: at, what, source, endpoint, measures."""
    if not told:
        told = [_none()]
    columns = ", ".join(("at", "what", "source", "endpoint", *MEASURES))
    texts, values = [], []
    for rows in told:
        shown = rows.annotate(what=F(by.value)).order_by()
        named = shown.values_list("at", "what", "source", "endpoint", *MEASURES)
        sql, own = named.query.sql_with_params()
        texts.append(f"SELECT * FROM ({sql}) AS rows ({columns})")
        values += own
    return "\nUNION ALL\n".join(texts), values


def _none() -> Rows:
    """Return no rows, in the shape of some: an id that nobody has."""
    named: Rows = UsageMonth.objects.filter(pk=-1).annotate(at=F("month"))
    return named


@transaction.atomic
def _fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        # Else many days, which make many groups, are sorted on disk.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows

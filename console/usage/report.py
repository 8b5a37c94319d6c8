"""Reading the sums: split by one thing, and over time. Called by the usage pages.

    UsageMonth   whole months of a long span, and those of which most is asked for
    UsageDay     all other days, and those that are too many in such a month
    UsageSlot    the last day of the period before, up to the same time of day

Three tables, one statement each way: however many rows there are, a report costs two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from operator import add, attrgetter
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from django.db import connection
from django.db.models import DateField, F, Q, QuerySet, Value

from console.accounts.models import User
from console.lib.days import DAY
from console.usage import report_sql
from console.usage.models import (
    MEASURES,
    RecordState,
    UsageDay,
    UsageMonth,
    UsageRecord,
)
from console.usage.models import UsageSlot as Slot
from console.usage.pieces import Piece, fewest, pieces

LONG: Final = 100  # days; longer spans are read in months
ALL: Final = 2**31 - 1
Rows: TypeAlias = QuerySet[Any]


class Told(NamedTuple):
    """Rows of sums, each of which is `at` a day or a month."""

    rows: Rows
    less: bool = False  # they are taken off


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
        return Sums(*map(add, ALL_OF(self), ALL_OF(other)))

    @property
    def is_unknown(self) -> bool:
        """Tell whether no cost is known, of calls that may have had one."""
        return not self.cost_ticks and self.unknown_calls > 0

    @property
    def output_tokens(self) -> int:
        """Return all that the models wrote, reasoning included."""
        return self.completion_tokens + self.reasoning_tokens


NAMES: Final = [field.name for field in fields(Sums)]
ALL_OF: Final = attrgetter(*NAMES)


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
    current, values = _union(_sums(now, asked.narrow), by)
    earlier, others = _union(_sums(before, asked.narrow) if before else [], by)
    rows = _fetch(
        report_sql.SPLIT.format(now=current, before=earlier), [*values, *others, most]
    )
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
    told, values = _union(_moments(asked, days), by)
    named = [part for part in parts if part is not None]
    sql = report_sql.over_time(told, places=len(named), kind=by.type, drawn=drawn)
    # What is placed comes before the rows in it.
    rows = _fetch(sql, [*named, *values])
    found = [Moment(at, part, Sums(*sums)) for at, part, *sums in rows]
    return sorted(found, key=lambda one: (one.at, one.part is None, one.part or 0))


def total(days: Days, narrow: Callable[[Rows], Rows]) -> Sums:
    """Return the sums of some days, of the rows of sums that `narrow` keeps. One query.

    For who asks for more than a report does; who may see what is theirs to say.
    """
    told, values = _union(_sums(days, narrow), By.ENDPOINT)
    ((*sums,),) = _fetch(report_sql.TOTAL.format(told=told), values)
    return Sums(*sums)


def in_flight(asked: Asked) -> int:
    """Return how many of these calls are not settled yet, so are in no sum."""
    if asked.source:
        return 0
    return asked.narrow(UsageRecord.objects.filter(state=RecordState.OPEN)).count()


def _dearest(part: Part) -> tuple[bool, int, int, str]:
    sums = part.sums
    return (part.others > 0, -sums.cost_ticks, -sums.calls, part.what or "")


def _moments(asked: Asked, days: Days) -> list[Told]:
    """Return the rows of some days, each at its day, or month if those are read."""
    cut = pieces(days.first, days.last + DAY, by_month=days.by_month)
    return [Told(asked.narrow(_of(piece, days.zone))) for piece in cut]


def _sums(days: Days, narrow: Callable[[Rows], Rows]) -> list[Told]:
    """Return rows that come to the sum of some days; their `at` says nothing."""
    end = days.last if days.slots else days.last + DAY
    cut = fewest if days.by_month else partial(pieces, by_month=False)
    found = [Told(_of(piece, days.zone), piece.less) for piece in cut(days.first, end)]
    if days.slots:
        start, stop = days.slots
        slots = Slot.objects.filter(slot_starts_at__gte=start, slot_starts_at__lt=stop)
        last = Value(days.last, output_field=DateField())
        found.append(Told(slots.annotate(at=last)))
    return [Told(narrow(told.rows), told.less) for told in found]


def _of(piece: Piece, zone: int) -> Rows:
    field, sums = ("month", UsageMonth) if piece.whole else ("day", UsageDay)
    found = {f"{field}__gte": piece.first, f"{field}__lt": piece.end}
    rows: Rows = sums.objects.filter(Q(zone=zone, **found))
    named: Rows = rows.annotate(at=F(field))
    return named


def _union(told: Sequence[Told], by: By) -> tuple[str, list[Any]]:
    """Return all rows as one relation: at, what, source, endpoint, measures."""
    names = ("at", "what", "source", "endpoint")
    columns = ", ".join((*names, *MEASURES))
    less = ", ".join((*names, *(f"-{name}" for name in MEASURES)))
    texts, values = [], []
    for rows, is_less in told or [Told(_none())]:
        shown = rows.annotate(what=F(by.value)).order_by()
        sql, own = shown.values_list(*names, *MEASURES).query.sql_with_params()
        signed = less if is_less else columns
        texts.append(f"SELECT {signed} FROM ({sql}) AS rows ({columns})")
        values += own
    return "\nUNION ALL\n".join(texts), values


def _none() -> Rows:
    """Return no rows, in the shape of some: an id that nobody has."""
    named: Rows = UsageMonth.objects.filter(pk=-1).annotate(at=F("month"))
    return named


def _fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        # Else many days, which make many groups, are sorted on disk. Sent as one, both
        # are one transaction.
        cursor.execute(f"SET LOCAL work_mem = '64MB'; {sql}", values)
        cursor.nextset()
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows

"""The list of single calls: one page of it, and the figures above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from console.accounts.models import User
from console.finance.calls.filters import Filters
from console.finance.calls.words import Badge, Ending, badge_of, ending_of, lasted
from console.lib.paging import Column, page_of
from console.usage.models import (
    DIFFERING,
    Endpoint,
    RecordState,
    UsageRecord,
    UsageRecordQuerySet,
)
from console.usage.report import Days, total

NEWEST_FIRST: Final = (Column("id", UUID, descending=True),)
SHOWN: Final = ("consumer__person", "team", "key", "model")
READ: Final = (  # what a line says; the other columns of six tables take long to read
    "state",
    "consumer__person__name",
    "consumer__person__username",
    "team__name",
    "key__label",
    "model__model_id",
    "model_asked",
    "model_served",
    "endpoint",
    "opened_at",
    "settled_at",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cost_ticks",
    "adjusted_ticks",
    "ceiling_ticks",
    "reported_ticks",
    "computed_ticks",
    "source",
    "outcome",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One call, in a line."""

    id: UUID
    opened_at: datetime
    person: str
    team: str
    key: str
    model: str  # as it was asked for
    served: str  # empty: the same, or not told
    endpoint: str
    prompt: int | None  # tokens
    cached: int | None
    completion: int | None
    reasoning: int | None
    ticks: int | None
    ceiling: int | None
    badge: Badge | None
    differs: bool
    ending: Ending
    took: str

    @property
    def way(self) -> str:
        """Return where it was sent, and which other model answered."""
        served = f", answered by {self.served}" if self.served else ""
        return f"{self.endpoint}{served}"

    @property
    def cached_words(self) -> str:
        """Return how much of the input was cached."""
        return "not told" if self.cached is None else f"{self.cached:,}"

    @property
    def reasoning_words(self) -> str:
        """Return how much there was beside the output."""
        return "not told apart" if self.reasoning is None else f"{self.reasoning:,}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the settled calls of the days asked for come to, from the sums."""

    calls: int  # that asked for an answer
    unknown_calls: int  # of those, without a cost
    differing_calls: int
    count_calls: int  # that only counted tokens
    ticks: int | None  # None: there are calls, and the cost of none is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of calls."""

    rows: list[Row]
    figures: Figures | None  # None: not added up
    in_flight: int  # of all days
    before: str | None
    after: str | None


def narrowed(user: User, filters: Filters) -> UsageRecordQuerySet:
    """Keep the calls that are asked for, of those this person may see."""
    start, end = filters.bounds
    calls = UsageRecord.objects.visible_to(user).between(start, end)
    calls = calls.filter(filters.model_asked, **filters.of_records)
    if filters.source:
        calls = calls.from_source(filters.source)
    if filters.state:
        calls = calls.filter(state=filters.state)
    if filters.differs:
        calls = calls.filter(DIFFERING)
    return calls


def listing(user: User, filters: Filters) -> Listing:
    """Return one page; the same number of queries for any number of calls."""
    page = page_of(
        narrowed(user, filters).select_related(*SHOWN).only(*READ),
        columns=NEWEST_FIRST,
        cursor=filters.cursor,
        size=filters.size,
    )
    return Listing(
        rows=[row_of(record) for record in page.rows],
        figures=figures(user, filters),
        in_flight=_in_flight(user, filters),
        before=page.before,
        after=page.after,
    )


def row_of(record: UsageRecord) -> Row:
    """Return a call in a line. Its person, team, key and model must be read."""
    person = record.consumer.person
    return Row(
        id=record.id,
        opened_at=record.opened_at,
        person=person.name or person.username,
        team=record.team.name,
        key=record.key.label,
        model=record.model_asked,
        served=served_of(record),
        endpoint=Endpoint(record.endpoint).label,
        prompt=record.prompt_tokens,
        cached=record.cached_tokens,
        completion=record.completion_tokens,
        reasoning=record.reasoning_tokens,
        ticks=record.counted_ticks,
        ceiling=record.ceiling_ticks,
        badge=badge_of(record),
        differs=differs(record),
        ending=ending_of(record),
        took=lasted(record.opened_at, record.settled_at),
    )


def served_of(record: UsageRecord) -> str:
    """Return which model answered, if that is another name than was asked for."""
    known = record.model.model_id if record.model else ""
    served = record.model_served or known
    return "" if served == record.model_asked else served


def differs(record: UsageRecord) -> bool:
    """Tell whether xAI's amount and ours are known and not equal."""
    amounts = record.reported_ticks, record.computed_ticks
    return None not in amounts and amounts[0] != amounts[1]


def figures(user: User, filters: Filters) -> Figures | None:
    """Add up the days asked for, from their sums.

    None where sums cannot tell: of calls that are not settled, of those that differ
    alone, and of a zone whose days are not added up yet.
    """
    if filters.differs or filters.state not in ("", RecordState.SETTLED):
        return None
    if filters.zone.pk is None:
        return None

    def narrow(sums: Any) -> Any:
        seen = sums.visible_to(user)
        return seen.filter(filters.model_asked, **filters.dimensions)

    first, last = filters.since, filters.until
    days = Days(zone=filters.zone.pk, first=first, last=last, by_month=True)
    found = total(days, narrow)
    all_unknown = found.calls and found.calls == found.unknown_calls
    return Figures(
        calls=found.calls,
        unknown_calls=found.unknown_calls,
        differing_calls=found.differing_calls,
        count_calls=found.count_calls,
        ticks=None if all_unknown and not found.cost_ticks else found.cost_ticks,
    )


def _in_flight(user: User, filters: Filters) -> int:
    asked = {**filters.of_records}
    asked.pop("outcome", None)
    calls = UsageRecord.objects.visible_to(user).filter(state=RecordState.OPEN)
    return calls.filter(filters.model_asked, **asked).count()

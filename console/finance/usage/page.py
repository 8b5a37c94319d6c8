"""A usage page, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final, TypeAlias

from console.accounts.models import User
from console.finance.usage import choices
from console.finance.usage.certainty import Sure, certainty
from console.finance.usage.drawings import Drawings, drawings
from console.finance.usage.drivers import Driver, drivers
from console.finance.usage.finding import Found, find
from console.finance.usage.forecast import Forecast, forecast
from console.finance.usage.forms import Filters, Measure, Tab
from console.finance.usage.names import Name, Offers, offers
from console.finance.usage.periods import Period
from console.finance.usage.price_marks import MOST, PriceMark, marks_of, price_moves
from console.finance.usage.table import (
    NEXT,
    Row,
    cached_share,
    cells_of,
    input_words,
    rows_by_part,
    rows_by_time,
)
from console.finance.usage.words import Delta, delta
from console.lib.hundreds import Cell
from console.usage.models import TouchedSlot
from console.usage.report import Asked, By, Sums, in_flight

SHOWN: Final = 100  # rows; the file has all
WORDS: Final = {one: one.value for one in By} | {By.PERSON: "person"}
CallsOf: TypeAlias = Callable[..., str]


@dataclass(frozen=True, slots=True)
class MovedBy:
    """A driver with its name and where to look at it."""

    driver: Driver
    name: Name
    url: str


@dataclass(frozen=True, slots=True)
class UsagePage:
    """All that the page shows."""

    filters: Filters
    found: Found
    total: Sums
    own: bool  # the viewer's own calls alone
    sees_calls: bool  # the single calls are theirs to see
    delta: Delta | None  # None: there is nothing to compare with
    input: str  # tokens, in words
    cached: str  # share of the input
    per_thousand: int | None  # ticks for 1,000 calls of known cost; None: none has one
    drawings: Drawings
    marks: dict[date, PriceMark]  # prices that changed, by the first day of a bucket
    rows: list[Row]
    by_part: bool  # of parts, and not over time
    drivers: list[MovedBy]
    sure: list[Sure]
    forecast: Forecast | None  # None: not of a running month
    flying: int  # calls that are not settled yet
    waiting: int  # slots to be added up; 0 for those who see only some of them
    offers: Offers
    periods: list[choices.Choice]
    buckets: list[choices.Choice]
    measures: list[choices.Choice]
    againsts: list[tuple[str, str]]
    tabs: list[choices.Choice]
    chips: list[choices.Choice]
    cleared: str  # the address without filters
    calls_url: str
    unknown_url: str

    @property
    def problem(self) -> str:
        """Say why the days that were asked for are not shown; empty: they are."""
        if self.filters.first and self.found.span.period is not Period.CUSTOM:
            day = self.filters.first
            return f"{day.day} {day:%B %Y} has not come yet. Choose a day that has."
        return self.filters.problem

    @property
    def shows_delta(self) -> bool:
        """Tell whether each row is compared with the period before."""
        return self.by_part and self.delta is not None

    @property
    def price_moves(self) -> int:
        """Return how many prices changed, of those that are read."""
        return sum(len(mark.moves) for mark in self.marks.values())

    @property
    def leaves_moves_out(self) -> bool:
        """Tell whether more prices may have changed than are read."""
        return self.price_moves == MOST

    @property
    def series(self) -> str:
        """Name what the chart and the drivers tell apart."""
        return WORDS[self.found.by]

    @property
    def split(self) -> str:
        """Name what the table has rows for."""
        return self.series if self.by_part else self.found.bucket.value

    @property
    def sum_cells(self) -> tuple[Cell, ...]:
        """Return the figures of the range."""
        return cells_of(self.total, share="100%" if self.total.cost_ticks else "")

    @property
    def count(self) -> int:
        """Return how many rows there are, those that share one included."""
        return sum(row.others or 1 for row in self.rows)

    @property
    def rows_ticks(self) -> int:
        """Return what the rows come to."""
        return sum(row.sums.cost_ticks for row in self.rows)

    @property
    def adds_up(self) -> bool:
        """Tell whether the rows come to what the range does."""
        return self.rows_ticks == self.total.cost_ticks

    @property
    def day_count(self) -> int:
        """Return how many days of the range have begun."""
        span = self.found.span
        return (span.until - span.first).days + 1

    @property
    def per_day(self) -> int:
        """Return the cost of a day, on average."""
        return self.total.cost_ticks // self.day_count


def usage_page(*, user: User, filters: Filters, own: bool, now: datetime) -> UsagePage:
    """Return the page; the number of queries is the same for any number of calls."""
    found = find(user=user, filters=filters, own=own, now=now, most=SHOWN)
    total, span = found.total, found.span
    known = total.calls - total.unknown_calls
    compared = bool(total.calls_before or total.ticks_before)
    offered = offers(user, filters)
    calls_of = _calls_of(user, filters, own=own)
    marks = _marks(found, filters.asked(user, own=own))
    rows = _rows(found, filters, calls_of, marks, compared=compared)
    return UsagePage(
        filters=filters,
        found=found,
        total=total,
        own=own,
        sees_calls=own or user.sees_all_teams,
        delta=delta(total.cost_ticks, total.ticks_before) if compared else None,
        input=input_words(total),
        cached=cached_share(total),
        per_thousand=1_000 * total.cost_ticks // known if known else None,
        drawings=_drawn(found, filters.measure, marks),
        marks=marks,
        rows=rows,
        by_part=filters.tab is not Tab.DAY,
        drivers=_moved(found, filters) if compared else [],
        sure=certainty(total),
        forecast=_forecast(found),
        flying=in_flight(filters.asked(user, own=own)) if span.runs else 0,
        waiting=_waiting() if user.sees_all_teams else 0,
        offers=offered,
        periods=choices.periods(found, filters),
        buckets=choices.buckets(found, filters),
        measures=choices.measures(filters),
        againsts=choices.againsts(found, filters),
        tabs=choices.tabs(found, filters, by_person=user.sees_all_teams and not own),
        chips=choices.chips(offered.chips, filters),
        cleared=choices.cleared(filters),
        calls_url=calls_of(span.first, span.until),
        unknown_url=calls_of(span.first, span.until, source="unknown"),
    )


def _calls_of(user: User, filters: Filters, *, own: bool) -> CallsOf:
    """Return what makes the address of single calls; own ones are those of a person.

    It is empty where they are not this person's to see.
    """
    if own:
        return partial(filters.calls_url, person=user.pk)
    return filters.calls_url if user.sees_all_teams else _nowhere


def _nowhere(*_days: date, **_more: object) -> str:
    return ""


def _waiting() -> int:
    return TouchedSlot.objects.values("slot_starts_at").distinct().count()


def _drawn(found: Found, measure: Measure, marks: dict[date, PriceMark]) -> Drawings:
    return drawings(
        found.moments,
        span=found.span,
        bucket=found.bucket,
        measure=measure,
        series=found.series,
        names=found.titles,
        notes={start: mark.note for start, mark in marks.items()},
    )


def _marks(found: Found, asked: Asked) -> dict[date, PriceMark]:
    if found.zone.pk is None:
        return {}
    moves = price_moves(asked, span=found.span, zone=found.zone.pk)
    return marks_of(moves, found.bucket)


def _rows(
    found: Found,
    filters: Filters,
    calls_of: CallsOf,
    marks: dict[date, PriceMark],
    *,
    compared: bool,
) -> list[Row]:
    if filters.tab is Tab.DAY:
        return rows_by_time(
            found.moments,
            span=found.span,
            bucket=found.bucket,
            filters=filters,
            calls_of=calls_of,
            marks=marks,
        )
    return rows_by_part(
        found.parts,
        names=found.names,
        filters=filters,
        span=found.span,
        compared=compared,
        calls_of=calls_of,
    )


def _moved(found: Found, filters: Filters) -> list[MovedBy]:
    tab = Tab.PERSON if found.by is By.PERSON else Tab(found.by.value)
    moved = []
    for driver in drivers(found.parts):
        name = found.names.get(driver.part.what) or found.names[None]
        narrow = {tab.value: name.asked_as, "by": NEXT[tab]}
        url = filters.link(**narrow) if name.asked_as else ""
        moved.append(MovedBy(driver, name, url))
    return moved


def _forecast(found: Found) -> Forecast | None:
    span = found.span
    if span.period is not Period.MONTH or not found.moments:
        return None
    ticks: dict[date, int] = {}
    for moment in found.moments:
        ticks[moment.at] = ticks.get(moment.at, 0) + moment.sums.cost_ticks
    return forecast(ticks, first=span.first, last=span.last, today=span.today)

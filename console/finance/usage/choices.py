"""What a usage page offers beside what it shows: other days, tabs, fewer filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.finance.usage.finding import Found
from console.finance.usage.forms import Filters, Measure, Tab
from console.finance.usage.names import Chip
from console.finance.usage.periods import Against, Bucket, Period, Span, span_of

TABS: Final = (
    (Tab.TEAM, "By team"),
    (Tab.MODEL, "By model"),
    (Tab.KEY, "By key"),
    (Tab.PERSON, "By person"),
    (Tab.ENDPOINT, "By endpoint"),
)
MEASURES: Final = (
    (Measure.SPEND, "$"),
    (Measure.TOKENS, "Tokens"),
    (Measure.CALLS, "Calls"),
)
PERIODS: Final = tuple(one for one in Period if one is not Period.CUSTOM)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several views of the same."""

    title: str
    url: str
    current: bool


def periods(found: Found, filters: Filters) -> list[Choice]:
    """Return the periods to choose from."""
    span = found.span
    days = {"from": None, "to": None, "bucket": None}
    return [
        Choice(
            _period_words(one, span),
            filters.link(period="" if one is Period.MONTH else one, **days),
            one is span.period,
        )
        for one in PERIODS
    ]


def _period_words(period: Period, span: Span) -> str:
    if period in {Period.MONTH, Period.LAST}:
        month = span_of(period, now=span.now, zone=span.zone).first
        return f"{month:%B}" if month.year == span.today.year else f"{month:%B %Y}"
    return "12 months" if period is Period.YEAR else f"{period} days"


def buckets(found: Found, filters: Filters) -> list[Choice]:
    """Return what a bar may be; nothing for a span that is read in months."""
    if found.span.long:
        return []
    return [
        Choice(
            one.title(),
            filters.link(bucket="" if one is Bucket.DAY else one),
            one is found.bucket,
        )
        for one in Bucket
    ]


def againsts(found: Found, filters: Filters) -> list[tuple[str, str]]:
    """Return what the period can be compared with, as options of a select.

    For 12 months the same days a year ago are the period before.
    """
    before, year = found.span.before(), found.span.before(by_year=True)
    told = [("", before)]
    same = (before.first, before.last) == (year.first, year.last)
    if filters.against is Against.YEAR or not same:
        told.append((Against.YEAR.value, year))
    offered = [(value, f"Against {one.days_words}") for value, one in told]
    return [*offered, (Against.NOTHING.value, "Against nothing")]


def measures(filters: Filters) -> list[Choice]:
    """Return what the chart over time may show."""
    first, now = Measure.SPEND, filters.measure
    return [
        Choice(title, filters.link(chart=one if one is not first else ""), one is now)
        for one, title in MEASURES
    ]


def tabs(found: Found, filters: Filters, *, by_person: bool) -> list[Choice]:
    """Return what the table may have rows for."""
    first, now = Tab.DAY, filters.tab
    tabs = [(first, f"By {found.bucket}"), *TABS]
    return [
        Choice(title, filters.link(by=tab if tab is not first else ""), tab is now)
        for tab, title in tabs
        if by_person or tab is not Tab.PERSON
    ]


def chips(found: list[Chip], filters: Filters) -> list[Choice]:
    """Return the filters that no select shows, each with the way to drop it."""
    return [
        Choice(f"{chip.kind}: {chip.words}", filters.link(**{chip.field: ""}), True)
        for chip in found
    ]


def cleared(filters: Filters) -> str:
    """Return the address without any filter."""
    return filters.link(**dict.fromkeys(filters.narrowed, ""))

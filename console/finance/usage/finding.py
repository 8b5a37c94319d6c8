"""What the sums say of one address of the usage pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from console.accounts.models import User
from console.finance.usage.drawings import top
from console.finance.usage.forecast import WEEKS
from console.finance.usage.forms import Filters, Measure, Tab
from console.finance.usage.names import NO_MODEL, Name, names_of
from console.finance.usage.periods import Against, Before, Bucket, Period, Span, span_of
from console.lib.days import DAY
from console.lib.redact import escaped
from console.usage.report import Asked, By, Moment, Part, Sums, over_time, split
from console.usage.zones import Zone, zone_of

UNNAMED: Final = Name(NO_MODEL, "asked for by a name xAI never told")


@dataclass(frozen=True, slots=True)
class Found:
    """What the sums say of one address."""

    span: Span
    before: Before | None  # None: it is compared with nothing
    zone: Zone
    by: By  # what the parts and the series of the chart are
    bucket: Bucket
    parts: list[Part] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)  # of a month: 4 weeks before
    series: list[str | None] = field(default_factory=list)
    names: dict[str | None, Name] = field(default_factory=lambda: {None: UNNAMED})

    @property
    def total(self) -> Sums:
        """Return the sums of the whole range."""
        return sum((part.sums for part in self.parts), Sums())

    @property
    def agrees(self) -> bool:
        """Tell whether no call was added up between the two statements."""
        span = self.span
        over_time = sum(
            (one.sums for one in self.moments if span.first <= one.at <= span.last),
            Sums(),
        )
        return (over_time.calls, over_time.cost_ticks) == (
            self.total.calls,
            self.total.cost_ticks,
        )

    @property
    def titles(self) -> dict[str | None, str]:
        """Return names for a drawing: with a note where several are the same."""
        seen: dict[str, int] = {}
        for name in self.names.values():
            seen[name.title] = seen.get(name.title, 0) + 1
        return {
            what: escaped(
                name.title if seen[name.title] == 1 else f"{name.title}, {name.note}"
            )
            for what, name in self.names.items()
        }


def find(*, user: User, filters: Filters, own: bool, now: datetime, most: int) -> Found:
    """Read the sums: four queries, and two more if they grew between two of them."""
    zone = zone_of(user)
    span = span_of(
        filters.period, now=now, zone=zone.clock, first=filters.first, last=filters.last
    )
    found = Found(
        span=span,
        before=_before(span, filters.against),
        zone=zone,
        by=filters.tab.column or (By.MODEL if own or filters.team else By.TEAM),
        bucket=Bucket.MONTH if span.long else filters.bucket or Bucket.DAY,
    )
    if zone.pk is None:
        return found
    asked = filters.asked(user, own=own)
    drawn = filters.tab is not Tab.DAY
    read = partial(
        _read, found, asked, zone.pk, most, drawn=drawn, measure=filters.measure
    )
    found = read()
    if not found.agrees:
        found = read()
    ids = [part.what for part in found.parts if part.what]
    names: dict[str | None, Name] = {**found.names}
    names.update(names_of(found.by, ids).items())
    return replace(found, names=names)


def _before(span: Span, against: Against) -> Before | None:
    if against is Against.NOTHING:
        return None
    return span.before(by_year=against is Against.YEAR)


def _read(
    found: Found, asked: Asked, zone: int, most: int, *, drawn: bool, measure: Measure
) -> Found:
    span, by = found.span, found.by
    now = span.days(zone, by_month=True)
    then = found.before.days(zone, found.zone.clock) if found.before else None
    parts = split(asked, by, now=now, before=then, most=most)
    days = span.days(zone, by_month=span.long)
    if span.period is Period.MONTH:
        days = replace(days, first=min(days.first, span.today - 7 * WEEKS * DAY))
    series = top(parts, measure)
    moments = over_time(asked, by, days=days, parts=series, drawn=drawn)
    return replace(found, parts=parts, moments=moments, series=series)

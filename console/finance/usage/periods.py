"""Which days a report is of, and which it is compared with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from console.lib.days import DAY, day_bounds, day_of, month_after, month_of
from console.usage.report import LONG, Days

SLOT = timedelta(minutes=15)
YEAR = 12  # months


class Period(StrEnum):
    """The periods that can be chosen."""

    MONTH = "month"
    LAST = "last"
    DAYS_30 = "30"
    DAYS_90 = "90"
    YEAR = "year"
    CUSTOM = "custom"


class Bucket(StrEnum):
    """What is one bar of the charts, and one row of the table over time."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, day: date) -> date:
        """Return the first day of the one a day is in; weeks begin on Monday."""
        if self is Bucket.WEEK:
            return day - day.weekday() * DAY
        return month_of(day) if self is Bucket.MONTH else day

    def after(self, start: date) -> date:
        """Return the first day of the next one."""
        if self is Bucket.MONTH:
            return month_after(start)
        return start + (7 if self is Bucket.WEEK else 1) * DAY

    def last(self, start: date) -> date:
        """Return its last day."""
        return self.after(start) - DAY

    def words(self, start: date) -> str:
        """Name it in few letters."""
        if self is Bucket.MONTH:
            return f"{start:%b %Y}"
        day = f"{start.day} {start:%b}"
        return f"week of {day}" if self is Bucket.WEEK else day


class Against(StrEnum):
    """What a period can be compared with."""

    BEFORE = "before"  # as many days before it
    YEAR = "year"  # the same days a year ago
    NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a period, both ends included; the last ones may be yet to come."""

    period: Period
    first: date
    last: date
    today: date
    now: datetime
    zone: ZoneInfo

    @property
    def until(self) -> date:
        """Return the last day that has begun."""
        return min(self.last, self.today)

    @property
    def runs(self) -> bool:
        """Tell whether it is not over."""
        return self.last >= self.today

    @property
    def long(self) -> bool:
        """Tell whether it is read, and shown, in months."""
        return (self.until - self.first).days + 1 > LONG

    @property
    def words(self) -> str:
        """Say which days these are."""
        return days_in_words(self.first, self.until)

    def days(self, zone: int, *, by_month: bool) -> Days:
        """Return what to read: of the running month all there is, that is till now."""
        last = self.until
        if by_month and last == self.today:
            last = month_after(month_of(last)) - DAY
        return Days(zone=zone, first=self.first, last=last, by_month=by_month)

    def before(self, *, by_year: bool = False) -> Before:
        """Return the period before, or these days a year ago: as long, so far."""
        first, last = self._days_before()
        if by_year:
            first, last = _earlier(self.first, YEAR), _earlier(self.until, YEAR)
        # The 31st has no equal in a month of 30 days, which is compared as a whole.
        by_month = by_year or self.period in {Period.MONTH, Period.YEAR}
        cut = self.runs and not (by_month and last.day != self.until.day)
        return Before(first, last, _elapsed(self) if cut else None, by_year)

    def _days_before(self) -> tuple[date, date]:
        if self.period in {Period.MONTH, Period.YEAR}:
            back = YEAR if self.period is Period.YEAR else 1
            return month_after(self.first, -back), _earlier(self.until, back)
        if self.period is Period.LAST:
            return month_after(self.first, -1), self.first - DAY
        length = (self.until - self.first).days + 1
        return self.first - length * DAY, self.first - DAY


@dataclass(frozen=True, slots=True)
class Before:
    """The days that a period is compared with, both ends included."""

    first: date
    last: date
    elapsed: timedelta | None  # of its last day so much counts; None: all of it
    says_year: bool = False  # it is not plain which year is meant

    @property
    def days_words(self) -> str:
        """Say which days these are, in few letters."""
        first, last = self.first, self.last
        end = f"{last.day} {last:%b}"
        if self.says_year or first.year != last.year:
            end = f"{end} {last.year}"
        if first == last:
            return end
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} to {end}"
        year = f" {first.year}" if first.year != last.year else ""
        return f"{first.day} {first:%b}{year} to {end}"

    @property
    def words(self) -> str:
        """Say which days these are, and up to what time of the last one."""
        if self.elapsed is None:
            return self.days_words
        minutes = self.elapsed // timedelta(minutes=1)
        return f"{self.days_words}, {minutes // 60:02}:{minutes % 60:02}"

    def days(self, zone: int, clock: ZoneInfo) -> Days:
        """Return what to read."""
        slots = None
        if self.elapsed is not None:
            start, end = day_bounds(self.last, clock)
            slots = (start, min(start + self.elapsed, end))
        return Days(
            zone=zone, first=self.first, last=self.last, slots=slots, by_month=True
        )


def span_of(
    period: Period,
    *,
    now: datetime,
    zone: ZoneInfo,
    first: date | None = None,
    last: date | None = None,
) -> Span:
    """Return the days of a period as of `now`, which for a custom one are given."""
    today = day_of(now, zone)
    month = month_of(today)
    days = {
        Period.MONTH: (month, month_after(month) - DAY),
        Period.LAST: (month_after(month, -1), month - DAY),
        Period.DAYS_30: (today - 29 * DAY, today),
        Period.DAYS_90: (today - 89 * DAY, today),
        Period.YEAR: (month_after(month, 1 - YEAR), today),
    }
    if period is Period.CUSTOM and first and last and first <= today:
        days[period] = (first, min(last, today))
    if period not in days:
        period = Period.MONTH
    return Span(period, *days[period], today, now, zone)


def buckets(span: Span, bucket: Bucket) -> list[date]:
    """Return the first day of each bucket of a span, of those to come, too."""
    found, start = [], bucket.start(span.first)
    while start <= span.last:
        found.append(start)
        start = bucket.after(start)
    return found


def days_in_words(first: date, last: date) -> str:
    """Write a range of days as short as it is clear."""
    end = f"{last.day} {last:%B %Y}"
    if first == last:
        return end
    if first.year != last.year:
        return f"{first.day} {first:%B %Y} to {end}"
    if first.month != last.month:
        return f"{first.day} {first:%B} to {end}"
    return f"{first.day} to {end}"


def _elapsed(span: Span) -> timedelta:
    """Return how much of today is over, in whole slots."""
    start, _ = day_bounds(span.today, span.zone)
    return (span.now - start) // SLOT * SLOT


def _earlier(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last one of that month."""
    month = month_after(month_of(day), -months)
    return min(month + (day.day - 1) * DAY, month_after(month) - DAY)

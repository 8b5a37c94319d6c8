"""Calendar days of a time zone, as instants; and calendar months."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return start and end of a day as its clocks have it: start <= t < end, in UTC.

    Days follow each other without a gap: a day has 23 or 25 hours where the clocks
    change, begins late where they skip midnight and early where midnight comes twice,
    and has no length where the zone skipped it. Raises OverflowError for the last
    day of all.
    """
    return _midnight(day, zone), _midnight(day + DAY, zone)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day that a zone's calendar shows at this moment."""
    return moment.astimezone(zone).date()


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def month_after(month: date, count: int = 1) -> date:
    """Return the first day of the month so many later; earlier if negative."""
    years, index = divmod(month.month - 1 + count, 12)
    return date(month.year + years, index + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a day.

    `fold` 0 is the earlier of two midnights, and of one that is skipped it makes the
    instant of the skip. UTC, because the difference of two times of one zone is that
    of their clocks.
    """
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)

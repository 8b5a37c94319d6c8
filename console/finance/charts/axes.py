"""The axes of charts: round values up from zero, months or days across."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from console.lib.days import day_bounds, day_of

MOST_LINES, FEW_LINES = 4, 2  # above the baseline; in a low drawing
MOST_TICKS: Final = 7
DAY_STEPS: Final = (1, 2, 7, 14)
MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120)
LONGEST_IN_DAYS: Final = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Across:
    """Turns instants into per cent of the drawing."""

    start: datetime
    end: datetime  # after `start`
    left: float
    right: float

    def at(self, moment: datetime) -> float:
        """Return where an instant stands; what is outside stands at the edge."""
        inside = min(max(moment, self.start), self.end)
        part = (inside - self.start) / (self.end - self.start)
        return self.left + part * (self.right - self.left)


@dataclass(frozen=True, slots=True)
class Up:
    """Turns values from 0 to `most` into pixels down from the top of the drawing."""

    most: int  # above 0
    top: int
    bottom: int

    def at(self, value: int) -> float:
        """Return where a value stands."""
        return self.bottom - value / self.most * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line at a round value, and what it says."""

    y: str
    text_y: str
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A date below the axis; `spare` ones go first where there is little room."""

    x: str
    words: str
    spare: bool
    last: bool = False  # it stands at the right edge, and would be cut in its middle


def percent(place: float) -> str:
    """Write a place across."""
    return f"{place:.2f}%"


def pixels(place: float) -> str:
    """Write a place down."""
    return f"{place:.1f}"


def round_step(highest: int, *, lines: int = MOST_LINES) -> int:
    """Return the smallest of 1, 2, 2.5, 5, 10, … that reaches `highest` in so many.

    2.5 only where it is a whole number.
    """
    power = 1
    while True:
        for tenths in (10, 20, 25, 50):
            step, rest = divmod(tenths * power, 10)
            if not rest and step * lines >= highest:
                return step
        power *= 10


def values_up(
    highest: int,
    *,
    top: int,
    bottom: int,
    words: Callable[[int], str],
    lines: int = MOST_LINES,
) -> tuple[Up, tuple[GridLine, ...]]:
    """Return the scale from zero to at least `highest`, and its lines."""
    step = round_step(max(highest, 1), lines=lines)
    number = max(-(-highest // step), 1)
    scale = Up(most=step * number, top=top, bottom=bottom)
    places = [(scale.at(n * step), words(n * step)) for n in range(number + 1)]
    grid = (GridLine(pixels(y), pixels(y + 4), said) for y, said in places)
    return scale, tuple(grid)


def times_across(scale: Across, zone: ZoneInfo) -> tuple[Tick, ...]:
    """Return at most 7 dates, round ones of the zone's calendar."""
    days = _days(scale, zone)
    ticks, year = [], 0
    in_months = _in_months(scale)
    for number, day in enumerate(days):
        start, _ = day_bounds(day, zone)
        words = f"{day:%b}" if in_months else f"{day.day} {day:%b}"
        if day.year != year and in_months:
            words = f"{words} {day.year}"
        year = day.year
        ticks.append(Tick(percent(scale.at(start)), words, spare=number % 2 == 1))
    return tuple(ticks)


def _in_months(scale: Across) -> bool:
    return scale.end - scale.start > LONGEST_IN_DAYS


def _days(scale: Across, zone: ZoneInfo) -> list[date]:
    first, last = day_of(scale.start, zone), day_of(scale.end, zone)
    found: list[date] = []
    for step in MONTH_STEPS if _in_months(scale) else DAY_STEPS:
        found = (
            _months(first, last, step)
            if _in_months(scale)
            else _every(first, last, step)
        )
        if len(found) <= MOST_TICKS:
            return found
    return found[:: -(-len(found) // MOST_TICKS)]


def _months(first: date, last: date, step: int) -> list[date]:
    """Return the first days of every `step`th month, counted from the year 0."""
    start = first.year * 12 + first.month - 1 + (first.day > 1)
    start += -start % step
    return [
        date(month // 12, month % 12 + 1, 1)
        for month in range(start, last.year * 12 + last.month, step)
    ]


def _every(first: date, last: date, step: int) -> list[date]:
    """Return every `step`th day back from the last one; the first may be a part."""
    number = (last - first).days // step
    days = [last - timedelta(days=n * step) for n in range(number, -1, -1)]
    return [day for day in days if day > first]

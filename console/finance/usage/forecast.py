"""What the month will come to, if its rest is like the last weeks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from console.lib.days import DAY

WEEKS: Final = 4  # that are looked at
FEWEST: Final = 2  # whole weeks without which nothing is said
WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The month's spend if every week to come is like the cheapest, or the dearest.

    None, both of them, where there are too few weeks to tell.
    """

    low: int | None
    high: int | None
    weeks: int  # whole ones there are calls of
    last: date  # of the month


def forecast(
    ticks: Mapping[date, int], *, first: date, last: date, today: date
) -> Forecast:
    """Return what the days `first` to `last` will come to, today among them.

    `ticks` are the sums of each day with calls, four weeks back at least. Each week
    that is over says what its weekdays cost; of today only what is still missing
    counts. Weeks before the first call say nothing.
    """
    spent = sum(ticks.get(first + n * DAY, 0) for n in range((today - first).days + 1))
    began = min((day for day in ticks if day < today), default=today)
    weeks = min(WEEKS, (today - began).days // 7)
    if weeks < FEWEST:
        return Forecast(None, None, weeks, last)
    ends = [
        spent + _rest(ticks, today=today, last=last, back=back)
        for back in range(1, weeks + 1)
    ]
    return Forecast(min(ends), max(ends), weeks, last)


def _rest(ticks: Mapping[date, int], *, today: date, last: date, back: int) -> int:
    """Return what is to come, if each weekday costs what it did so many weeks ago."""
    rest = max(0, ticks.get(today - back * WEEK, 0) - ticks.get(today, 0))
    day = today + DAY
    while day <= last:
        rest += ticks.get(today - back * WEEK + (day - today) % WEEK, 0)
        day += DAY
    return rest

"""Cutting days into whole months and what is left of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from console.lib.days import month_after, month_of

MONTH_ROWS: Final = timedelta(days=2)  # a month has about as many rows as two days


class Piece(NamedTuple):
    """Days first <= day < end."""

    whole: bool  # months, which are read as such
    first: date
    end: date
    less: bool = False  # in the months that are read, but not asked for

    @property
    def length(self) -> timedelta:
        """Return how long these days are."""
        return self.end - self.first


def pieces(first: date, end: date, *, by_month: bool) -> list[Piece]:
    """Cut first <= day < end into days, whole months, and days again."""
    start = first if first.day == 1 else month_after(month_of(first))
    stop = month_of(end)
    if not by_month or start >= stop:
        return [Piece(False, first, end)]
    cut = [
        Piece(False, first, start),
        Piece(True, start, stop),
        Piece(False, stop, end),
    ]
    return [piece for piece in cut if piece.first < piece.end]


def fewest(first: date, end: date) -> list[Piece]:
    """Cut first <= day < end so that the fewest rows are read for their sum.

    Of a month that is asked for in part the whole is read, less the other days, where
    those are fewer.
    """
    months: list[Piece] = []
    days: list[Piece] = []
    for asked in pieces(first, end, by_month=True):
        if asked.whole:
            months.append(asked)
            continue
        for part in _by_month(asked):
            rest = _rest_of_month(part)
            if sum((one.length for one in rest), MONTH_ROWS) < part.length:
                months.append(Piece(True, month_of(part.first), _after(part.first)))
                days += rest
            else:
                days.append(part)
    return _joined(months) + days


def _by_month(days: Piece) -> Iterator[Piece]:
    """Cut days, none of whose months is whole, where the month ends."""
    border = _after(days.first)
    yield Piece(False, days.first, min(border, days.end))
    if border < days.end:
        yield Piece(False, border, days.end)


def _rest_of_month(days: Piece) -> list[Piece]:
    """Return the other days of their month, as such that are taken off."""
    month, after = month_of(days.first), _after(days.first)
    rest = (month, days.first), (days.end, after)
    return [
        Piece(False, start, stop, less=True) for start, stop in rest if start < stop
    ]


def _joined(months: list[Piece]) -> list[Piece]:
    """Make neighbours one piece; they are in the order of time."""
    found: list[Piece] = []
    for one in months:
        if found and found[-1].end == one.first:
            found[-1] = Piece(True, found[-1].first, one.end)
        else:
            found.append(one)
    return found


def _after(day: date) -> date:
    return month_after(month_of(day))

"""Cutting days into whole months and what is left of them. Pure."""

from __future__ import annotations

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
    month = month_of(first)
    while month < end:
        after = month_after(month)
        asked = Piece(False, max(first, month), min(end, after))
        rest = [
            Piece(False, start, stop, less=True)
            for start, stop in ((month, asked.first), (asked.end, after))
            if start < stop
        ]
        left = sum(((one.end - one.first) for one in rest), MONTH_ROWS)
        if not rest or left < asked.end - asked.first:
            months, days = _joined(months, month, after), days + rest
        else:
            days.append(asked)
        month = after
    return months + days


def _joined(months: list[Piece], month: date, after: date) -> list[Piece]:
    """Add a month to those that are read; neighbours are one piece."""
    if months and months[-1].end == month:
        return [*months[:-1], Piece(True, months[-1].first, after)]
    return [*months, Piece(True, month, after)]

"""One price over a year in the height of a line of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from console.finance.charts.axes import Across, percent, pixels

Point = tuple[datetime, datetime, int | None]  # first seen, last seen, value
MIDDLE, LOW, HIGH = 10.0, 15.0, 5.0
BRIDGED: Final = timedelta(days=3)  # a gap that nobody would see at this size


@dataclass(frozen=True, slots=True)
class SparkLine:
    """A straight line; `now` is the newest value and the step to it."""

    x1: str
    x2: str
    y1: str
    y2: str
    now: bool


@dataclass(frozen=True, slots=True)
class Spark:
    """The lines, the dot at the end of a value that is still told, and it in words."""

    lines: tuple[SparkLine, ...]
    dot: str | None  # how far down
    words: str


def spark(
    points: Sequence[Point],
    start: datetime,
    end: datetime,
    *,
    words: Callable[[int], str] = str,
    name: str = "Output price",
) -> Spark:
    """Return the drawing of one model's price from `start` to `end`.

    `points` are oldest first and do not overlap; a value of None is not known and not
    drawn. The line stops where nothing was seen for days. `words` writes a value.
    """
    inside = [p for p in points if p[1] >= start and p[0] <= end]
    told = [(first, last, v) for first, last, v in inside if v is not None]
    if not told:
        return Spark((), None, f"{name} not told in this time")
    values = [value for _, _, value in told]
    across = Across(start, end, 0, 100)
    low, high, newest = min(values), max(values), values[-1]

    def down(value: int) -> float:
        if low == high:
            return MIDDLE
        return LOW - (value - low) / (high - low) * (LOW - HIGH)

    lines: list[SparkLine] = []
    changed = low != high
    for number, (first, last, value) in enumerate(told):
        after = told[number + 1] if number + 1 < len(told) else None
        bridged = after is not None and after[0] - last <= BRIDGED
        until = after[0] if after is not None and bridged else last
        if after is None and end - last <= BRIDGED:
            until = end
        y, edge = pixels(down(value)), percent(across.at(until))
        now = changed and all(later == newest for later in values[number:])
        lines.append(SparkLine(percent(across.at(first)), edge, y, y, now))
        if after is not None and bridged and after[2] != value:
            there = down(after[2])
            rises = all(later == newest for later in values[number + 1 :])
            lines.append(SparkLine(edge, edge, y, pixels(there), rises))
    still = end - told[-1][1] <= BRIDGED
    dot = pixels(down(newest)) if still else None
    return Spark(tuple(lines), dot, _finding(told, words, name, still))


def _finding(
    told: Sequence[tuple[datetime, datetime, int]],
    words: Callable[[int], str],
    name: str,
    still: bool,
) -> str:
    levels: list[tuple[datetime, int]] = []
    for first, _, value in told:
        if not levels or levels[-1][1] != value:
            levels.append((first, value))
    ended = "" if still else f", last told {_day(told[-1][1])}"
    if len(levels) == 1:
        return f"{name} unchanged since {_day(levels[0][0])}{ended}"
    said = ", ".join(f"{words(value)} since {_day(first)}" for first, value in levels)
    return f"{name}: {said}{ended}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"

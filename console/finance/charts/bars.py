"""Amounts per day: stacked bars up from zero, the largest series at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from console.finance.charts.axes import (
    DAY_STEPS,
    MOST_TICKS,
    GridLine,
    Tick,
    percent,
    pixels,
    values_up,
)
from console.finance.charts.notes import NoteLine, NotePlace, note_lines

LEFT, RIGHT = 8.5, 100.0
TOP, BASE, TALL = 16, 112, 206  # the last: base of a tall drawing
NOTES: Final = 0  # where the lines of notes begin
DATES_BELOW: Final = 18
HALF_DATE: Final = 6  # of the width of a narrow page
FILLED: Final = 0.76  # of a day's place
GAP: Final = 1  # pixel between two parts
LOOKS: Final = ("s1", "s2", "s3", "s4", "s5")
MOST_SERIES: Final = 4
OTHER: Final = "Other"


@dataclass(frozen=True, slots=True)
class DayOf:
    """One day: an amount by the name of its series, none of them below 0."""

    day: date
    parts: dict[str, int]
    href: str = ""  # to the row behind it
    words: str = ""  # its name, if it is more than a day


@dataclass(frozen=True, slots=True)
class DayNote:
    """What is said of one day, over its bar."""

    words: str
    more: str  # all of it, where the words are not
    href: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of one day."""

    look: str
    x: str
    y: str
    width: str
    height: str
    words: str
    href: str
    partial: bool  # the day is not over


NO_NOTES: Final[Mapping[date, DayNote]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BarChart:
    """All marks, and the names of the series from the bottom up."""

    grid: tuple[GridLine, ...]
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    legend: tuple[tuple[str, str], ...]  # look and name
    notes: tuple[NoteLine, ...]
    left: str = percent(LEFT)
    right: str = percent(RIGHT)
    base: int = BASE
    top: int = NOTES

    @property
    def dates(self) -> int:
        """Return where the dates stand."""
        return self.base + DATES_BELOW

    @property
    def low(self) -> bool:
        """Tell whether it is a low drawing."""
        return self.base < TALL


def bar_chart(
    days: Sequence[DayOf],
    *,
    today: date,
    words: Callable[[int], str],
    at_axis: Callable[[int], str] | None = None,
    names: Sequence[str] | None = None,
    base: int = BASE,
    notes: Mapping[date, DayNote] = NO_NOTES,
) -> BarChart:
    """Return the chart of these days, each in its place, oldest first.

    More than 4 series: the 4 largest, and "Other"; or those of `names`, from the
    bottom up. `words` writes an amount, and `at_axis` a round one, in a few letters.
    `notes` are of some of these days.
    """
    names = _names(days) if names is None else list(names)
    stacks = [_stack(day, names) for day in days]
    highest = max((sum(stack.values()) for stack in stacks), default=0)
    up, grid = values_up(highest, top=TOP, bottom=base, words=at_axis or words)
    place = (RIGHT - LEFT) / max(len(days), 1)
    bars: list[Bar] = []
    for number, (day, stack) in enumerate(zip(days, stacks, strict=True)):
        x = LEFT + (number + (1 - FILLED) / 2) * place
        below = 0
        for look, name in zip(LOOKS, names, strict=False):
            amount = stack[name]
            top, bottom = up.at(below + amount), up.at(below)
            below += amount
            if not amount:
                continue
            height = max(bottom - top - GAP, 0.5)  # the least is seen, too
            said = f"{_said(day)}, {name}: {words(amount)}"
            bars.append(
                Bar(
                    *(look, percent(x), pixels(bottom - GAP - height)),
                    *(percent(FILLED * place), pixels(height), said, day.href),
                    day.day >= today,
                )
            )
    legend = tuple(zip(LOOKS, names, strict=False))
    lines = _notes(days, place, notes)
    return BarChart(grid, _ticks(days, place), tuple(bars), legend, lines, base=base)


def _notes(
    days: Sequence[DayOf], place: float, notes: Mapping[date, DayNote]
) -> tuple[NoteLine, ...]:
    places = [
        NotePlace(LEFT + (number + 0.5) * place, note.words, note.href, note.more)
        for number, day in enumerate(days)
        if (note := notes.get(day.day))
    ]
    return note_lines(places, left=LEFT, top=NOTES, rows=1)


def _said(day: DayOf) -> str:
    return day.words or f"{day.day.day} {day.day:%b}"


def _names(days: Sequence[DayOf]) -> list[str]:
    """Return the series, the largest first, and after the fourth only "Other"."""
    sums: dict[str, int] = {}
    for day in days:
        for name, amount in day.parts.items():
            sums[name] = sums.get(name, 0) + amount
    ranked = sorted(sums, key=lambda name: (-sums[name], name))
    rest = len(ranked) > MOST_SERIES
    return [*ranked[:MOST_SERIES], OTHER] if rest else ranked


def _stack(day: DayOf, names: list[str]) -> dict[str, int]:
    stack = dict.fromkeys(names, 0)
    for name, amount in day.parts.items():
        stack[name if name in stack else OTHER] += amount
    return stack


def _ticks(days: Sequence[DayOf], place: float) -> tuple[Tick, ...]:
    """Return at most 7 dates, counted back from the newest."""
    step = next((s for s in DAY_STEPS if len(days) <= s * MOST_TICKS), len(days))
    ticks = []
    for position, number in enumerate(range(len(days) - 1, -1, -step)):
        x = LEFT + (number + 0.5) * place
        last = x > RIGHT - HALF_DATE
        words = _said(days[number]).removeprefix("week of ")
        at = percent(RIGHT if last else x)
        ticks.append(Tick(at, words, spare=position % 2 == 1, last=last))
    return tuple(reversed(ticks))

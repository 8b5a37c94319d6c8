"""Prices over time: level while they were seen, nothing where nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Final
from zoneinfo import ZoneInfo

from console.finance.charts.axes import (
    FEW_LINES,
    MOST_LINES,
    Across,
    GridLine,
    Tick,
    Up,
    percent,
    pixels,
    times_across,
    values_up,
)
from console.finance.charts.labels import spread
from console.finance.charts.notes import Label, NoteLine, NotePlace, note_lines

LEFT, RIGHT = 9.5, 75.0  # so that labels have room on a phone
TOP, NOTES = 40, 10
BASE, LOW_BASE = 186, 98  # of a whole drawing, and of a low one
DATES: Final = 22  # below the base
LOOKS: Final = ("l1", "l2", "l4", "l3")  # by series: of these, neighbours differ most
NOTE_ROWS: Final = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One value from `start` to `end`, of which `end` is the last time it was seen."""

    start: datetime
    end: datetime
    value: int | None  # None: not known, nothing is drawn
    words: str  # what the mark says
    href: str = ""  # to the row behind it


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its steps, oldest first and apart, and what stands at its end."""

    label: str
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which nothing is known, and why; too long to be bridged."""

    start: datetime
    end: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Note:
    """An event that explains a step."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line of one series."""

    look: str
    x1: str
    x2: str
    y1: str
    y2: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Band:
    """A gap, over the whole height."""

    x: str
    width: str
    words: str


@dataclass(frozen=True, slots=True)
class StepChart:
    """All marks, in the order in which they are drawn."""

    grid: tuple[GridLine, ...]
    ticks: tuple[Tick, ...]
    bands: tuple[Band, ...]
    strokes: tuple[Stroke, ...]
    notes: tuple[NoteLine, ...]
    labels: tuple[Label, ...]
    low: bool
    base: int
    dates: int  # how far down they stand
    height: int  # of what reaches from `top` to `base`
    left: str = percent(LEFT)
    right: str = percent(RIGHT)
    top: int = NOTES


def step_chart(
    series: Sequence[Series],
    *,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    words: Callable[[int], str],
    gaps: Sequence[Gap] = (),
    notes: Sequence[Note] = (),
    low: bool = False,
) -> StepChart:
    """Return the chart of up to 4 series from `start` to `end`, up from zero.

    A step holds until the next one begins, unless one of `gaps` lies between: there
    the line stops. `words` writes a value at the axis. `notes` are told newest last.
    """
    across = Across(start, end, LEFT, RIGHT)
    seen = [_within(one, start, end) for one in series]
    told = [s.value for steps in seen for s in steps if s.value is not None]
    base = LOW_BASE if low else BASE
    up, grid = values_up(
        max(told, default=0),
        top=TOP,
        bottom=base,
        words=words,
        lines=FEW_LINES if low else MOST_LINES,
    )
    stops = {gap.end for gap in gaps}
    return StepChart(
        grid=grid,
        ticks=times_across(across, zone),
        bands=tuple(_band(gap, across) for gap in gaps if _crosses(gap, start, end)),
        strokes=tuple(
            stroke
            for look, steps in zip(LOOKS, seen, strict=False)
            for stroke in _strokes(steps, look, across, up, stops)
        ),
        notes=_notes([n for n in notes if start <= n.at <= end], across),
        labels=_labels(series, seen, up),
        low=low,
        base=base,
        dates=base + DATES,
        height=base - NOTES,
    )


def _within(one: Series, start: datetime, end: datetime) -> list[Step]:
    return [step for step in one.steps if step.end >= start and step.start <= end]


def _crosses(gap: Gap, start: datetime, end: datetime) -> bool:
    return gap.end > start and gap.start < end


def _band(gap: Gap, across: Across) -> Band:
    left, right = across.at(gap.start), across.at(gap.end)
    return Band(percent(left), percent(right - left), gap.words)


def _strokes(
    steps: list[Step], look: str, across: Across, up: Up, stops: set[datetime]
) -> list[Stroke]:
    """Return levels, and between two that touch the rise or fall."""
    found: list[Stroke] = []
    for step, after in zip_longest(steps, steps[1:]):
        bridged = after is not None and after.start not in stops
        until = after.start if after is not None and bridged else step.end
        if step.value is None:
            continue
        y, edge = pixels(up.at(step.value)), percent(across.at(until))
        begins = percent(across.at(step.start))
        found.append(Stroke(look, begins, edge, y, y, step.words, step.href))
        if after is None or not bridged or after.value is None:
            continue
        if after.value != step.value:
            there = pixels(up.at(after.value))
            found.append(Stroke(look, edge, edge, y, there, after.words, after.href))
    return found


def _labels(
    series: Sequence[Series], seen: list[list[Step]], up: Up
) -> tuple[Label, ...]:
    """Return the words at the ends of the lines, kept apart."""
    ends = [
        (one.label, up.at(steps[-1].value))
        for one, steps in zip(series, seen, strict=True)
        if steps and steps[-1].value is not None
    ]
    places = spread([y + 4 for _, y in ends], apart=15, top=TOP, bottom=up.bottom + 4)
    x = percent(RIGHT + 1)
    return tuple(
        Label(x, pixels(y), label) for (label, _), y in zip(ends, places, strict=True)
    )


def _notes(notes: Sequence[Note], across: Across) -> tuple[NoteLine, ...]:
    places = [NotePlace(across.at(note.at), note.words) for note in notes]
    return note_lines(places, left=LEFT, top=NOTES, rows=NOTE_ROWS)

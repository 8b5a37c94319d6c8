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
from console.finance.charts.labels import rooms, spread

LEFT, RIGHT = 9.5, 75.0  # so that labels have room on a phone
TOP, NOTES = 40, 10
BASE, LOW_BASE = 186, 98  # of a whole drawing, and of a low one
DATES: Final = 22  # below the base
LOOKS: Final = ("l1", "l2", "l4", "l3")  # by series: of these, neighbours differ most
LETTER: Final = 0.95  # per cent of the drawing that a letter takes, at most
ON_A_PHONE: Final = 2.05  # and there
NOTES_APART: Final = 3  # per cent; of steps closer than that only the newest has words
NOTE_ROWS: Final = 2
NOTE_HEIGHT: Final = 14


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
class Label:
    """Words on the drawing."""

    x: str
    y: str
    words: str
    end: bool = False  # they end at `x`
    spare: bool = False  # left out where there is little room


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A dashed line at an event; `label` is None where there is no room for it."""

    x: str
    words: str
    label: Label | None


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


def _notes(notes: list[Note], across: Across) -> tuple[NoteLine, ...]:
    """Return the lines; the newest notes get words first, as far as there is room."""
    spans, told = [], _apart(notes, across)
    for note in reversed(told):
        x, wide = across.at(note.at), len(note.words) * LETTER
        ends = x - wide - 1 >= LEFT
        spans.append((x - wide - 1, x) if ends else (x, x + wide + 1))
    labels: dict[int, Label] = {}
    rows = rooms(spans, rows=NOTE_ROWS)
    for number, (note, row) in enumerate(zip(reversed(told), rows, strict=True)):
        x = across.at(note.at)
        ends = spans[number][1] == x
        if row is not None:
            room = x - LEFT if ends else 100 - x
            labels[id(note)] = Label(
                percent(x - 1 if ends else x + 1),
                pixels(NOTES + 10 + row * NOTE_HEIGHT),
                note.words,
                end=ends,
                spare=number > 0 or len(note.words) * ON_A_PHONE > room,
            )
    return tuple(
        NoteLine(percent(across.at(note.at)), note.words, labels.get(id(note)))
        for note in notes
    )


def _apart(notes: list[Note], across: Across) -> list[Note]:
    """Return the notes that have a place of their own, the newest of each first."""
    found: list[Note] = []
    for note in reversed(notes):
        last = across.at(found[0].at) if found else None
        if last is None or last - across.at(note.at) >= NOTES_APART:
            found.insert(0, note)
    return found

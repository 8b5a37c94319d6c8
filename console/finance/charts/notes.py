"""Notes at events: a dashed line over the drawing, with words where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.finance.charts.axes import percent, pixels
from console.finance.charts.labels import rooms

LETTER: Final = 0.95  # per cent of the drawing that a letter takes, at most
ON_A_PHONE: Final = 2.05  # and there
APART: Final = 3  # per cent; of notes closer than that only the newest has words
HEIGHT: Final = 14  # of a row of words


@dataclass(frozen=True, slots=True)
class NotePlace:
    """An event: where it stands, in per cent across, and what is said of it."""

    x: float
    words: str
    href: str = ""  # what tells more; empty: nothing
    more: str = ""  # all of it, where the words are not


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
    href: str = ""


def note_lines(
    notes: Sequence[NotePlace], *, left: float, top: int, rows: int
) -> tuple[NoteLine, ...]:
    """Return the lines, of notes told newest last.

    The newest get words first, as far as there is room in so many rows.
    """
    spans, told = [], _apart(notes)
    for note in reversed(told):
        wide = len(note.words) * LETTER
        ends = note.x - wide - 1 >= left
        spans.append(
            (note.x - wide - 1, note.x) if ends else (note.x, note.x + wide + 1)
        )
    labels: dict[int, Label] = {}
    places = rooms(spans, rows=rows)
    for number, (note, row) in enumerate(zip(reversed(told), places, strict=True)):
        ends = spans[number][1] == note.x
        if row is not None:
            room = note.x - left if ends else 100 - note.x
            labels[id(note)] = Label(
                percent(note.x - 1 if ends else note.x + 1),
                pixels(top + 10 + row * HEIGHT),
                note.words,
                end=ends,
                spare=number > 0 or len(note.words) * ON_A_PHONE > room,
            )
    return tuple(
        NoteLine(
            percent(note.x), note.more or note.words, labels.get(id(note)), note.href
        )
        for note in notes
    )


def _apart(notes: Sequence[NotePlace]) -> list[NotePlace]:
    """Return the notes that have a place of their own, the newest of each first."""
    found: list[NotePlace] = []
    for note in reversed(notes):
        if not found or found[0].x - note.x >= APART:
            found.insert(0, note)
    return found

"""What a conversion changed, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Json = dict[str, object]
Given = Mapping[str, object]


class Fate(StrEnum):
    """What became of something."""

    LOST = "left out"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that is not the same on the other side."""

    where: str  # a field, as it is written: messages[2].name
    fate: Fate
    words: str


@dataclass(slots=True)
class Notes:
    """Collects notes; each place and sentence once."""

    found: list[Note] = field(default_factory=list)

    def lost(self, where: str, words: str) -> None:
        """Say that something has no counterpart."""
        self._add(Note(where, Fate.LOST, words))

    def changed(self, where: str, words: str) -> None:
        """Say that something means nearly the same."""
        self._add(Note(where, Fate.CHANGED, words))

    def added(self, where: str, words: str) -> None:
        """Say that something stands there that nobody wrote."""
        self._add(Note(where, Fate.ADDED, words))

    def _add(self, note: Note) -> None:
        if note not in self.found:
            self.found.append(note)


@dataclass(frozen=True, slots=True)
class Twin:
    """A body in the other dialect, and what is different in it."""

    body: Json
    notes: tuple[Note, ...]

    @property
    def is_lossless(self) -> bool:
        """Whether nothing was left out."""
        return all(note.fate is not Fate.LOST for note in self.notes)


class Unreadable(ValueError):
    """A body that is none of the dialect; `path` leads to the place."""

    def __init__(self, path: tuple[str | int, ...], words: str) -> None:
        super().__init__(words)
        self.path = path
        self.words = words


def place(path: tuple[str | int, ...]) -> str:
    """Write a path: messages[2].content."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")

"""Reads what /metrics answers, by the rules of its format."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (-?[0-9.e+-]+)")
PAIR = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
FIRST = ("model", "endpoint", "source", "outcome")  # the others as they are written

Values: TypeAlias = dict[tuple[str, ...], float]


class Told(NamedTuple):
    """One metric: its type, and a value for each set of labels, by their values."""

    kind: str
    values: Values


def told(text: str) -> dict[str, Told]:
    """Return every metric by its name."""
    found: dict[str, Told] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            found[name] = Told(kind, {})
        elif not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match, line
            labels = _labels(match[2] or "")
            assert labels not in found[match[1]].values, line
            found[match[1]].values[labels] = float(match[3])
    return found


def _labels(text: str) -> tuple[str, ...]:
    pairs = dict(PAIR.findall(text))
    names = [*FIRST, *(name for name in pairs if name not in FIRST)]
    return tuple(pairs[name] for name in names if name in pairs)

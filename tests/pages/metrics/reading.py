"""Reads what /metrics answers, by the rules of its format."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (-?[0-9.e+-]+)")
PAIR = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')

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
            labels = tuple(value for _, value in PAIR.findall(match[2] or ""))
            assert labels not in found[match[1]].values, line
            found[match[1]].values[labels] = float(match[3])
    return found

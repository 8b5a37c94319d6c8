"""The text format of Prometheus, version 0.0.4. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Kind(StrEnum):
    """How the values of a family move."""

    COUNTER = "counter"  # never down; its name ends with _total
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value, with its labels."""

    value: int | float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: all its values at one moment."""

    name: str
    kind: Kind
    help: str
    samples: tuple[Sample, ...] = ()


def exposition(families: Iterable[Family]) -> str:
    """Write families as text. Whole numbers stay whole, however large they are."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    for sample in family.samples:
        pairs = ",".join(
            f'{name}="{_quoted(value)}"' for name, value in sample.labels.items()
        )
        labels = f"{{{pairs}}}" if pairs else ""
        yield f"{family.name}{labels} {sample.value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')

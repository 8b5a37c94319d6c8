"""How sure the amounts of a range are: the sources they come from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.finance.usage.words import percent
from console.usage.report import Sums

SOURCES: Final = (  # name of the sums, badge, icon, words, look in the bar
    ("reported", "confirmed", "ok", "Reported by xAI", "f1"),
    ("computed", "computed", "sum", "Computed by us", "f2"),
    ("estimated", "estimated", "approx", "Estimated, the answer was cut", "f5"),
    ("adjusted", "adjusted", "pencil", "Entered by hand", "f4"),
)


@dataclass(frozen=True, slots=True)
class Sure:
    """How much of the spend comes from one source, and its place in the bar."""

    name: str
    kind: str  # of the badge
    icon: str
    words: str
    look: str
    share: str
    calls: int
    ticks: int
    x: str
    width: str


def certainty(total: Sums) -> list[Sure]:
    """Return the sources there are calls of, the surest first."""
    found, below = [], 0
    for name, kind, icon, words, look in SOURCES:
        calls = getattr(total, f"{name}_calls")
        ticks = getattr(total, f"{name}_ticks")
        if not calls and not ticks:
            continue
        x, width = (_part(one, total.cost_ticks) for one in (below, ticks))
        share = percent(ticks, total.cost_ticks)
        found.append(Sure(name, kind, icon, words, look, share, calls, ticks, x, width))
        below += ticks
    return found


def _part(ticks: int, whole: int) -> str:
    return f"{ticks * 1000 // whole / 10 if whole else 0:.1f}%"

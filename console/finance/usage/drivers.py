"""What moved the bill: the parts whose cost changed most, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from console.finance.usage.words import percent
from console.lib.dollars import signed_usd_sum
from console.usage.report import Part, Sums

SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class Driver:
    """One part and what it adds to, or takes from, the bill."""

    part: Part
    ticks: int  # more than in the period before
    why: str

    @property
    def words(self) -> str:
        """Write the difference with its sign."""
        return signed_usd_sum(self.ticks)


def drivers(parts: Iterable[Part]) -> list[Driver]:
    """Return the parts that moved most, the largest first."""
    moved = [
        Driver(part, part.sums.cost_ticks - part.sums.ticks_before, why(part.sums))
        for part in parts
        if not part.others and part.sums.cost_ticks != part.sums.ticks_before
    ]
    return sorted(moved, key=lambda one: (-abs(one.ticks), one.part.what or ""))[:SHOWN]


def why(sums: Sums) -> str:
    """Say whether there were more calls, or dearer ones; only of calls with a cost."""
    if not sums.calls_before:
        return "new"
    if not sums.calls:
        return "gone"
    now = sums.calls - sums.unknown_calls
    before = sums.calls_before - sums.unknown_before
    said = []
    if now != before and before > 0 and now > 0:
        more = "more" if now > before else "fewer"
        said.append(f"{percent(abs(now - before), before)} {more} calls")
    if now > 0 and before > 0 and sums.ticks_before > 0:
        # Per call: now / calls against before / calls_before, without a division.
        mine, theirs = sums.cost_ticks * before, sums.ticks_before * now
        if mine != theirs:
            dearer = "dearer" if mine > theirs else "cheaper"
            said.append(f"{percent(abs(mine - theirs), theirs)} {dearer} per call")
    return ", ".join(said) or "more of the calls have a known cost"

"""Shares, differences and sources of amounts, in a few words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from console.usage.report import Sums


@dataclass(frozen=True, slots=True)
class Delta:
    """How a sum stands to the one that it is compared with."""

    words: str
    icon: str = ""  # "up" or "down"; empty: no direction
    more: str = ""  # the direction, for those who hear it


@dataclass(frozen=True, slots=True)
class Source:
    """Where most of an amount comes from."""

    kind: str  # of the badge
    icon: str
    words: str
    title: str = ""


KINDS = (  # name of the sums, badge, words, icon
    ("reported", "confirmed", "confirmed", "ok"),
    ("computed", "computed", "computed", "sum"),
    ("estimated", "estimated", "estimated", "approx"),
    ("adjusted", "adjusted", "entered by hand", "pencil"),
)


def prompt_told(sums: Sums) -> int | None:
    """Return the tokens of the input; None if they were told of no call.

    Of the other kinds the sums do not know how many calls told them: there 0 may be
    none, or not told, which only single calls tell apart.
    """
    return sums.prompt_tokens if sums.calls > sums.untold_calls else None


def percent(part: int, whole: int) -> str:
    """Write a share of a sum, both 0 or above; a small one never as 0."""
    if not part or whole <= 0:
        return "0%"
    if 100 * part < whole:
        return "<1%"
    if 99 * whole < 100 * part < 100 * whole:  # not all of it
        return "99%"
    return f"{(200 * part + whole) // (2 * whole):,}%"  # a half is rounded up


def delta(now: int, before: int) -> Delta:
    """Compare two amounts."""
    if now == before:
        return Delta("the same" if now else "none")
    if not before:
        return Delta("new")
    if not now:
        return Delta("gone")
    up = now > before
    return Delta(
        percent(abs(now - before), before),
        "up" if up else "down",
        "more" if up else "less",
    )


def source_of(sums: Sums) -> Source:
    """Say how far an amount may be trusted; calls without a cost are said first."""
    if sums.unknown_calls:
        calls = "call" if sums.unknown_calls == 1 else "calls"
        return Source(
            "unknown", "unknown", f"{sums.unknown_calls:,} {calls} unknown",
            "Settled without a cost, so not in the amount",
        )  # fmt: skip
    if not sums.cost_ticks and not sums.adjusted_calls:
        return Source("confirmed", "ok", "nothing was charged")
    name, kind, words, icon = max(
        KINDS,
        key=lambda one: [getattr(sums, f"{one[0]}_{of}") for of in ("ticks", "calls")],
    )
    ticks = getattr(sums, f"{name}_ticks")
    if ticks == sums.cost_ticks:
        return Source(kind, icon, words)
    return Source(kind, icon, f"{percent(ticks, sums.cost_ticks)} {words}")

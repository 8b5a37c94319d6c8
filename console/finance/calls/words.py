"""What is said of a call: how it ended, and where its amount comes from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.lib.dollars import usd_given
from console.usage.budget_words import capital
from console.usage.models import (
    Adjustment,
    CostSource,
    Outcome,
    RecordState,
    UsageRecord,
)
from console.xai.errors import WORDS

PROBLEMS: Final = {cause.value: words for cause, words in WORDS.items()}


@dataclass(frozen=True, slots=True)
class Badge:
    """Where an amount comes from, as the design shows it."""

    kind: str  # its data-src
    icon: str
    words: str
    title: str  # why


BADGES: Final = {
    CostSource.REPORTED: Badge("confirmed", "ok", "confirmed", "xAI told this amount"),
    CostSource.COMPUTED: Badge(
        "computed", "calc", "computed", "tokens that xAI told, times the price"
    ),
    CostSource.ESTIMATED: Badge(
        "estimated",
        "approx",
        "estimated",
        "the answer was cut before xAI told its tokens, so Gatehouse counted them",
    ),
    CostSource.UNKNOWN: Badge(
        "unknown", "unknown", "unknown", "no price or no tokens were told"
    ),
    CostSource.ADJUSTED: Badge(
        "adjusted",
        "pencil",
        "by hand",
        "nothing could be booked, so an admin entered this amount",
    ),
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call stands or ended, in a word."""

    word: str
    tone: str  # "ok", "warn", "bad" or "off"
    icon: str


ENDINGS: Final = {
    Outcome.COMPLETE: Ending("complete", "ok", "ok"),
    Outcome.STOPPED: Ending("stopped", "off", "stop"),
    Outcome.LEFT: Ending("browser left", "off", "outside"),
    Outcome.CUT: Ending("cut off", "warn", "unreachable"),
    Outcome.REFUSED: Ending("refused", "bad", "rejected"),
    Outcome.LOST: Ending("lost", "bad", "warn"),
    Outcome.WITHDRAWN: Ending("ended", "warn", "lock"),
}
IN_FLIGHT: Final = Ending("in flight", "off", "bolt")
NOT_SENT: Final = Ending("nothing sent", "off", "minus")
SETTLED: Final = Ending("settled", "off", "check")


def badge_of(record: UsageRecord) -> Badge | None:
    """Return where the amount of a settled call comes from; None for the others."""
    source = record.counted_source
    return BADGES[CostSource(source)] if source else None


def ending_of(record: UsageRecord) -> Ending:
    """Return how a call stands."""
    if record.state == RecordState.OPEN:
        return IN_FLIGHT
    if record.state == RecordState.RELEASED:
        return NOT_SENT
    return ENDINGS[Outcome(record.outcome)] if record.outcome else SETTLED


def problem_of(record: UsageRecord) -> str:
    """Say what went wrong as a sentence begins; nothing if nothing did."""
    words = PROBLEMS.get(record.problem, record.problem)
    return words if words.startswith("xAI") else capital(words)


def entered(made: Adjustment) -> str:
    """Write what was entered by hand, exactly."""
    return usd_given(made.ticks) if made.ticks else "nothing"


def lasted(start: datetime | None, end: datetime | None) -> str:
    """Write the time between two moments; nothing if one is not known."""
    if start is None or end is None:
        return ""
    seconds = (end - start).total_seconds()
    if seconds < 0.1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"

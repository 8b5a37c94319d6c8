"""How much a fact may be trusted by its age."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum


class Freshness(StrEnum):
    """Fresh below 2 intervals, stale up to 6, unknown later or never."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"


def freshness(
    observed_at: datetime | None, *, interval: timedelta, now: datetime
) -> Freshness:
    """Judge a fact observed at `observed_at`, which is asked for every `interval`.

    Exactly 2 intervals is stale, exactly 6 is still stale.
    """
    if observed_at is None or now - observed_at > 6 * interval:
        return Freshness.UNKNOWN
    return Freshness.FRESH if now - observed_at < 2 * interval else Freshness.STALE

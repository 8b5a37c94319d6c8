"""How much a fact may be trusted by its age."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

STALE_FROM, UNKNOWN_FROM = 2, 6  # intervals


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
    if observed_at is None or observed_at < trusted_since(interval=interval, now=now):
        return Freshness.UNKNOWN
    fresh = now - observed_at < STALE_FROM * interval
    return Freshness.FRESH if fresh else Freshness.STALE


def trusted_since(*, interval: timedelta, now: datetime) -> datetime:
    """Return the earliest time a fact may have been observed at to be trusted."""
    return now - UNKNOWN_FROM * interval

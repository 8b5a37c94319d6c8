"""Signs of life: which part finished work when, and what to say of the poller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from console.polling.models import Pulse

SILENT_AFTER = timedelta(seconds=60)
BEAT, WORKER = "beat", "worker"

_BEAT = """
    INSERT INTO polling_pulse (part, at)
    SELECT part, statement_timestamp() FROM unnest(%(parts)s::text[]) AS part
    ON CONFLICT (part) DO UPDATE SET at = excluded.at
"""


@dataclass(frozen=True, slots=True)
class PollerLife:
    """Whether the poller works, judged by what it finished."""

    alive: bool
    last_at: datetime | None  # None: it never finished anything
    sentence: str


def beat(*parts: str) -> None:
    """Write down that these parts have just finished work."""
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, {"parts": list(parts)})


def last_beat(part: str) -> datetime | None:
    """Return when a part last finished work; None: never."""
    return Pulse.objects.filter(part=part).values_list("at", flat=True).first()


def poller_state(now: datetime) -> PollerLife:
    """Judge the poller by its last finished work. One query."""
    last_at = last_beat(WORKER)
    if last_at is None:
        return PollerLife(
            False, None, "The poller has not run yet, so nothing here is checked."
        )
    if now - last_at > SILENT_AFTER:
        since = f"{last_at:%d %b %Y %H:%M} UTC"
        return PollerLife(
            False,
            last_at,
            f"The poller has been silent since {since}; what is shown may be old.",
        )
    return PollerLife(True, last_at, "The poller is working.")

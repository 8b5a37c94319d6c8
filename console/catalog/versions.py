"""What one team is told over time: when a version goes on and when a new one begins.

    told the same, in time ............ the version goes on
    told something else ............... a new version; the change lies in the gap
    told the same after a long silence  a new version; nothing is known of the gap
    told again after it was missed .... a new version

Called by `observations`, for prices and facts alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.conf import settings

from console.catalog.models import FactsVersion, PriceVersion

Version = TypeVar("Version", PriceVersion, FactsVersion)


def longest_gap() -> timedelta:
    """Return how far apart two looks may be for the time between to count as seen.

    It is the time after which a price is shown as unknown.
    """
    return settings.XAI_POLL_MODELS_EVERY * 6


@dataclass(frozen=True, slots=True)
class Step(Generic[Version]):
    """A new version, and the one before it. `before` None: the first of its kind."""

    before: Version | None
    after: Version
    differs: bool  # in what was told, not only in time


def is_late(known: PriceVersion | FactsVersion | None, seen_at: datetime) -> bool:
    """Tell whether an answer is older than what is known."""
    if known is None:
        return False
    missing_at = getattr(known, "missing_at", None)
    return seen_at <= max(known.last_seen_at, missing_at or known.last_seen_at)


def goes_on(known: PriceVersion | FactsVersion, seen_at: datetime) -> bool:
    """Tell whether the time since the last look counts as seen."""
    if getattr(known, "missing_at", None) is not None:
        return False
    return seen_at - known.last_seen_at <= longest_gap()


def write(
    kind: type[Version],
    *,
    steps: Sequence[Step[Version]],
    same: Sequence[UUID],
    seen_at: datetime,
) -> None:
    """Append the new versions after their forerunners, and move on the others."""
    if old := [step.before.pk for step in steps if step.before is not None]:
        kind.objects.filter(pk__in=old).update(superseded_at=seen_at)
    if steps:
        kind.objects.bulk_create([step.after for step in steps])
    if same:
        kind.objects.filter(pk__in=same).update(last_seen_at=seen_at)


def merged(
    told: Mapping[str, Any], known: PriceVersion | FactsVersion | None
) -> dict[str, Any]:
    """Return what was told, with the last known value where nothing was."""
    return {
        field: getattr(known, field, None) if value is None else value
        for field, value in told.items()
    }

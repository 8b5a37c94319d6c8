"""Calls of unknown cost, and amounts that were entered for them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from console.accounts.models import User
from console.audit.actors import SYSTEM
from console.keys.models import ApiKey
from console.usage.adjusting import adjust
from console.usage.models import Adjustment, Outcome, UsageRecord
from tests.finance.told import call

CEILING = 700


def lost(person: User, key: ApiKey, **more: Any) -> UsageRecord:
    """Store a call whose process died, as the reaper leaves it."""
    known = {"ceiling_ticks": CEILING, "outcome": Outcome.LOST, **more}
    at = known.pop("at", timezone.now())
    made = call(person, key, at, known.pop("ticks", None), **known)
    (stored,) = UsageRecord.objects.bulk_create([made])
    return stored


def entered(record: UsageRecord, ticks: int, by: User, after: int = 0) -> Adjustment:
    """Enter what it cost, as an admin does."""
    return adjust(
        record=record, ticks=ticks, reason="invoice 7", after=after, by=by, actor=SYSTEM
    )

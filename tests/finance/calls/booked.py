"""Calls as the ledger leaves them, for tests of the pages of single calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from console.accounts.models import User
from console.keys.models import ApiKey
from console.usage.models import CostSource, Outcome, UsageRecord
from console.usage.rollup import roll_up
from tests.finance.told import call

TOKENS = {
    "prompt_tokens": 197,
    "cached_tokens": 192,
    "image_tokens": 0,
    "completion_tokens": 1,
    "reasoning_tokens": 146,
}
TICKS = 4_121_500  # what these come to at the prices of tests.keys.stored


def whole(person: User, key: ApiKey, at: datetime, **more: Any) -> UsageRecord:
    """Return a call that was answered whole, reported and computed alike; unsaved."""
    known = {
        **TOKENS,
        "outcome": Outcome.COMPLETE,
        "status": 200,
        "source": CostSource.REPORTED,
        "reported_ticks": TICKS,
        "computed_ticks": TICKS,
        "ceiling_ticks": 5_000_000,
        "upstream_request_id": "up-1",
    }
    ticks, asked = more.pop("ticks", TICKS), more.pop("model_asked", "grok-4.3")
    made = call(person, key, at, ticks, **{**known, **more})
    made.model_asked = asked
    return made


def booked(*calls: UsageRecord) -> list[UsageRecord]:
    """Store calls, and add them up."""
    stored = UsageRecord.objects.bulk_create(calls)
    roll_up()
    return stored

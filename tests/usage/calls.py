"""Calls of every kind, made for tests of sums and budgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from console.accounts.models import User
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey
from console.usage.models import (
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)
from tests.finance.told import call

KINDS: tuple[dict[str, Any], ...] = (
    {"ticks": 1_000, "prompt_tokens": 100, "cached_tokens": 40, "reasoning_tokens": 7},
    {"ticks": 2_500, "source": CostSource.COMPUTED, "completion_tokens": 30},
    {"ticks": None, "outcome": Outcome.LOST},
    {"ticks": 900, "reported_ticks": 900, "computed_ticks": 901, "image_tokens": 5},
    {"ticks": 0, "outcome": Outcome.REFUSED, "source": CostSource.COMPUTED},
    {"ticks": 10, "endpoint": Endpoint.TOKENIZE, "prompt_tokens": 12},
    {"ticks": None, "state": RecordState.OPEN, "settled_at": None, "source": ""},
    {"ticks": 0, "state": RecordState.RELEASED, "outcome": Outcome.REFUSED},
)


def stored_calls(
    times: Sequence[datetime],
    *,
    people: Sequence[User],
    keys: Sequence[ApiKey],
    models: Sequence[LanguageModel | None],
) -> list[UsageRecord]:
    """Store one call at each time, going around people, keys, models and kinds."""
    made = []
    for n, at in enumerate(times):
        kind = dict(KINDS[n % len(KINDS)])
        kind.setdefault("outcome", Outcome.COMPLETE)
        made.append(
            call(
                people[n % len(people)],
                keys[n // 2 % len(keys)],
                at,
                kind.pop("ticks"),
                model=models[n // 3 % len(models)],
                **kind,
            )
        )
    return UsageRecord.objects.bulk_create(made)


def every(step: timedelta, start: datetime, number: int) -> list[datetime]:
    """Return so many times, one after the other."""
    return [start + n * step for n in range(number)]

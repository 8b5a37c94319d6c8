"""Rows about one model over time, for tests of its page and of differences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from console.accounts.models import Team, User
from console.catalog.models import (
    CatalogChange,
    ChangeSight,
    FactsVersion,
    LanguageModel,
)
from console.keys.models import ApiKey
from console.usage.models import (
    ChangeEffect,
    Consumer,
    CostSource,
    Endpoint,
    RecordState,
    UsageRecord,
)
from console.usage.rollup import roll_up
from tests.keys.stored import stored_price
from tests.people import NOON

DAY = timedelta(days=1)


def days_ago(number: float) -> datetime:
    """Return a time before NOON."""
    return NOON - number * DAY


def told(
    model: LanguageModel, team: Team, first: float, last: float, **prices: Any
) -> Any:
    """Store what a team was told from `first` to `last` days before NOON."""
    return stored_price(
        model,
        team,
        first_seen_at=days_ago(first),
        last_seen_at=days_ago(last),
        **prices,
    )


def facts(
    model: LanguageModel, team: Team, first: float, last: float, **known: Any
) -> FactsVersion:
    """Store what a model was for a team; the newest one is the last that is stored."""
    before = FactsVersion.objects.filter(model=model, team=team, superseded_at=None)
    before.update(superseded_at=days_ago(first))
    values: dict[str, Any] = {
        "version": "1.0",
        "fingerprint": "fp_1",
        "aliases": ["latest"],
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "context_length": 1_000,
    }
    return FactsVersion.objects.create(
        model=model,
        team=team,
        first_seen_at=days_ago(first),
        last_seen_at=days_ago(last),
        **{**values, **known},
    )


def changed(
    model: LanguageModel, *teams: Team, ago: float = 3, **values: Any
) -> CatalogChange:
    """Store a change that these teams saw, each an hour after the one before."""
    known: dict[str, Any] = {
        "kind": "price",
        "before": {"completion_text_token_price": 15_000},
        "after": {"completion_text_token_price": 18_000},
    }
    change = CatalogChange.objects.create(
        model=model,
        first_seen_at=days_ago(ago),
        last_joined_at=days_ago(ago),
        **{**known, **values},
    )
    ChangeSight.objects.bulk_create(
        ChangeSight(
            change=change, team=team, seen_at=days_ago(ago) + n * timedelta(hours=1)
        )
        for n, team in enumerate(teams)
    )
    return change


def effect(change: CatalogChange, team: Team, ticks: int, **more: int) -> ChangeEffect:
    """Store what a change would have cost a team."""
    known = {"calls": 3, "unknown_calls": 0, **more}
    return ChangeEffect.objects.create(
        change=change, team=team, ticks=ticks, until=NOON, **known
    )


def stored_calls(records: Iterable[UsageRecord]) -> list[UsageRecord]:
    """Store calls, and add them up as the worker does each minute."""
    made = UsageRecord.objects.bulk_create(records)
    roll_up()
    return made


def call(
    person: User, key: ApiKey, at: datetime, ticks: int | None = 10**9, **more: Any
) -> UsageRecord:
    """Return a settled call that is not stored yet."""
    consumer, _ = Consumer.objects.get_or_create(person=person)
    known: dict[str, Any] = {
        "endpoint": Endpoint.CHAT,
        "state": RecordState.SETTLED,
        "source": CostSource.REPORTED if ticks is not None else CostSource.UNKNOWN,
        "settled_at": at,
    }
    return UsageRecord(
        consumer=consumer,
        team_id=key.team_id,
        key=key,
        model_asked="grok-4.3",
        opened_at=at,
        cost_ticks=ticks,
        **{**known, **more},
    )

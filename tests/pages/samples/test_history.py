"""The sample history as it is stored, and the first real poll after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from console import vault
from console.alerts import incidents
from console.alerts.models import Incident
from console.audit.models import Entry
from console.catalog.models import (
    CatalogChange,
    ChangeSight,
    FactsVersion,
    LanguageModel,
    PriceVersion,
)
from console.keys.models import (
    ApiKey,
    KeyChange,
    KeyModel,
    KeySnapshot,
    KeyState,
    StateSpan,
)
from console.pages import tryout as tryout_mode
from console.polling import fetching, poller, schedule
from console.usage.models import ChangeEffect, UsageRecord
from tests.sandbox.conftest import Sandbox

pytestmark = pytest.mark.django_db
MOST_QUERIES = 2_450
# What a look moves on although it brings nothing new.
MOVING = {"last_seen_at", "checked_at", "verified_at", "models_checked_at", "problem"}
MOVING |= {"failures", "refused_at", "assess_due_at", "raw"}
TOLD = (
    ApiKey,
    CatalogChange,
    ChangeEffect,
    ChangeSight,
    FactsVersion,
    Incident,
    KeyChange,
    KeyModel,
    KeySnapshot,
    LanguageModel,
    PriceVersion,
    StateSpan,
    UsageRecord,
)


@pytest.fixture
def filled(tryout: Sandbox) -> Sandbox:
    """A database as the first start of try-out mode leaves it."""
    vault.ensure_kek()
    tryout_mode.prepare()
    return tryout


@pytest.fixture
def loop() -> Iterator[None]:
    """Leave no connection of the poller behind."""
    yield
    fetching.close_background()


def stored() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of the story but for what every look moves."""
    return {
        kind.__name__: [
            {name: value for name, value in row.items() if name not in MOVING}
            for row in _rows(kind)
        ]
        for kind in TOLD
    }


def _rows(kind: type[models.Model]) -> list[dict[str, Any]]:
    return [*kind._default_manager.order_by("pk").values()]


def test_the_first_poll_changes_nothing(filled: Sandbox, loop: None) -> None:
    before, entries = stored(), Entry.objects.count()
    schedule.fill()

    assert poller.poll_due() == 2 * ApiKey.objects.count()

    assert stored() == before
    assert incidents.sweep() == incidents.Settled()
    assert Entry.objects.count() == entries
    checked = ApiKey.objects.filter(state=KeyState.ACTIVE)
    assert all(key.verified_at and key.verified_at > key.created_at for key in checked)


def test_it_takes_a_bounded_number_of_queries_and_rows_once(
    tryout: Sandbox,
) -> None:
    vault.ensure_kek()

    with CaptureQueriesContext(connection) as queries:
        tryout_mode.prepare()

    assert len(queries) <= MOST_QUERIES
    assert sum(len(rows) for rows in stored().values()) < 1_000
    assert 100 <= UsageRecord.objects.count() <= 400

    before = stored()
    with CaptureQueriesContext(connection) as later:
        tryout_mode.prepare()
    assert stored() == before
    assert len(later) == 1

"""Rows of the first version, brought to this one by the migrations.

All tests look at one such database, since the way back and forth takes long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps
from pytest_django import DjangoDbBlocker

from console.keys.models import ApiKey, KeyChange, KeySnapshot, StateSpan
from console.usage import ids
from console.usage.models import TouchedSlot, UsageRecord
from tests.people import NOON

pytestmark = pytest.mark.django_db
FIRST = [("keys", "0001_initial")]
DAY = timedelta(days=1)
ORIGINS = (
    ("acls", "outside"),
    ("api_key_disabled", "outside"),
    ("modify_time", "outside"),
    ("team_blocked", "xai"),
    ("api_key_blocked", "xai"),
    ("state", "observed"),
)


@dataclass(frozen=True, slots=True)
class Old:
    """Rows that were stored by the first version."""

    changes: dict[int, tuple[Any, str]]  # the team and the origin they must get
    active: Any
    answered: Any
    raw: dict[str, int]
    called: UUID  # a call, by an id that says nothing of its time


@pytest.fixture(scope="module")
def old(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Old]:
    """Put the tables of keys back, store rows, and come forward again."""
    with django_db_blocker.unblock():
        first = MigrationExecutor(connection).migrate(FIRST).apps
        try:
            stored = _store(first)
        finally:
            executor = MigrationExecutor(connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
    yield stored
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE refers")
        call_command("flush", verbosity=0, interactive=False)


def _store(first: StateApps) -> Old:
    search, desk = (
        first.get_model("accounts", "Team").objects.create(name=name)
        for name in ("Search", "Desk")
    )
    ours, theirs = _key(first, search, "ours"), _key(first, desk, "theirs")
    changes = {
        _change(first, key, field): (team.pk, origin)
        for key, team in ((ours, search), (theirs, desk))
        for field, origin in ORIGINS
    }
    since = NOON - 3 * DAY
    active = _key(first, search, "active", state="active", state_since=since)
    gone = {"state": "rejected", "state_since": since, "removed_at": NOON}
    _key(first, search, "removed", **gone)
    raw = {"newer_field": 1}
    answered = _key(first, search, "answered", raw=raw)
    for at in (NOON - DAY, NOON):
        _snapshot(first, answered, at)
    return Old(changes, active, answered, raw, _call(first, ours, search))


def _call(first: StateApps, key: Any, team: Any) -> UUID:
    """Store a call of a year ago, and a row of some table that refers to it."""
    person = first.get_model("accounts", "User").objects.create(username="sam")
    consumer = first.get_model("usage", "Consumer").objects.create(person=person)
    model: Any = first.get_model("usage", "UsageRecord")
    made = model.objects.create(
        consumer=consumer,
        team=team,
        key=key,
        endpoint="chat",
        state="settled",
        opened_at=NOON - 365 * DAY,
        settled_at=NOON - 365 * DAY,
        source="reported",
        cost_ticks=5,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE refers (record_id uuid REFERENCES usage_usagerecord (id))"
        )
        cursor.execute("INSERT INTO refers VALUES (%s)", [made.pk])
    return UUID(str(made.pk))


def _key(first: StateApps, team: Any, label: str, **facts: Any) -> Any:
    known = {"host": "xai", "last_four": "x9Qf", "fingerprint": label.encode()}
    model: Any = first.get_model("keys", "ApiKey")
    return model.objects.create(team=team, label=label, **{**known, **facts})


def _change(first: StateApps, key: Any, field: str) -> int:
    model: Any = first.get_model("keys", "KeyChange")
    return int(model.objects.create(key=key, field=field, gap_until=NOON).pk)


def _snapshot(first: StateApps, key: Any, at: datetime) -> None:
    model: Any = first.get_model("keys", "KeySnapshot")
    model.objects.create(
        key=key, first_seen_at=at, last_seen_at=at, facts={}, raw={"name": "known"}
    )


def test_changes_get_their_team_and_whose_doing_they_were(old: Old) -> None:
    found = KeyChange.objects.values_list("pk", "team_id", "origin", "review")

    assert {pk: (team, origin) for pk, team, origin, _ in found} == old.changes
    # What happened before anybody was asked is not asked about now.
    assert {review for *_, review in found} == {"none"}


def test_a_call_gets_an_id_of_its_time_and_is_added_up(old: Old) -> None:
    record = UsageRecord.objects.get()

    assert (record.opened_at, record.cost_ticks) == (NOON - 365 * DAY, 5)
    assert record.pk != old.called
    assert ids.first_id(record.opened_at) < record.pk
    assert record.pk < ids.first_id(record.opened_at + ids.MILLISECOND)
    with connection.cursor() as cursor:
        cursor.execute("SELECT record_id FROM refers")
        assert cursor.fetchall() == [(record.pk,)]
    assert TouchedSlot.objects.get().slot_starts_at == record.opened_at


def test_the_present_state_of_each_key_becomes_its_first_span(old: Old) -> None:
    span = StateSpan.objects.get()

    assert (span.key_id, span.state) == (old.active.pk, "active")
    assert (span.starts_at, span.ends_at) == (NOON - 3 * DAY, None)


def test_the_newest_answer_moves_to_the_newest_snapshot(old: Old) -> None:
    kept = KeySnapshot.objects.filter(key=old.answered.pk).order_by("first_seen_at")

    assert list(kept.values_list("raw", flat=True)) == [{"name": "known"}, old.raw]


def test_every_key_is_due_to_be_assessed(old: Old) -> None:
    stored = ApiKey.objects.all()

    assert len(stored) == 5
    assert None not in {one.assess_due_at for one in stored}
    told = {(one.outside_changes, *one.finding_kinds, *one.tags) for one in stored}
    assert told == {(0,)}

"""Rows of the first version, brought to this one by the migrations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps

from console.keys.models import ApiKey, KeyChange, KeySnapshot, StateSpan
from tests.people import NOON

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = [("keys", "0001_initial")]
DAY = timedelta(days=1)


@pytest.fixture
def first_version() -> Iterator[StateApps]:
    """Put the tables of keys back; forward again, whatever a test did."""
    executor = MigrationExecutor(connection)
    yield executor.migrate(FIRST).apps
    forward()


def forward() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def old_key(old: StateApps, team: Any, label: str, **facts: Any) -> Any:
    known = {"host": "xai", "last_four": "x9Qf", "fingerprint": label.encode()}
    model: Any = old.get_model("keys", "ApiKey")
    return model.objects.create(team=team, label=label, **{**known, **facts})


def old_change(old: StateApps, key: Any, field: str, until: datetime) -> int:
    model: Any = old.get_model("keys", "KeyChange")
    return int(model.objects.create(key=key, field=field, gap_until=until).pk)


def test_changes_get_their_team_and_whose_doing_they_were(
    first_version: StateApps,
) -> None:
    teams: Any = first_version.get_model("accounts", "Team")
    search, desk = (teams.objects.create(name=name) for name in ("Search", "Desk"))
    ours = old_key(first_version, search, "ours")
    theirs = old_key(first_version, desk, "theirs")
    expected = {
        old_change(first_version, key, field, NOON): (team.pk, origin)
        for key, team in ((ours, search), (theirs, desk))
        for field, origin in (
            ("acls", "outside"),
            ("api_key_disabled", "outside"),
            ("modify_time", "outside"),
            ("team_blocked", "xai"),
            ("api_key_blocked", "xai"),
            ("state", "observed"),
        )
    }

    forward()

    found = KeyChange.objects.values_list("pk", "team_id", "origin", "review")
    assert {pk: (team, origin) for pk, team, origin, _ in found} == expected
    # What happened before anybody was asked is not asked about now.
    assert {review for *_, review in found} == {"none"}


def test_the_present_state_of_each_key_becomes_its_first_span(
    first_version: StateApps,
) -> None:
    team: Any = first_version.get_model("accounts", "Team")
    search = team.objects.create(name="Search")
    since = NOON - 3 * DAY
    known = old_key(first_version, search, "known", state="active", state_since=since)
    old_key(first_version, search, "new")
    old_key(
        first_version, search, "removed", state="rejected", state_since=since,
        removed_at=NOON,
    )  # fmt: skip

    forward()

    span = StateSpan.objects.get()
    assert (span.key_id, span.state) == (known.pk, "active")
    assert (span.starts_at, span.ends_at) == (since, None)


def test_the_newest_answer_moves_to_the_newest_snapshot(
    first_version: StateApps,
) -> None:
    team: Any = first_version.get_model("accounts", "Team")
    raw = {"newer_field": 1}
    key = old_key(first_version, team.objects.create(name="Search"), "known", raw=raw)
    snapshots: Any = first_version.get_model("keys", "KeySnapshot")
    for at in (NOON - DAY, NOON):
        snapshots.objects.create(
            key=key, first_seen_at=at, last_seen_at=at, facts={}, raw={"name": "known"}
        )

    forward()

    kept = KeySnapshot.objects.order_by("first_seen_at").values_list("raw", flat=True)
    assert list(kept) == [{"name": "known"}, raw]


def test_every_key_is_due_to_be_assessed(first_version: StateApps) -> None:
    team: Any = first_version.get_model("accounts", "Team")
    old_key(first_version, team.objects.create(name="Search"), "known")

    forward()

    stored = ApiKey.objects.get()
    assert stored.assess_due_at is not None
    assert (stored.outside_changes, stored.finding_kinds, stored.tags) == (0, [], [])

"""Acts that could be repeated without end become one entry per actor."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.audit import tallies, tasks
from console.audit.actors import STRANGER, SYSTEM, Actor
from console.audit.models import ActorKind, Entry, Tally

pytestmark = pytest.mark.django_db
ADA = Actor(ActorKind.PERSON, "17", "ada", "192.0.2.7")


def denied(actor: Actor = ADA, what: str = "keys:add") -> None:
    """Count one denial."""
    tallies.count(action="access.denied", actor=actor, what=what, outcome="refused")


def minutes_pass(number: int = 2) -> None:
    """Move everything counted into the past."""
    Tally.objects.update(minute=F("minute") - timedelta(minutes=number))


def test_a_minute_that_is_not_over_waits() -> None:
    denied()

    assert tallies.write_past() == 0
    assert Entry.objects.count() == 0
    assert Tally.objects.count() == 1


def test_a_thousand_denials_are_one_entry() -> None:
    for number in range(1000):
        denied(what=f"keys:{'add' if number % 2 else 'edit'}")
    minutes_pass()

    tasks.tally()

    entry = Entry.objects.get()
    assert (entry.action, entry.outcome) == ("access.denied", "refused")
    assert (entry.actor_name, entry.address) == ("ada", "192.0.2.7")
    assert entry.detail["count"] == 1000
    assert entry.detail["what"] == ["keys:add", "keys:edit"]
    assert Tally.objects.count() == 0


def test_one_entry_per_actor() -> None:
    denied()
    denied(STRANGER)
    denied(STRANGER)
    minutes_pass()

    assert tallies.write_past() == 2

    counts = Entry.objects.values_list("actor_name", "detail__count")
    assert dict(counts) == {"ada": 1, "somebody not signed in": 2}


def test_minutes_that_waited_together_are_one_entry() -> None:
    denied(what="keys:add")
    minutes_pass(5)
    denied(what="keys:edit")
    minutes_pass(1)

    assert tallies.write_past() == 1

    detail = Entry.objects.get().detail
    assert (detail["count"], detail["what"]) == (2, ["keys:add", "keys:edit"])
    assert detail["from"] < detail["until"]


def test_names_are_bounded() -> None:
    for number in range(tallies.MOST_NAMES + 5):
        denied(what=f"view:{number}")

    tally = Tally.objects.get()
    assert (tally.count, len(tally.what)) == (25, tallies.MOST_NAMES)


def test_counting_is_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        denied()


def test_writing_twice_writes_once() -> None:
    denied()
    minutes_pass()

    assert (tallies.write_past(), tallies.write_past()) == (1, 0)


def test_all_waits_for_an_open_vault_and_that_is_told(
    settings: Settings, tmp_path: Path
) -> None:
    kek = settings.KEK_FILE
    denied()
    minutes_pass()
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()
    assert tallies.write_past() == 0
    assert Entry.objects.count() == 0
    minutes_pass()

    settings.KEK_FILE = kek
    vault.forget()
    assert tallies.write_past() == 2

    opened = Entry.objects.get(action="vault.opened")
    assert (opened.actor_name, opened.detail["what"]) == (SYSTEM.name, ["missing"])
    assert Entry.objects.filter(action="access.denied").exists()

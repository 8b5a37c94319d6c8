"""The result of a verification is kept in the trail, and owed once a night."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.audit import selfcheck, tasks, trail
from console.audit.actors import SYSTEM, command
from console.audit.models import Entry
from tests.audit.owner import as_owner
from tests.people import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_anchors(settings: Settings) -> None:
    """Let the chain stand for itself here."""
    settings.AUDIT_ANCHORS = None


def act() -> Entry:
    """Write one entry."""
    return trail.record(action="key.added", actor=SYSTEM)


def test_a_result_is_an_entry() -> None:
    act()

    result = selfcheck.verify(actor=command("audit verify"))

    entry = Entry.objects.get(seq=2)
    assert (entry.action, entry.outcome) == ("audit.verified", "done")
    assert entry.detail == {
        "entries": 1,
        "broken_at": None,
        "reason": "",
        "anchors": 0,
        "unreadable": 0,
    }
    kept = selfcheck.newest()
    assert kept is not None
    assert (kept.result, kept.seq, kept.by) == (result, 2, "manage.py audit verify")


def test_a_broken_chain_is_recorded_as_one() -> None:
    act()
    act()
    as_owner("UPDATE audit_entry SET action = 'other' WHERE seq = 1")

    result = selfcheck.verify(actor=SYSTEM)

    assert result.sentence == (
        "The chain is broken: entry 1 was changed after it was written."
    )
    assert Entry.objects.get(seq=3).outcome == "broken"
    kept = selfcheck.newest()
    assert kept is not None
    assert kept.result == result


def test_a_result_that_was_edited_is_not_believed() -> None:
    act()
    act()
    as_owner("DELETE FROM audit_entry WHERE seq = 1")
    selfcheck.verify(actor=SYSTEM)
    as_owner(
        "UPDATE audit_entry SET outcome = 'done', "
        """detail = detail || '{"broken_at": null, "reason": ""}' WHERE seq = 3"""
    )

    kept = selfcheck.newest()

    assert kept is not None
    assert not kept.result.sound
    assert kept.result.broken_at == 3


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        pytest.param(None, NOON, True, id="never"),
        pytest.param(NOON - timedelta(hours=8), NOON, False, id="this night"),
        pytest.param(NOON - timedelta(hours=10), NOON, True, id="before this night"),
        pytest.param(
            NOON, NOON + timedelta(hours=14, minutes=59), False, id="before the next"
        ),
        pytest.param(NOON, NOON + timedelta(hours=15), True, id="in the next"),
    ],
)
def test_is_owed_once_a_night(last: datetime | None, now: datetime, due: bool) -> None:
    if last:
        selfcheck.verify(actor=SYSTEM)
        as_owner(f"UPDATE audit_entry SET at = '{last.isoformat()}'")

    assert selfcheck.is_due(now) is due


def test_the_task_verifies_when_owed_and_not_again() -> None:
    act()

    tasks.verify()
    tasks.verify()

    assert Entry.objects.filter(action="audit.verified").count() == 1


def test_the_task_tells_the_log_of_a_broken_chain(
    caplog: pytest.LogCaptureFixture,
) -> None:
    act()
    act()
    as_owner("DELETE FROM audit_entry WHERE seq = 1")

    tasks.verify()

    assert "The chain is broken: entry 1 is missing" in caplog.text


def test_the_task_waits_for_an_open_vault(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    act()
    selfcheck.verify(actor=SYSTEM)
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()

    tasks.verify()

    assert "was not verified: The vault is sealed" in caplog.text


def test_one_verification_at_a_time() -> None:
    act()
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"], dbname=database["NAME"], user=database["USER"]
    ) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [selfcheck.VERIFY_LOCK])

        with pytest.raises(selfcheck.Busy):
            selfcheck.verify(actor=SYSTEM)


def test_the_task_of_anchors_writes_them_or_tells_why_not(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    act()
    settings.AUDIT_ANCHORS = tmp_path / "anchors"

    with caplog.at_level(logging.INFO):
        tasks.anchor()
        settings.AUDIT_ANCHORS = tmp_path
        tasks.anchor()

    assert (tmp_path / "anchors").read_text().count("\n") == 1
    assert "no audit anchor" in caplog.text


def test_times_are_those_of_the_trail() -> None:
    selfcheck.verify(actor=SYSTEM)

    kept = selfcheck.newest()

    assert kept is not None
    assert timezone.now() - kept.at < timedelta(minutes=1)

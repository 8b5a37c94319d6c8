"""Heads noted outside the database: when, how, and what they find."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from console.audit import anchors, chain, selfcheck, trail
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from tests.audit.owner import as_owner
from tests.people import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    """The file of anchors, not made yet."""
    settings.AUDIT_ANCHORS = tmp_path / "deep" / "anchors.jsonl"
    return tmp_path / "deep" / "anchors.jsonl"


def acts(number: int) -> None:
    """Write some entries."""
    for _ in range(number):
        trail.record(action="key.added", actor=SYSTEM)


def rebuild(number: int) -> None:
    """Write a tail anew, as somebody with the audit key could."""
    as_owner("DELETE FROM audit_entry WHERE seq > 2")
    acts(number)


def anchored(file: Path, *numbers: int) -> None:
    """Write so many entries and an anchor, over and over."""
    for step, number in enumerate(numbers):
        acts(number)
        assert anchors.write_due(now=NOON + step * anchors.EVERY)


class TestWriting:
    def test_an_empty_trail_has_nothing_to_note(self, file: Path) -> None:
        assert anchors.write_due(now=NOON) is None
        assert not file.exists()

    def test_one_line_of_json_for_nobody_else_to_read(
        self, file: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        acts(3)

        with caplog.at_level(logging.INFO, "console.audit.anchors"):
            anchors.write_due(now=NOON)

        (line,) = file.read_text().splitlines()
        head = chain.head()
        assert head is not None
        assert json.loads(line) == {
            "at": "2026-06-20T12:00:00+00:00",
            "seq": 3,
            "mac": head.mac.hex(),
        }
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert line in caplog.text

    @pytest.mark.parametrize(
        ("entries", "later", "due"),
        [
            pytest.param(0, timedelta(hours=1), False, id="nothing new"),
            pytest.param(1, timedelta(minutes=4), False, id="too soon"),
            pytest.param(1, timedelta(minutes=5), True, id="five minutes"),
            pytest.param(99, timedelta(seconds=9), False, id="99 entries"),
            pytest.param(100, timedelta(seconds=9), True, id="100 entries"),
        ],
    )
    @pytest.mark.parametrize("kept", ["in a file", "in the log alone"])
    def test_is_due_after_five_minutes_or_a_hundred_entries(
        self,
        file: Path,
        settings: Settings,
        kept: str,
        entries: int,
        later: timedelta,
        due: bool,
    ) -> None:
        settings.AUDIT_ANCHORS = file if kept == "in a file" else None
        anchored(file, 1)
        acts(entries)

        assert (anchors.write_due(now=NOON + later) is not None) is due
        assert file.exists() is (kept == "in a file")

    def test_a_torn_line_is_closed_and_never_read(self, file: Path) -> None:
        anchored(file, 1)
        with file.open("a") as stream:
            stream.write('{"at":"2026-06-20T12:0')

        acts(1)
        anchors.write_due(now=NOON + anchors.EVERY)

        found = anchors.read(file)
        assert [anchor.seq for anchor in found.anchors] == [1, 2]
        assert found.unreadable == ()
        assert selfcheck.verify(actor=SYSTEM).sound

    def test_a_place_that_cannot_be_written_is_told(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        settings.AUDIT_ANCHORS = tmp_path
        acts(1)

        with pytest.raises(anchors.Unwritable, match="cannot be written: Is a dir"):
            anchors.write_due(now=NOON)
        with pytest.raises(anchors.Unwritable, match="cannot be read: Is a dir"):
            selfcheck.verify(actor=SYSTEM)

    def test_a_cut_trail_is_told_at_the_next_anchor(
        self, file: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        anchored(file, 3)
        as_owner("DELETE FROM audit_entry WHERE seq > 1")

        assert anchors.write_due(now=NOON + anchors.EVERY) is None

        assert "has not the entry of its anchor" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_write_one_line(file: Path) -> None:
    with transaction.atomic():
        acts(5)

    def ring(number: int) -> bool:
        try:
            return anchors.write_due(now=NOON) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        written = sum(pool.map(ring, range(16)))

    assert written == 1
    assert len(file.read_text().splitlines()) == 1


class TestFinding:
    """What the walk finds only with the anchors; each test is the owner's attack."""

    def test_an_untouched_trail_fits(self, file: Path) -> None:
        anchored(file, 3, 4)
        acts(2)

        result = selfcheck.verify(actor=SYSTEM)

        assert result.sentence == "All 9 entries follow in order and fit 2 anchors."

    @pytest.mark.parametrize(
        ("attack", "broken_at", "reason"),
        [
            pytest.param(
                lambda: as_owner("DELETE FROM audit_entry WHERE seq > 5"),
                6,
                "is missing: the end was cut off, as noted by the anchor of "
                "20 Jun 2026, 12:05 UTC",
                id="a cut tail",
            ),
            pytest.param(
                lambda: as_owner("DELETE FROM audit_entry"),
                1,
                "is missing: the end was cut off, as noted by the anchor of "
                "20 Jun 2026, 12:00 UTC",
                id="everything removed",
            ),
            pytest.param(
                lambda: rebuild(9),
                3,
                "is not the entry noted by the anchor of 20 Jun 2026, 12:00 UTC",
                id="rebuilt with the right key",
            ),
        ],
    )
    def test_finds(
        self, file: Path, attack: Callable[[], None], broken_at: int, reason: str
    ) -> None:
        anchored(file, 3, 4)

        attack()
        result = selfcheck.verify(actor=SYSTEM)

        assert (result.broken_at, result.reason) == (broken_at, reason)

    def test_a_shorter_file_still_finds_what_lies_before_its_end(
        self, file: Path
    ) -> None:
        anchored(file, 3, 4, 2)
        first, *_ = file.read_text().splitlines(keepends=True)
        file.write_text(first)

        assert selfcheck.verify(actor=SYSTEM).sound
        as_owner("DELETE FROM audit_entry WHERE seq > 2")

        assert selfcheck.verify(actor=SYSTEM).broken_at == 3

    def test_a_torn_last_line_says_nothing(self, file: Path) -> None:
        anchored(file, 3, 4)
        file.write_text(file.read_text()[:-20])

        result = selfcheck.verify(actor=SYSTEM)

        assert (result.sound, result.anchors) == (True, 1)

    @pytest.mark.parametrize(
        ("before", "after", "broken_at"),
        [
            pytest.param('"seq":3', '"seq":2', 2, id="another place"),
            pytest.param('"seq":3', '"seq":300', 8, id="a place that never was"),
            pytest.param('"mac":"', '"mac":"00', None, id="a longer mac"),
            pytest.param('"seq":3', '"seq":-3', None, id="no place"),
            pytest.param("{", "[", None, id="no JSON"),
            pytest.param("+00:00", "", None, id="a time without a zone"),
        ],
    )
    def test_a_changed_line_is_found(
        self, file: Path, before: str, after: str, broken_at: int | None
    ) -> None:
        anchored(file, 3, 4)
        file.write_text(file.read_text().replace(before, after, 1))

        result = selfcheck.verify(actor=SYSTEM)

        assert not result.sound
        assert result.broken_at == broken_at
        assert result.unreadable == (broken_at is None)
        if broken_at is None:
            assert "1 of its lines cannot be read" in result.sentence

    def test_a_changed_mac_is_found(self, file: Path) -> None:
        anchored(file, 3, 4)
        mac = bytes(Entry.objects.get(seq=3).mac).hex()
        file.write_text(file.read_text().replace(mac, mac[::-1]))

        assert selfcheck.verify(actor=SYSTEM).broken_at == 3

    def test_without_any_file_the_chain_stands_for_itself(self, file: Path) -> None:
        acts(3)

        assert selfcheck.verify(actor=SYSTEM).anchors == 0

"""`manage.py audit`, as an operator types it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from console import vault
from console.audit import chain, trail
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from tests.audit.owner import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    """The file of anchors of the settings."""
    settings.AUDIT_ANCHORS = tmp_path / "anchors.jsonl"
    return tmp_path / "anchors.jsonl"


@pytest.fixture(autouse=True)
def five_acts() -> None:
    """The trail that is looked at."""
    for _ in range(5):
        trail.record(action="key.added", actor=SYSTEM)


def audit(*arguments: str) -> tuple[int, str]:
    """Run the command; return its exit status and what it printed."""
    out = StringIO()
    try:
        call_command("audit", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_sound_trail_ends_with_0() -> None:
    assert audit("verify") == (
        0,
        "All 5 entries follow in order and fit 0 anchors.\n",
    )
    assert Entry.objects.latest("seq").actor_name == "manage.py audit verify"


def test_a_broken_trail_ends_with_1_and_says_where_and_why() -> None:
    as_owner("UPDATE audit_entry SET detail = '{\"a\": 1}' WHERE seq = 3")

    assert audit("verify") == (
        1,
        "The chain is broken: entry 3 was changed after it was written.\n",
    )


def test_a_head_noted_before_finds_a_cut_end() -> None:
    _, noted = audit("head")
    assert audit("verify", "--expect", noted.strip())[0] == 0
    as_owner("DELETE FROM audit_entry WHERE seq > 4")

    status, said = audit("verify", "--expect", noted.strip())

    assert status == 1
    assert "entry 5 is missing" in said or "is not the entry noted" in said
    assert "noted by --expect 5" in said


def test_the_short_mark_of_the_page_does_too() -> None:
    head = chain.head()
    assert head is not None
    mark = head.mac[:4].hex()

    assert audit("verify", "--expect", f"5:{mark.upper()}")[0] == 0
    assert audit("verify", "--expect", "5:00000000", "--expect", f"5:{mark}")[0] == 1


@pytest.mark.parametrize("text", ["5", "5:abc", "0:" + "a" * 64, "x:" + "a" * 8, "5:"])
def test_a_note_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="--expect takes SEQ:MAC"):
        audit("verify", "--expect", text)


def test_anchors_are_noted_when_due_and_found_again(file: Path) -> None:
    status, line = audit("anchor")
    assert (status, line) == (0, file.read_text())
    assert audit("anchor") == (0, f"Nothing is due: {file} has the newest anchor.\n")

    as_owner("DELETE FROM audit_entry WHERE seq > 4")

    status, said = audit("verify")
    assert status == 1
    assert "entry 5 is missing: the end was cut off, as noted by the anchor" in said


def test_a_file_of_anchors_from_elsewhere_can_be_named(
    file: Path, tmp_path: Path
) -> None:
    audit("anchor")
    elsewhere = file.rename(tmp_path / "elsewhere")
    as_owner("DELETE FROM audit_entry WHERE seq > 4")
    assert audit("verify")[0] == 0

    assert audit("verify", "--anchors", str(elsewhere))[0] == 1
    with pytest.raises(CommandError, match="does not exist"):
        audit("verify", "--anchors", str(tmp_path / "nowhere"))


def test_anchors_can_go_to_the_log_alone(settings: Settings) -> None:
    settings.AUDIT_ANCHORS = None

    assert audit("anchor")[1].startswith('{"at":')
    assert audit("anchor")[1] == "Nothing is due: the log has the newest anchor.\n"


def test_an_empty_trail_has_no_head() -> None:
    as_owner("DELETE FROM audit_entry")

    with pytest.raises(CommandError, match="no entry yet"):
        audit("head")


def test_a_sealed_vault_cannot_verify(settings: Settings, tmp_path: Path) -> None:
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()

    with pytest.raises(CommandError, match="The vault is sealed"):
        audit("verify")


def test_a_file_that_cannot_be_written_is_told(
    settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_ANCHORS = tmp_path

    with pytest.raises(CommandError, match="cannot be written"):
        audit("anchor")

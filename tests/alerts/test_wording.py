"""What incidents are called, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from console.alerts import wording
from console.alerts.causes import KINDS
from console.alerts.models import IncidentKind
from console.keys.models import ApiKey, KeyChange


def at(hour: int, minute: int, day: int = 16) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def change(field: str = "acls", **facts: object) -> KeyChange:
    known = {
        "before": ["api-key:model:grok-4.3"],
        "after": ["api-key:model:*"],
        "gap_from": at(12, 10),
        "gap_until": at(12, 15),
        "modified_by": "3d38b4dc",
    }
    return KeyChange(
        key_id=UUID(int=1), team_id=UUID(int=2), field=field, **{**known, **facts}
    )


@pytest.mark.parametrize(
    "kind", [*KINDS.values(), IncidentKind.IDENTITY], ids=lambda kind: str(kind)
)
def test_a_key_is_named_and_so_is_who_owns_it(kind: IncidentKind) -> None:
    key = ApiKey(label="platform-ci", owner="Priya Nair", mistaken_for="b0b5")

    title, sentence = wording.of_key(kind, key)

    assert "platform-ci" in title
    assert sentence.endswith(" Priya Nair owns it.")


def test_a_key_without_an_owner_has_no_such_sentence() -> None:
    _, sentence = wording.of_key(IncidentKind.REJECTED, ApiKey(label="platform-ci"))

    assert "owns it" not in sentence


def test_braces_in_a_label_are_letters() -> None:
    title, _ = wording.of_key(IncidentKind.REJECTED, ApiKey(label="{other}"))

    assert title == "xAI does not accept {other}"


@pytest.mark.parametrize(
    ("stopped", "labels", "start"),
    [
        (1, ["a"], "1 key stops: a. "),
        (2, ["a", "b"], "2 keys stop: a and b. "),
        (3, ["a", "b", "c"], "3 keys stop: a, b and c. "),
        (1_200, [], "1,200 keys stop. "),
    ],
)
def test_a_team_says_how_many_keys_stop(
    stopped: int, labels: list[str], start: str
) -> None:
    title, sentence = wording.of_team("Lab", stopped=stopped, labels=labels)

    assert title == "xAI has blocked the team Lab"
    assert sentence.startswith(start)


def test_a_host_says_how_many_of_its_keys_get_no_answer() -> None:
    title, sentence = wording.of_host("eu", silent=7, watched=14)

    assert title == "The upstream eu does not answer"
    assert sentence.startswith("7 of its 14 keys get no answer")


def test_changed_rights_are_told_before_and_after() -> None:
    title, sentence = wording.of_outside("triage", [change()])

    assert title == "The rights of triage changed outside Gatehouse"
    assert sentence.startswith(
        "Rights changed in xAI's console between 12:10 and 12:15 UTC by the user "
        "3d38b4dc. Its rights were "
    )


def test_other_fields_are_named() -> None:
    look = [change("name", before="a", after="b"), change("team_id")]

    title, sentence = wording.of_outside("triage", look)

    assert title == "triage changed outside Gatehouse"
    assert sentence.startswith("Name and team at xAI changed in xAI's console")


def test_an_id_of_a_person_that_hides_something_is_made_visible() -> None:
    _, sentence = wording.of_outside("triage", [change(modified_by="a\x1b[31m")])

    assert "by the user a\\x1b[31m" in sentence


@pytest.mark.parametrize(
    ("start", "text"),
    [
        (at(12, 10), "between 12:10 and 12:15 UTC"),
        (at(23, 58, day=15), "between 15 Jun, 23:58 and 16 Jun, 12:15 UTC"),
        (None, "before 12:15 UTC"),
    ],
)
def test_the_gap_of_a_change(start: datetime | None, text: str) -> None:
    assert wording.gap(change(gap_from=start)) == text


def test_silence_says_since_when() -> None:
    assert "since 16 Jun 2026, 12:10 UTC" in wording.of_silence(at(12, 10))[1]
    assert "since it was started" in wording.of_silence(None)[1]

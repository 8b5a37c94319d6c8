"""What people say of changes made outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Role, Team, User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys import reviewing
from console.keys.models import ApiKey, KeyChange, Review
from console.keys.refusals import SecretInText
from tests.keys.looks import BLOCKED, RENAMED, WIDENED, look
from tests.keys.stored import stored_key
from tests.people import NOON, SECRET, person

MINUTE = timedelta(minutes=1)


@pytest.fixture
def api_key(team: Team) -> ApiKey:
    return stored_key(team)


@pytest.fixture
def heard() -> Iterator[list[reviewing.Reviewed]]:
    """Listen, and stop listening."""
    reviews: list[reviewing.Reviewed] = []
    reviewing.on_review(reviews.append)
    yield reviews
    reviewing._listeners.remove(reviews.append)


def said(change: KeyChange) -> tuple[str, str, str]:
    change = KeyChange.objects.select_related("reviewed_by").get(pk=change.pk)
    by = change.reviewed_by.username if change.reviewed_by else ""
    return (change.review, by, change.review_note)


def waiting(api_key: ApiKey) -> int:
    return ApiKey.objects.get(pk=api_key.pk).outside_changes


def test_a_look_is_confirmed_as_a_whole(api_key: ApiKey, ada: User) -> None:
    acls, name, blocked = look(api_key, {**WIDENED, **RENAMED, **BLOCKED}, at=NOON)
    (other,) = look(api_key, at=NOON + MINUTE)

    reviewing.confirm(change=name, note="GAT-7", actor=SYSTEM, by=ada)

    assert said(acls) == said(name) == ("confirmed", "ada", "GAT-7")
    assert said(blocked) == ("none", "", "")
    assert said(other) == ("waiting", "", "")
    assert waiting(api_key) == 1


def test_what_nobody_explains_stays_on_its_key_until_it_is_explained(
    api_key: ApiKey, ada: User
) -> None:
    def escalated() -> int:
        return ApiKey.objects.get(pk=api_key.pk).escalated_changes

    (change,) = look(api_key, at=NOON)

    reviewing.escalate(change=change, note="who?", actor=SYSTEM, by=ada)
    assert (waiting(api_key), escalated()) == (0, 1)

    reviewing.reopen(change=change, actor=SYSTEM, by=ada)
    assert (waiting(api_key), escalated()) == (1, 0)

    reviewing.confirm(change=change, note="GAT-8", actor=SYSTEM, by=ada)
    assert (waiting(api_key), escalated()) == (0, 0)


def test_whatever_row_is_named_the_look_is_meant(api_key: ApiKey, ada: User) -> None:
    acls, blocked = look(api_key, {**WIDENED, **BLOCKED}, at=NOON)

    reviewing.confirm(change=blocked, note="", actor=SYSTEM, by=ada)

    assert said(acls)[0] == "confirmed"


def test_a_look_of_another_key_at_the_same_instant_is_another(
    api_key: ApiKey, team: Team, ada: User
) -> None:
    (ours,) = look(api_key, at=NOON)
    (theirs,) = look(stored_key(team, "other"), at=NOON)

    reviewing.escalate(change=ours, note="who?", actor=SYSTEM, by=ada)

    assert said(ours) == ("escalated", "ada", "who?")
    assert said(theirs)[0] == "waiting"


@pytest.mark.parametrize("act", [reviewing.confirm, reviewing.escalate])
def test_the_second_is_told_who_was_first(
    api_key: ApiKey, ada: User, act: object
) -> None:
    (change,) = look(api_key)
    reviewing.escalate(change=change, note="who?", actor=SYSTEM, by=ada)

    with pytest.raises(reviewing.AlreadyReviewed) as refusal:
        act(change=change, note="", actor=SYSTEM, by=ada)  # type: ignore[operator]

    assert refusal.value.sentence == "Ada has escalated this change already."
    assert said(change) == ("escalated", "ada", "who?")
    assert Entry.objects.filter(action__startswith="change.").count() == 1


def test_what_nobody_did_outside_asks_for_no_review(api_key: ApiKey, ada: User) -> None:
    (change,) = look(api_key, BLOCKED)

    with pytest.raises(reviewing.NotToReview):
        reviewing.confirm(change=change, note="", actor=SYSTEM, by=ada)
    with pytest.raises(reviewing.NotToReview):
        reviewing.reopen(change=change, actor=SYSTEM, by=ada)


def test_a_removed_key_is_not_spoken_of(api_key: ApiKey, ada: User) -> None:
    (change,) = look(api_key)
    ApiKey.objects.update(removed_at=timezone.now())

    with pytest.raises(reviewing.NotStored):
        reviewing.confirm(change=change, note="", actor=SYSTEM, by=ada)


def test_a_note_holds_no_key(api_key: ApiKey, ada: User) -> None:
    (change,) = look(api_key)

    with pytest.raises(SecretInText):
        reviewing.confirm(change=change, note=f"see {SECRET}", actor=SYSTEM, by=ada)

    assert said(change)[0] == "waiting"


def test_leaves_an_audit_entry_with_before_and_after(
    api_key: ApiKey, ada: User
) -> None:
    changes = {**WIDENED, "name": (f"was {SECRET}", None)}
    change, _ = look(api_key, changes, at=NOON)

    reviewing.confirm(change=change, note="GAT-7", actor=SYSTEM, by=ada)

    entry = Entry.objects.get(action="change.confirmed")
    assert (entry.object_id, entry.team_id) == (str(api_key.pk), api_key.team_id)
    assert entry.detail == {
        "seen_at": "2026-06-20T12:00:00.000000+00:00",
        "before": {"acls": ["api-key:model:grok-4.3"], "name": "was [redacted]"},
        "after": {
            "acls": ["api-key:model:grok-4.3", "api-key:model:*"],
            "name": None,
        },
        "note": "GAT-7",
    }


def test_what_cannot_be_recorded_does_not_happen(
    api_key: ApiKey, ada: User, settings: Settings, tmp_path: Path
) -> None:
    (change,) = look(api_key)
    settings.KEK_FILE = tmp_path / "nowhere"
    vault.forget()

    with pytest.raises(vault.Sealed):
        reviewing.confirm(change=change, note="", actor=SYSTEM, by=ada)

    assert said(change)[0] == "waiting"
    assert waiting(api_key) == 1


def test_an_admin_reopens_at_any_time(api_key: ApiKey, ada: User, team: Team) -> None:
    (change,) = look(api_key)
    reviewing.confirm(change=change, note="GAT-7", actor=SYSTEM, by=ada)
    long_ago = timezone.now() - timedelta(days=90)
    KeyChange.objects.update(reviewed_at=long_ago)

    reviewing.reopen(change=change, actor=SYSTEM, by=ada)

    assert said(change) == ("waiting", "", "")
    assert waiting(api_key) == 1
    taken_back = Entry.objects.get(action="change.reopened").detail["taken_back"]
    assert taken_back == {"review": "confirmed", "note": "GAT-7"}


def test_others_take_back_what_they_said_themselves_just_now(
    api_key: ApiKey, olga: User, fin: User
) -> None:
    (change,) = look(api_key)
    reviewing.confirm(change=change, note="", actor=SYSTEM, by=olga)

    with pytest.raises(reviewing.TooLate):
        reviewing.reopen(change=change, actor=SYSTEM, by=fin)
    reviewing.reopen(change=change, actor=SYSTEM, by=olga)
    reviewing.confirm(change=change, note="", actor=SYSTEM, by=olga)
    KeyChange.objects.update(reviewed_at=timezone.now() - 6 * MINUTE)

    with pytest.raises(reviewing.TooLate):
        reviewing.reopen(change=change, actor=SYSTEM, by=olga)


def test_there_is_nothing_to_take_back_of_what_waits(
    api_key: ApiKey, ada: User
) -> None:
    (change,) = look(api_key)

    with pytest.raises(reviewing.NotReviewed):
        reviewing.reopen(change=change, actor=SYSTEM, by=ada)


def test_the_count_of_a_key_heals_itself(api_key: ApiKey, ada: User) -> None:
    (first,) = look(api_key, at=NOON)
    look(api_key, {**WIDENED, **RENAMED}, at=NOON + MINUTE)
    ApiKey.objects.update(outside_changes=7)

    reviewing.confirm(change=first, note="", actor=SYSTEM, by=ada)

    assert waiting(api_key) == 1


def test_tells_those_who_listen_each_review(
    api_key: ApiKey, ada: User, heard: list[reviewing.Reviewed]
) -> None:
    (change,) = look(api_key, at=NOON)

    returned = [
        reviewing.escalate(change=change, note="who?", actor=SYSTEM, by=ada),
        reviewing.reopen(change=change, actor=SYSTEM, by=ada),
        reviewing.confirm(change=change, note="", actor=SYSTEM, by=ada),
    ]

    assert heard == returned
    assert [one.review for one in heard] == ["escalated", "waiting", "confirmed"]
    assert heard[0] == reviewing.Reviewed(
        api_key.pk, api_key.team_id, NOON, Review.ESCALATED, ada, "who?"
    )


def test_a_listener_that_fails_undoes_the_act(api_key: ApiKey, ada: User) -> None:
    (change,) = look(api_key)

    def fail(reviewed: reviewing.Reviewed) -> None:
        raise RuntimeError

    reviewing.on_review(fail)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            reviewing.confirm(change=change, note="", actor=SYSTEM, by=ada)
    finally:
        reviewing._listeners.remove(fail)

    assert said(change)[0] == "waiting"


def test_a_listener_is_called_once_however_often_it_is_named(
    api_key: ApiKey, ada: User, heard: list[reviewing.Reviewed]
) -> None:
    (change,) = look(api_key)
    reviewing.on_review(heard.append)

    reviewing.confirm(change=change, note="", actor=SYSTEM, by=ada)

    assert len(heard) == 1


def test_somebody_who_is_gone_is_still_somebody(api_key: ApiKey, ada: User) -> None:
    (change,) = look(api_key)
    leaver = person("leaver", Role.ADMIN)
    reviewing.confirm(change=change, note="", actor=SYSTEM, by=leaver)
    leaver.delete()

    with pytest.raises(reviewing.AlreadyReviewed) as refusal:
        reviewing.escalate(change=change, note="", actor=SYSTEM, by=ada)

    assert refusal.value.sentence == "Somebody has confirmed this change already."

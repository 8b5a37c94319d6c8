"""What an admin may do with the sentinel, and which keys can be chosen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from console.accounts.models import Team, User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.finance.models import Sentinel
from console.finance.sentinel import switching, turns
from console.keys.models import KeyState
from tests.keys.stored import stored_key

pytestmark = pytest.mark.django_db

MAY = ["api-key:model:*", "api-key:endpoint:tokenize"]


def usable(user: User) -> list[str]:
    return [key.label for key in switching.usable_keys(user, now=timezone.now())]


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        pytest.param({}, True, id="tokenize"),
        pytest.param({"acls": ["api-key:endpoint:*"]}, True, id="all endpoints"),
        pytest.param({"acls": ["api-key:endpoint:chat"]}, False, id="not allowed"),
        pytest.param({"acls": None}, False, id="not told"),
        pytest.param({"state": KeyState.KEY_BLOCKED}, False, id="blocked"),
        pytest.param({"verified_at": None}, False, id="never checked"),
        pytest.param(
            {"verified_at": timezone.now() - timedelta(days=1)}, False, id="checked ago"
        ),
        pytest.param({"removed_at": timezone.now()}, False, id="removed"),
    ],
)
def test_only_keys_that_could_do_it_now_are_offered(
    ada: User, team: Team, facts: dict[str, Any], offered: bool
) -> None:
    stored_key(team, **{"acls": MAY, **facts})

    assert usable(ada) == (["search-prod"] if offered else [])


def test_keys_come_by_name(ada: User, team: Team, other_team: Team) -> None:
    stored_key(team, "beta", acls=MAY)
    stored_key(other_team, "Alpha", acls=MAY)

    assert usable(ada) == ["Alpha", "beta"]


def test_it_is_due_at_once(ada: User, team: Team) -> None:
    switching.switch_on(key=stored_key(team, acls=MAY), person=ada, actor=SYSTEM)

    claim = turns.claim()
    assert claim is not None
    assert (claim.key.label, claim.person) == ("search-prod", ada)


def test_another_key_takes_over_at_once(
    sentinel: Sentinel, ada: User, sam: User, team: Team
) -> None:
    Sentinel.objects.update(problem="old")
    stale = turns.claim()
    assert stale is not None
    other = stored_key(team, "other", acls=MAY)

    switching.switch_on(key=other, person=sam, actor=SYSTEM)

    with pytest.raises(turns.LeaseLost):
        turns.renew(stale)
    row = Sentinel.objects.get()
    assert (row.key, row.person, row.problem) == (other, sam, "")
    entry = Entry.objects.get(action="sentinel.key_changed")
    assert entry.detail["before"] == {"key": str(sentinel.key_id)}
    assert entry.detail["after"] == {"key": str(other.pk)}


def test_the_same_key_again_is_no_way_to_read_more_often(
    sentinel: Sentinel, ada: User
) -> None:
    with pytest.raises(switching.IsOn):
        switching.switch_on(key=sentinel.key, person=ada, actor=SYSTEM)

    assert not Entry.objects.filter(action="sentinel.key_changed").exists()


def test_somebody_else_may_take_the_key_over(sentinel: Sentinel, sam: User) -> None:
    switching.switch_on(key=sentinel.key, person=sam, actor=SYSTEM)

    assert Sentinel.objects.get().person == sam


def test_off_leaves_no_row_and_names_the_key(sentinel: Sentinel) -> None:
    switching.switch_off(actor=SYSTEM)

    assert not Sentinel.objects.exists()
    entry = Entry.objects.get(action="sentinel.switched_off")
    assert (entry.object_name, entry.team_id) == ("search-prod", sentinel.key.team_id)


def test_what_is_off_can_neither_be_switched_off_nor_asked(db: None) -> None:
    with pytest.raises(switching.IsOff):
        switching.switch_off(actor=SYSTEM)
    with pytest.raises(switching.IsOff):
        switching.ask_now(actor=SYSTEM)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("due_in", "finished_ago", "refusal"),
    [
        pytest.param(60, None, None, id="never read"),
        pytest.param(60, 11, None, id="read a while ago"),
        pytest.param(60, 9, switching.TooSoon, id="just read"),
        pytest.param(-1, 11, switching.IsAtWork, id="due"),
    ],
)
def test_a_look_can_be_asked_for_every_10_minutes(
    sentinel: Sentinel,
    due_in: int,
    finished_ago: int | None,
    refusal: type[switching.Refused] | None,
) -> None:
    now = timezone.now()
    finished = None if finished_ago is None else now - timedelta(minutes=finished_ago)
    due = now + timedelta(minutes=due_in)
    Sentinel.objects.update(due_at=due, finished_at=finished)

    if refusal is None:
        switching.ask_now(actor=SYSTEM)
        assert turns.claim() is not None
    else:
        with pytest.raises(refusal):
            switching.ask_now(actor=SYSTEM)
        assert Sentinel.objects.get().due_at == due

"""The steps behind one cell, since when it is so, and what marks and words say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from console.accounts.models import Team
from console.keys import sight
from console.keys.acls import Cell, Model, Verdict
from console.keys.can_do import can_do
from console.keys.marks import STOPPED, Mark, how, mark_of
from console.keys.matrix import Address
from console.keys.models import (
    ApiKey,
    KeyChange,
    KeyModel,
    KeySnapshot,
    KeyState,
    Origin,
)
from console.keys.shown import ShownState
from console.keys.why import Why, why
from tests.keys.stored import CHAT_ONLY, sees, stored_key, stored_model, stored_price
from tests.people import NOON

M, E = "api-key:model:", "api-key:endpoint:"


def explain(key: ApiKey, name: str = "grok-4.3", kind: str = "model") -> Why:
    return why(key=key, address=Address(key.pk, kind, name), now=timezone.now())


def holds(found: Why) -> list[bool | None]:
    return [step.holds for step in found.steps]


@pytest.fixture
def seen_key(team: Team) -> ApiKey:
    made = stored_key(team, models_checked_at=timezone.now())
    sees(made, stored_model())
    return made


def test_all_steps_hold_for_what_is_allowed(seen_key: ApiKey) -> None:
    assert holds(explain(seen_key)) == [True] * 4
    assert holds(explain(seen_key, "chat", "endpoint")) == [True] * 4


def test_a_stopped_key_fails_at_its_first_step_and_is_marked_so(
    seen_key: ApiKey,
) -> None:
    seen_key.state = KeyState.TEAM_BLOCKED

    found = explain(seen_key)

    assert found.mark == Mark.HALTED
    assert holds(found) == [False, True, True, True]
    assert "xAI has blocked the team" in found.steps[0].text


def test_an_old_answer_makes_the_state_not_known(seen_key: ApiKey) -> None:
    seen_key.verified_at = timezone.now() - timedelta(days=1)

    assert holds(explain(seen_key))[0] is None


def test_the_step_that_fails_is_the_one_that_lacks(team: Team) -> None:
    now = timezone.now()
    no_endpoint = stored_key(team, acls=[f"{M}grok-4.3"], models_checked_at=now)
    sees(no_endpoint, stored_model())
    no_model = stored_key(team, acls=[f"{E}chat"], models_checked_at=now)
    gone = stored_key(team, acls=CHAT_ONLY, models_checked_at=now)

    assert holds(explain(no_endpoint)) == [True, True, True, False]
    assert holds(explain(no_model, "chat", "endpoint")) == [True, True, False, False]
    assert holds(explain(gone)) == [True, True, False, True]
    assert holds(explain(gone, "chat", "endpoint")) == [True, True, True, False]


def test_a_list_that_was_never_read_says_what_other_keys_see(
    team: Team, other_team: Team, seen_key: ApiKey
) -> None:
    unread, elsewhere = stored_key(team), stored_key(other_team)

    ours, theirs = explain(unread), explain(elsewhere)

    assert holds(ours) == [True, True, None, True]
    assert "Other keys of Search see this one." in ours.steps[2].text
    assert "Other keys" not in theirs.steps[2].text


def test_rules_that_were_not_told_are_not_known(team: Team) -> None:
    untold = stored_key(team, acls=None, models_checked_at=timezone.now())

    assert holds(explain(untold)) == [True, None, False, None]
    assert holds(explain(untold, "chat", "endpoint")) == [True, None, None, None]


def test_a_model_by_its_alias_says_so(team: Team, seen_key: ApiKey) -> None:
    step = explain(seen_key, "grok-4.3-latest").steps[2]

    assert step.holds is True
    assert "as an alias of grok-4.3" in step.text


def test_a_price_comes_with_a_model_that_has_one(team: Team, seen_key: ApiKey) -> None:
    stored_price(KeyModel.objects.get().model, team)

    assert explain(seen_key).price is not None
    assert explain(seen_key, "chat", "endpoint").price is None
    assert explain(seen_key, "grok-9").price is None


def acl_change(key: ApiKey, at: datetime, before: list[str], after: list[str]) -> None:
    KeyChange.objects.create(
        key=key, team=key.team, field="acls", before=before, after=after,
        gap_until=at, origin=Origin.OUTSIDE,
    )  # fmt: skip


def first_look(key: ApiKey, at: datetime) -> None:
    KeySnapshot.objects.create(
        key=key, first_seen_at=at, last_seen_at=at, facts={}, raw={}
    )


def test_without_a_change_it_is_so_since_the_first_look_or_longer(
    seen_key: ApiKey,
) -> None:
    assert explain(seen_key).since is None

    first_look(seen_key, NOON)

    since = explain(seen_key).since
    assert since is not None
    assert (since.at, since.at_least, since.outside) == (NOON, True, False)


def test_it_is_so_since_its_entry_came_the_last_time(seen_key: ApiKey) -> None:
    first_look(seen_key, NOON)
    acl_change(seen_key, NOON + timedelta(hours=1), CHAT_ONLY, [])
    acl_change(seen_key, NOON + timedelta(hours=2), [], CHAT_ONLY)
    acl_change(seen_key, NOON + timedelta(hours=3), CHAT_ONLY, [*CHAT_ONLY, "more"])

    since = explain(seen_key).since

    assert since is not None
    assert (since.at, since.outside) == (NOON + timedelta(hours=2), True)


def test_of_two_entries_the_older_one_counts(seen_key: ApiKey) -> None:
    seen_key.acls = [*CHAT_ONLY, f"{M}*"]
    first_look(seen_key, NOON)
    acl_change(seen_key, NOON + timedelta(hours=1), CHAT_ONLY, seen_key.acls)

    since = explain(seen_key).since

    assert since is not None
    assert since.at == NOON


def test_a_model_that_was_listed_later_is_allowed_since_then(
    seen_key: ApiKey,
) -> None:
    seen_key.acls = [f"{M}*", f"{E}chat"]
    first_look(seen_key, NOON)
    newer = timezone.now() - timedelta(hours=1)
    KeyModel.objects.create(key=seen_key, model=stored_model("new"), seen_from=newer)

    new, old = explain(seen_key, "new").since, explain(seen_key).since

    assert new is not None
    assert old is not None
    assert (new.at, new.at_least) == (newer, False)
    assert (old.at, old.at_least) == (NOON, True)


def test_what_is_not_allowed_has_no_since(seen_key: ApiKey) -> None:
    first_look(seen_key, NOON)

    assert explain(seen_key, "grok-9").since is None


@pytest.mark.parametrize("state", ShownState)
@pytest.mark.parametrize("verdict", Verdict)
def test_only_what_rules_allow_is_halted_by_a_stopped_key(
    verdict: Verdict, state: ShownState
) -> None:
    mark = mark_of(Cell(verdict, "Why."), state)

    assert (mark == Mark.HALTED) is (verdict.allows and state in STOPPED)
    if mark != Mark.HALTED:
        assert mark.value == verdict.value


@pytest.mark.parametrize(
    ("verdict", "entries", "words"),
    [
        (Verdict.NAMED, (f"{M}a",), "named"),
        (Verdict.NAMED, (f"{M}a", f"{M}*"), "named, and by the wildcard"),
        (Verdict.WILDCARD, (f"{M}*",), "only by the wildcard"),
        (Verdict.WILDCARD, (f"{M}alias", f"{M}*"), "named, and by the wildcard"),
        (Verdict.NO_EFFECT, (f"{M}a",), "a rule without effect"),
        (Verdict.DENIED, (), "no rule allows it"),
        (Verdict.UNKNOWN, (f"{M}a",), "not known"),
    ],
)
def test_a_cell_says_by_what_it_is_so(
    verdict: Verdict, entries: tuple[str, ...], words: str
) -> None:
    assert how(Cell(verdict, "Why.", entries)) == words


def test_abilities_are_what_the_key_sees_and_what_else_it_names() -> None:
    seen = [Model("grok-4.3", ("latest",)), Model("grok-4.5")]
    acls = [f"{M}latest", f"{M}grok-2", f"{E}chat"]

    found = can_do(acls, seen=seen, state=ShownState.ACTIVE)

    assert {one.name: one.mark for one in found.models} == {
        "grok-4.3": Mark.NAMED,
        "grok-4.5": Mark.DENIED,
        "grok-2": Mark.NO_EFFECT,
    }
    assert [one.name for one in found.endpoints if one.allowed] == ["chat"]
    assert (found.models_in_reach, found.models_in_sight) == (1, 2)
    assert (found.endpoints_in_reach, found.stopped) == (1, False)


def test_abilities_of_a_stopped_key_are_halted() -> None:
    found = can_do(CHAT_ONLY, seen=[Model("grok-4.3")], state=ShownState.REJECTED)

    assert found.stopped
    assert [one.mark for one in found.models] == [Mark.HALTED]


def test_nothing_told_leaves_nothing_known() -> None:
    found = can_do(None, seen=None, state=ShownState.UNKNOWN)

    assert found.models == []
    assert (found.models_in_sight, found.models_in_reach) == (None, None)
    assert {one.mark for one in found.endpoints} == {Mark.UNKNOWN}


def test_what_many_keys_see_is_read_in_two_queries(
    team: Team, django_assert_num_queries: object
) -> None:
    now = timezone.now()
    models = [stored_model(f"grok-{n}") for n in range(3)]
    some, none, unread, old = (
        stored_key(team, label, models_checked_at=read)
        for label, read in (("a", now), ("b", now), ("c", None), ("d", None))
    )
    sees(some, models[1])
    sees(some, models[0])
    sees(some, models[2], until=now)
    sees(old, models[2])

    with django_assert_num_queries(2):  # type: ignore[operator]
        found = sight.sights_of([some, none, unread, old])

    assert found[some.pk] == (
        Model("grok-0", ("grok-0-latest",)),
        Model("grok-1", ("grok-1-latest",)),
    )
    assert found[none.pk] == ()
    assert found[unread.pk] is None
    assert found[old.pk] == (Model("grok-2", ("grok-2-latest",)),)
    for key in (some, none, unread, old):
        assert sight.sight_of(key, sight.models_seen(key)) == found[key.pk]


def test_models_are_listed_for_the_keys_that_see_them_now(
    team: Team, other_team: Team
) -> None:
    ours, theirs = stored_key(team), stored_key(other_team)
    now, both, dropped = stored_model("now"), stored_model("both"), stored_model("old")
    sees(ours, now)
    sees(ours, both)
    sees(ours, dropped, until=timezone.now())
    sees(theirs, both)

    def ids(keys: object) -> list[str]:
        found = sight.listed_for(keys)  # type: ignore[arg-type]
        return [model.model_id for model in found.get("xai", ())]

    assert ids(ApiKey.objects.filter(team=team)) == ["both", "now"]
    assert ids(ApiKey.objects.filter(team=other_team)) == ["both"]
    assert ids(ApiKey.objects.none()) == []

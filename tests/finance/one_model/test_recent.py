"""The newest changes of a model, and what the newest price comes to."""

from __future__ import annotations

from datetime import timedelta

from console.accounts.models import Team, User
from console.finance.one_model.recent import NEWEST, TEAMS_NAMED, effect, recent
from tests.finance.told import changed, days_ago
from tests.finance.told import effect as stored_effect
from tests.keys.stored import stored_model


def test_changes_are_newest_first_and_say_before_and_after(
    ada: User, team: Team
) -> None:
    model = stored_model()
    changed(model, team, ago=9, kind="fingerprint", field="fingerprint", before="a",
            after="b")  # fmt: skip
    changed(model, team, ago=3)
    changed(model, team, ago=1, kind="listed", before=None, after=None)

    listed, price, build = recent(user=ada, model=model.pk)

    assert listed.fields == ()
    assert [
        (f.name, f.before, f.after, f.change and f.change.words) for f in price.fields
    ] == [("output", "$1.50", "$1.80", "+20%")]
    assert (build.fields[0].before, build.fields[0].after) == ("a", "b")


def test_the_list_ends_after_the_newest(ada: User, team: Team) -> None:
    model = stored_model()
    for ago in range(NEWEST + 3):
        changed(model, team, ago=ago)

    assert len(recent(user=ada, model=model.pk)) == NEWEST


def test_staff_are_told_when_their_team_saw_it_and_not_who_else_did(
    ada: User, mia: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    changed(model, team, other_team)
    changed(model, team)

    (hers,) = recent(user=mia, model=model.pk)
    every = recent(user=ada, model=model.pk)

    assert (hers.teams, hers.seen_at) == (1, days_ago(3) + timedelta(hours=1))
    assert sorted(one.teams for one in every) == [1, 2]
    assert {one.seen_at for one in every} == {days_ago(3)}


def test_the_effect_is_summed_and_its_largest_teams_named(ada: User) -> None:
    model = stored_model()
    teams = [Team.objects.create(name=f"Team {n}") for n in range(TEAMS_NAMED + 2)]
    change = changed(model, *teams)
    for n, team in enumerate(teams):
        stored_effect(change, team, -(n + 1) * 100, unknown_calls=1)

    found = effect(user=ada, model=model.pk)

    assert found is not None
    assert (found.ticks, found.calls, found.unknown_calls) == (-2_800, 21, 7)
    assert [one.team for one in found.teams] == [f"Team {n}" for n in (6, 5, 4, 3, 2)]
    assert [one.share for one in found.teams] == [100, 85, 71, 57, 42]
    assert (found.other_teams, found.other_ticks) == (2, -300)


def test_the_effect_on_other_teams_is_not_told(
    mia: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    change = changed(model, team, other_team)
    stored_effect(change, team, 500)
    stored_effect(change, other_team, 7)

    found = effect(user=mia, model=model.pk)

    assert found is not None
    assert (found.ticks, [one.team for one in found.teams]) == (7, ["Elsewhere"])


def test_only_the_newest_change_of_price_counts(ada: User, team: Team) -> None:
    model = stored_model()
    stored_effect(changed(model, team, ago=9), team, 500)
    newest = changed(model, team, ago=2)

    assert effect(user=ada, model=model.pk) is None  # not worked out yet

    stored_effect(newest, team, 3)
    found = effect(user=ada, model=model.pk)
    assert found is not None
    assert found.ticks == 3

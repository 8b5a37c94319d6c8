"""The newest changes of a model, and what the newest price comes to."""

from __future__ import annotations

from datetime import timedelta

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel
from console.finance.changes.rows import SHARES, Effect
from console.finance.one_model.recent import NEWEST, recent
from tests.finance.told import changed, days_ago
from tests.finance.told import effect as stored_effect
from tests.keys.stored import stored_model


def effect(user: User, model: LanguageModel) -> Effect | None:
    price = recent(user=user, model=model.pk).price
    return price.effect if price else None


def test_changes_are_newest_first_and_say_before_and_after(
    ada: User, team: Team
) -> None:
    model = stored_model()
    changed(model, team, ago=9, kind="fingerprint", field="fingerprint", before="a",
            after="b")  # fmt: skip
    changed(model, team, ago=3)
    changed(model, team, ago=1, kind="listed", before=None, after=None)

    listed, price, build = recent(user=ada, model=model.pk).changes

    assert listed.steps == ()
    assert [
        (s.name, s.before, s.after, s.change and s.change.words) for s in price.steps
    ] == [("output", 15_000, 18_000, "+20%")]
    assert build.words == "Fingerprint from a to b."


def test_the_list_ends_after_the_newest(ada: User, team: Team) -> None:
    model = stored_model()
    for ago in range(NEWEST + 3):
        changed(model, team, ago=ago)

    assert len(recent(user=ada, model=model.pk).changes) == NEWEST


def test_staff_are_told_when_their_team_saw_it_and_not_who_else_did(
    ada: User, mia: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    changed(model, team, other_team)
    changed(model, team)

    (hers,) = recent(user=mia, model=model.pk).changes
    every = recent(user=ada, model=model.pk).changes

    assert (hers.team_count, hers.seen_at) == (1, days_ago(3) + timedelta(hours=1))
    assert sorted(one.team_count for one in every) == [1, 2]
    assert {one.seen_at for one in every} == {days_ago(3)}


def test_the_effect_is_summed_and_its_largest_teams_named(ada: User) -> None:
    model = stored_model()
    teams = [Team.objects.create(name=f"Team {n}") for n in range(SHARES + 2)]
    change = changed(model, *teams)
    for n, team in enumerate(teams):
        stored_effect(change, team, -(n + 1) * 100, unknown_calls=1)

    found = effect(ada, model)

    assert found is not None
    assert (found.ticks, found.calls, found.unknown_calls) == (-2_800, 21, 7)
    assert [one.team for one in found.shares] == [f"Team {n}" for n in (6, 5, 4, 3, 2)]
    assert [one.percent for one in found.shares] == [25, 21, 17, 14, 10]
    assert (found.other_teams, found.other_ticks) == (2, -300)


def test_the_effect_on_other_teams_is_not_told(
    mia: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    change = changed(model, team, other_team)
    stored_effect(change, team, 500)
    stored_effect(change, other_team, 7)

    found = effect(mia, model)

    assert found is not None
    assert (found.ticks, [one.team for one in found.shares]) == (7, ["Elsewhere"])


def test_only_the_newest_change_of_price_counts(ada: User, team: Team) -> None:
    model = stored_model()
    stored_effect(changed(model, team, ago=9), team, 500)
    newest = changed(model, team, ago=2)

    assert effect(ada, model) is None  # not worked out yet

    stored_effect(newest, team, 3)
    found = effect(ada, model)
    assert found is not None
    assert found.ticks == 3


def test_an_old_change_of_price_is_found_behind_newer_ones(
    ada: User, team: Team
) -> None:
    model = stored_model()
    price = changed(model, team, ago=99)
    for ago in range(NEWEST):
        changed(model, team, ago=ago, kind="listed", before=None, after=None)

    found = recent(user=ada, model=model.pk)

    assert found.price is not None
    assert found.price.change == price
    assert len(found.changes) == NEWEST

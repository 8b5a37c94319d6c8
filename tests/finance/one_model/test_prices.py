"""Groups of teams, and the versions of one team."""

from __future__ import annotations

from datetime import timedelta

from console.accounts.models import Team, User
from console.finance.one_model import prices
from tests.finance.told import days_ago, told
from tests.keys.stored import stored_model
from tests.people import NOON


def test_groups_are_what_most_are_told_first(
    ada: User, team: Team, other_team: Team
) -> None:
    model, third = stored_model(), Team.objects.create(name="Third")
    told(model, team, 3, 0, completion_text_token_price=9)
    told(model, other_team, 3, 0)
    told(model, third, 5, 0)

    many, one = prices.groups(user=ada, model=model.pk)

    assert (many.teams, one.teams) == (2, 1)
    assert [each.name for each in many.named] == ["Elsewhere", "Third"]
    assert many.lead.name == "Third"  # looked at first
    assert one.prices["completion_text_token_price"] == 9
    assert many.first_seen_at == days_ago(5)


def test_a_team_that_lists_the_model_counts_before_those_that_do_not(
    ada: User, team: Team, other_team: Team
) -> None:
    model, third = stored_model(), Team.objects.create(name="Third")
    told(model, team, 3, 0, completion_text_token_price=9)
    for gone in (other_team, third):
        told(model, gone, 9, 2, missing_at=days_ago(1))

    listed, missing = prices.groups(user=ada, model=model.pk)

    assert (listed.teams, listed.listed) == (1, 1)
    assert (missing.teams, missing.listed) == (2, 0)


def test_the_lead_is_one_that_still_lists_it(
    ada: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    told(model, team, 900, 5, missing_at=days_ago(4))
    told(model, other_team, 3, 0)

    (group,) = prices.groups(user=ada, model=model.pk)

    assert (group.lead.name, group.teams, group.listed) == ("Elsewhere", 2, 1)


def test_names_some_teams_and_those_that_are_looked_for(ada: User) -> None:
    model = stored_model()
    for n in range(20):
        told(model, Team.objects.create(name=f"Team {n:02}"), 3, 0)

    (some,) = prices.groups(user=ada, model=model.pk)
    (found,) = prices.groups(user=ada, model=model.pk, search="team 19")
    (every,) = prices.groups(user=ada, model=model.pk, every_team=True)

    assert (len(some.named), some.unnamed) == (prices.NAMED, 20 - prices.NAMED)
    assert [team.name for team in found.named] == ["Team 19"]
    assert (len(every.named), every.unnamed) == (20, 0)


def test_other_teams_are_not_counted(mia: User, team: Team, other_team: Team) -> None:
    model = stored_model()
    told(model, team, 3, 0)
    told(model, other_team, 3, 0)

    (group,) = prices.groups(user=mia, model=model.pk)
    ever = prices.ever_told(user=mia, model=model.pk)

    assert (group.teams, group.lead.name) == (1, "Elsewhere")
    assert [one.teams for one in ever.values()] == [1]


def test_a_chosen_team_that_is_not_visible_is_left_out(
    mia: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    told(model, team, 3, 0)
    told(model, other_team, 3, 0, completion_text_token_price=9)
    found = prices.groups(user=mia, model=model.pk)

    group, chosen = prices.chosen(found, user=mia, model=model.pk, team=team.pk)

    assert (group.digest, chosen.name) == (found[0].digest, "Elsewhere")


def test_versions_tell_gaps_changes_and_in_how_many_teams(
    ada: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    told(model, team, 90, 60, completion_text_token_price=15_000)
    told(model, team, 50, 40, completion_text_token_price=18_000)
    told(model, team, 39, 0, completion_text_token_price=18_000)
    told(model, other_team, 20, 0, completion_text_token_price=18_000)
    ever = prices.ever_told(user=ada, model=model.pk)

    newest, second, first = prices.versions(model=model.pk, team=team.pk, ever=ever)

    assert first.gap is None
    assert first.changes == {}
    assert second.gap == timedelta(days=10)
    assert second.changes["completion_text_token_price"].words == "+20%"
    assert (newest.gap, newest.anew) == (timedelta(days=1), True)
    assert (first.everywhere.teams, newest.everywhere.teams) == (1, 2)
    assert newest.everywhere.last_seen_at == NOON


def test_an_odd_price_is_unsure_until_somebody_confirms_it(
    ada: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    odd = {"odd": ["completion_text_token_price"], "completion_text_token_price": 9}
    told(model, team, 3, 0, **odd)
    told(model, other_team, 3, 0, **odd, confirmed_at=NOON)
    (group,) = prices.groups(user=ada, model=model.pk)
    ever = prices.ever_told(user=ada, model=model.pk)

    (unsure,), (sure,) = (
        prices.versions(model=model.pk, team=one.pk, ever=ever)
        for one in (team, other_team)
    )

    assert unsure.unsure == ("completion_text_token_price",)
    assert sure.unsure == ()
    assert (group.teams, group.unsure) == (2, 1)

"""What the referee takes for true comes from the viewer's teams alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.finance.referee.truth import models_for
from tests.database import counted_rows
from tests.keys.stored import stored_facts, stored_model, stored_price


def test_knows_prices_teams_aliases_and_context(fin: User, team: Team) -> None:
    version = stored_price(stored_model("grok-4.3"), team)

    (known,) = models_for(fin)

    assert (known.model_id, known.aliases) == ("grok-4.3", ("grok-4.3-latest",))
    assert known.context == 1_000_000
    assert [told.team_count for told in known.told] == [1]
    assert known.told[0].prices.completion_text_token_price == 25_000
    assert known.seen_at == version.last_seen_at


def test_teams_that_are_told_the_same_are_one(
    fin: User, team: Team, other_team: Team
) -> None:
    model, third = stored_model(), Team.objects.create(name="Third")
    stored_price(model, third, completion_text_token_price=1)
    stored_price(model, team)
    stored_price(model, other_team)

    (known,) = models_for(fin)

    assert [told.teams for told in known.told] == [("Elsewhere", "Search"), ("Third",)]


def test_sees_nothing_of_other_teams(mia: User, team: Team, other_team: Team) -> None:
    now = timezone.now()
    shared, foreign = stored_model("shared"), stored_model("foreign")
    old = {"first_seen_at": now - timedelta(days=30)}
    stored_price(shared, team, completion_text_token_price=1, **old)
    stored_price(shared, team, completion_text_token_price=2)
    stored_price(shared, other_team)
    stored_price(foreign, team)

    (known,) = models_for(mia)

    assert known.model_id == "shared"
    assert [told.prices.completion_text_token_price for told in known.told] == [25_000]
    assert known.past == ()


def test_older_prices_end_when_the_next_were_seen(sam: User, team: Team) -> None:
    model, now = stored_model(), timezone.now()
    for days, price in ((90, 3), (60, 2), (30, 3), (3, 1)):
        stored_price(
            model,
            team,
            first_seen_at=now - timedelta(days=days),
            completion_text_token_price=price,
        )

    (known,) = models_for(sam)

    past = [(one.prices.completion_text_token_price, one.until) for one in known.past]
    assert past == [(3, now - timedelta(days=3)), (2, now - timedelta(days=30))]


def test_odd_prices_are_not_sound_until_somebody_confirms_them(
    sam: User, team: Team
) -> None:
    version = stored_price(stored_model(), team, odd=["completion_text_token_price"])
    (before,) = models_for(sam)

    version.confirmed_at = timezone.now()
    version.save(update_fields=["confirmed_at"])

    (after,) = models_for(sam)
    assert (before.sound, len(after.sound)) == ([], 1)


def test_older_odd_prices_explain_nothing(sam: User, team: Team) -> None:
    model, long_ago = stored_model(), timezone.now() - timedelta(days=30)
    stored_price(model, team, first_seen_at=long_ago, odd=["search_price"])
    stored_price(model, team, completion_text_token_price=1)

    (known,) = models_for(sam)

    assert known.past == ()


def test_a_retired_model_is_told_to_nobody(sam: User, team: Team) -> None:
    gone = timezone.now()
    stored_price(stored_model(), team, missing_at=gone)

    (known,) = models_for(sam)

    assert (known.told, known.gone_at, known.seen_at) == ((), gone, None)
    assert [one.until for one in known.past] == [gone]


def test_a_model_that_one_team_lost_is_still_listed(
    fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    stored_price(model, team, missing_at=timezone.now())
    stored_price(model, other_team)

    (known,) = models_for(fin)

    assert [told.team_count for told in known.told] == [1]
    assert known.gone_at is None


def test_staff_are_told_no_alias_of_other_teams(
    sam: User, fin: User, team: Team, other_team: Team
) -> None:
    model = stored_model("grok-4.3", aliases=["grok-secret"])
    stored_price(model, team)
    stored_price(model, other_team)
    stored_facts(model, other_team)

    (known,), (whole,) = models_for(sam), models_for(fin)

    assert (known.aliases, whole.aliases) == ((), ("grok-secret",))


@pytest.mark.parametrize("number", [1, 20])
def test_asks_the_same_number_of_queries_for_any_number_of_models(
    fin: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        stored_price(stored_model(f"grok-{n}"), team)

    # What ended, and the groups of prices (4).
    with django_assert_num_queries(5):
        assert len(models_for(fin)) == number


@pytest.mark.parametrize("number", [3, 30])
def test_loads_no_more_rows_for_any_number_of_teams(
    fin: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    model, long_ago = stored_model(), timezone.now() - timedelta(days=30)
    for n in range(number):
        each = Team.objects.create(name=f"Team {n:02d}")
        stored_price(model, each, first_seen_at=long_ago, completion_text_token_price=9)
        stored_price(model, each, completion_text_token_price=1 if n == 0 else 2)
    with django_assert_num_queries(6), counted_rows() as rows:  # one for names
        (known,) = models_for(fin)

    assert [told.team_count for told in known.told] == [number - 1, 1]
    assert len(known.past) == 1
    assert max(rows) <= 3  # two prices, or the names of three teams

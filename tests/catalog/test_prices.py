from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel, PriceVersion
from console.catalog.observations import record_language_models, record_missing
from console.catalog.prices import FEW, PriceGroup, Sighting, prices_at, prices_now
from console.lib.days import day_bounds, day_of
from tests.keys.answers import Json, listed, model_json
from tests.people import NOON

HOUR = timedelta(hours=1)


def see(team: Team, *models: Json, hours: int = 0, host: str = "xai") -> None:
    record_language_models(
        host=host,
        team=team,
        listed=listed(*models),
        models=None,
        seen_at=NOON + hours * HOUR,
    )


def ids(rows: list[PriceGroup]) -> list[str]:
    return [row.model_id for row in rows]


def test_the_newest_price_stands_with_its_age(sam: User, team: Team) -> None:
    see(team, model_json())
    see(team, model_json(completion_text_token_price=30000), hours=6)
    see(team, model_json(completion_text_token_price=30000), hours=12)

    (row,) = prices_now(user=sam)

    assert row.completion_text_token_price == 30000
    assert (row.first_seen_at, row.last_seen_at) == (NOON + 6 * HOUR, NOON + 12 * HOUR)
    assert row.aliases == ("grok-4.3-latest",)
    assert (row.takes_images, row.has_long_context_tier) == (True, True)
    assert not row.differs


def test_teams_with_the_same_prices_share_a_row(
    fin: User, team: Team, other_team: Team
) -> None:
    see(team, model_json())
    see(other_team, model_json(), hours=1)

    (row,) = prices_now(user=fin)

    assert (row.team_count, row.teams, row.unnamed) == (2, (), 2)
    assert (row.first_seen_at, row.last_seen_at) == (NOON, NOON + HOUR)


def test_teams_with_other_prices_have_a_row_each(
    fin: User, team: Team, other_team: Team
) -> None:
    see(team, model_json())
    see(other_team, model_json(completion_text_token_price=20000))

    rows = prices_now(user=fin)

    assert sorted((row.teams, row.differs) for row in rows) == [
        (("Elsewhere",), True),
        (("Search",), True),
    ]


def test_other_teams_are_not_told(mia: User, team: Team, other_team: Team) -> None:
    see(team, model_json("secret-model"))
    see(other_team, model_json("open-model"))

    assert ids(prices_now(user=mia)) == ["open-model"]
    assert prices_now(user=AnonymousUser()) == []


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("grok-4", ["grok-4.3"]),
        ("GROK", ["grok-3", "grok-4.3"]),
        ("4.3-latest", ["grok-4.3"]),
        ("2.0", ["grok-3"]),
        ("fp_x", ["grok-3"]),
        ("%", []),
        ("none", []),
    ],
)
def test_search_looks_at_names_and_versions(
    sam: User, team: Team, search: str, found: list[str]
) -> None:
    see(team, model_json(), model_json("grok-3", version="2.0", fingerprint="fp_x"))

    assert ids(prices_now(user=sam, search=search)) == found


def test_what_was_not_told_is_none(sam: User, team: Team) -> None:
    see(team, {"id": "bare"})

    (row,) = prices_now(user=sam)

    assert row.completion_text_token_price is None
    assert (row.takes_images, row.has_long_context_tier) == (None, None)


@pytest.mark.parametrize("number", [1, 50])
def test_six_queries_for_any_number_of_models(
    sam: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    see(team, *(model_json(f"grok-{n}") for n in range(number)))

    with django_assert_num_queries(6):
        assert len(prices_now(user=sam)) == number


@pytest.mark.parametrize("number", [1, 30])
def test_five_queries_for_any_number_of_teams_with_prices_of_their_own(
    fin: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number + 1):
        team = Team.objects.create(name=f"Team {n:02}")
        see(team, model_json(completion_text_token_price=25_000 + n))

    with django_assert_num_queries(5):
        assert len(prices_now(user=fin)) == number + 1


def test_of_many_teams_three_are_named(fin: User) -> None:
    for n in range(9):
        team = Team.objects.create(name=f"Team {n}")
        see(team, model_json(completion_text_token_price=25_000 + (n == 8)))

    one, two = prices_now(user=fin)

    assert (one.teams, one.unnamed) == (("Team 0", "Team 1", "Team 2"), 5)
    assert (two.teams, two.unnamed) == (("Team 8",), 0)


def test_a_price_of_very_many_teams_is_told_by_their_number(fin: User) -> None:
    for n in range(FEW + 2):
        team = Team.objects.create(name=f"Team {n}")
        see(team, model_json(completion_text_token_price=25_000 + (n == 0)))

    one, two = prices_now(user=fin)

    assert (one.teams, one.team_count) == ((), FEW + 1)
    assert two.teams == ("Team 0",)


def on(user: User, *, start: float, until: float) -> list[PriceGroup]:
    return prices_at(user=user, start=NOON + start * HOUR, until=NOON + until * HOUR)


def test_a_day_shows_what_was_told_last_before_its_end(sam: User, team: Team) -> None:
    for hours, price in enumerate([25_000, 26_000, 27_000]):
        see(team, model_json(completion_text_token_price=price), hours=hours * 12)

    (row,) = on(sam, start=0, until=24)

    assert row.completion_text_token_price == 26_000
    assert row.sighting is Sighting.SEEN
    assert (row.first_seen_at, row.last_seen_at) == (NOON + 12 * HOUR,) * 2
    assert row.superseded_at == NOON + 24 * HOUR


def test_the_border_of_a_day_belongs_to_the_next_one(sam: User, team: Team) -> None:
    see(team, model_json(), hours=24)

    assert on(sam, start=0, until=24) == []
    assert [row.sighting for row in on(sam, start=24, until=48)] == [Sighting.SEEN]


def test_a_day_without_a_look_between_two_is_a_gap(sam: User, team: Team) -> None:
    see(team, model_json())
    see(team, model_json(completion_text_token_price=30_000), hours=100)

    (row,) = on(sam, start=24, until=48)

    assert row.completion_text_token_price == 25_000
    assert row.sighting is Sighting.GAP
    assert (row.last_seen_at, row.superseded_at) == (NOON, NOON + 100 * HOUR)


def test_a_day_between_two_looks_that_told_the_same_counts_as_seen(
    sam: User, team: Team
) -> None:
    see(team, model_json())
    see(team, model_json(), hours=36)

    (row,) = on(sam, start=10, until=30)

    assert row.sighting is Sighting.SEEN


def test_a_model_that_was_missed_is_not_listed_from_then_on(
    sam: User, team: Team
) -> None:
    see(team, model_json())
    record_missing(
        host="xai",
        team=team,
        models=LanguageModel.objects.values_list("pk", flat=True),
        seen_at=NOON + 6 * HOUR,
    )

    (before,) = on(sam, start=1, until=6)
    (after,) = on(sam, start=12, until=36)

    assert (before.sighting, before.listed) == (Sighting.GAP, True)
    assert (after.sighting, after.listed) == (Sighting.MISSING, False)


def test_teams_that_were_not_looked_at_that_day_make_no_line_of_their_own(
    fin: User, team: Team, other_team: Team
) -> None:
    see(team, model_json(), hours=24)
    see(other_team, model_json())

    (row,) = on(fin, start=20, until=30)

    assert (row.sighting, row.differs) == (Sighting.SEEN, False)


def test_only_teams_that_the_line_counts_are_named(
    fin: User, team: Team, other_team: Team
) -> None:
    dear = model_json(completion_text_token_price=30_000)
    gone = Team.objects.create(name="Another that has lost it")
    for one in (team, gone):
        see(one, model_json())
    see(other_team, dear)
    models = LanguageModel.objects.values_list("pk", flat=True)
    record_missing(host="xai", team=gone, models=models, seen_at=NOON + HOUR)

    rows = prices_now(user=fin)

    assert sorted((row.teams, row.team_count, row.unnamed) for row in rows) == [
        ((other_team.name,), 1, 0),
        ((team.name,), 1, 0),
    ]


def test_an_odd_price_says_so_until_it_is_confirmed(sam: User, team: Team) -> None:
    see(team, model_json())
    see(team, model_json(completion_text_token_price=0), hours=1)

    assert [row.is_sound for row in prices_now(user=sam)] == [False]
    PriceVersion.objects.update(confirmed_at=NOON)
    assert [row.is_sound for row in prices_now(user=sam)] == [True]


@pytest.mark.parametrize(
    "zone", ["UTC", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu"]
)
def test_every_look_belongs_to_exactly_one_day_of_a_zone(
    sam: User, team: Team, zone: str
) -> None:
    looks = [NOON + n * timedelta(hours=7) for n in range(24)]
    for n, _ in enumerate(looks):
        see(team, model_json(completion_text_token_price=25_000 + n), hours=7 * n)
    first = day_of(looks[0], ZoneInfo(zone))
    days = [first + timedelta(days=n) for n in range(9)]

    found = []
    for day in days:
        start, until = day_bounds(day, ZoneInfo(zone))
        inside = [at for at in looks if start <= at < until]
        found += inside
        shown = prices_at(user=sam, start=start, until=until)
        if inside:
            assert [row.first_seen_at for row in shown] == [inside[-1]]

    assert found == looks


def test_staff_are_told_the_facts_of_their_own_teams(
    sam: User, fin: User, team: Team, other_team: Team
) -> None:
    see(team, model_json(aliases=["ours"]))
    see(other_team, model_json(aliases=["grok-secret"], fingerprint="fp_x"), hours=1)

    (row,) = prices_now(user=sam)

    assert (row.aliases, row.fingerprint) == (("ours",), "fp_0a1b2c3d4e")
    assert prices_now(user=sam, search="grok-secret") == []
    assert len(prices_now(user=fin, search="grok-secret")) == 1


def test_staff_are_told_since_when_their_own_teams_know_a_model(
    mia: User, team: Team, other_team: Team
) -> None:
    see(team, model_json())
    see(other_team, model_json(), hours=5)

    (row,) = prices_now(user=mia)

    assert row.known_since == NOON + 5 * HOUR

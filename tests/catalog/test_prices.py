from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team
from console.catalog.observations import record_language_models
from console.catalog.prices import CurrentPrice, current_prices
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


def ids(rows: list[CurrentPrice]) -> list[str]:
    return [row.model_id for row in rows]


def test_the_newest_price_stands_with_its_age(team: Team) -> None:
    see(team, model_json())
    see(team, model_json(completion_text_token_price=30000), hours=6)
    see(team, model_json(completion_text_token_price=30000), hours=12)

    (row,) = current_prices(team_ids=[team.pk])

    assert row.completion_text_token_price == 30000
    assert (row.first_seen_at, row.last_seen_at) == (NOON + 6 * HOUR, NOON + 12 * HOUR)
    assert row.aliases == ("grok-4.3-latest",)
    assert (row.takes_images, row.has_long_context_tier) == (True, True)
    assert not row.differs


def test_teams_with_the_same_prices_share_a_row(team: Team, other_team: Team) -> None:
    see(team, model_json())
    see(other_team, model_json(), hours=1)

    (row,) = current_prices(team_ids=[team.pk, other_team.pk])

    assert row.teams == ("Elsewhere", "Search")
    assert (row.first_seen_at, row.last_seen_at) == (NOON, NOON + HOUR)


def test_teams_with_other_prices_have_a_row_each(team: Team, other_team: Team) -> None:
    see(team, model_json())
    see(other_team, model_json(completion_text_token_price=20000))

    rows = current_prices(team_ids=[team.pk, other_team.pk])

    assert [(row.teams, row.differs) for row in rows] == [
        (("Elsewhere",), True),
        (("Search",), True),
    ]


def test_other_teams_are_not_told(team: Team, other_team: Team) -> None:
    see(team, model_json("secret-model"))
    see(other_team, model_json("open-model"))

    assert ids(current_prices(team_ids=[other_team.pk])) == ["open-model"]
    assert current_prices(team_ids=[]) == []


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
    team: Team, search: str, found: list[str]
) -> None:
    see(team, model_json(), model_json("grok-3", version="2.0", fingerprint="fp_x"))

    assert ids(current_prices(team_ids=[team.pk], search=search)) == found


def test_what_was_not_told_is_none(team: Team) -> None:
    see(team, {"id": "bare"})

    (row,) = current_prices(team_ids=[team.pk])

    assert row.completion_text_token_price is None
    assert (row.takes_images, row.has_long_context_tier) == (None, None)


@pytest.mark.parametrize("number", [1, 50])
def test_one_query_for_any_number_of_models(
    team: Team, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    see(team, *(model_json(f"grok-{n}") for n in range(number)))

    with django_assert_num_queries(1):
        assert len(current_prices(team_ids=[team.pk])) == number

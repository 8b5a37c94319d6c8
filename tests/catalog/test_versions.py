"""When a version goes on, when another begins, and which are odd."""

from __future__ import annotations

from datetime import timedelta

import pytest

from console.accounts.models import Team
from console.catalog.models import (
    CatalogChange,
    ChangeSight,
    FactsVersion,
    LanguageModel,
    PriceVersion,
)
from console.catalog.observations import record_language_models, record_missing
from tests.keys.answers import Json, listed, model_json
from tests.people import NOON

HOUR = timedelta(hours=1)


def see(team: Team, *models: Json, hours: float = 0) -> None:
    record_language_models(
        host="xai",
        team=team,
        listed=listed(*models),
        models=None,
        seen_at=NOON + hours * HOUR,
    )


def miss(team: Team, *, hours: float) -> None:
    record_missing(
        host="xai",
        team=team,
        models=LanguageModel.objects.values_list("pk", flat=True),
        seen_at=NOON + hours * HOUR,
    )


def spans(team: Team) -> list[tuple[float, float]]:
    rows = PriceVersion.objects.filter(team=team).order_by("first_seen_at")
    return [
        ((row.first_seen_at - NOON) / HOUR, (row.last_seen_at - NOON) / HOUR)
        for row in rows
    ]


@pytest.mark.django_db
def test_a_time_without_looks_is_a_gap_and_no_change(team: Team) -> None:
    for hours in (0, 36, 73):
        see(team, model_json(), hours=hours)

    assert spans(team) == [(0, 36), (73, 73)]
    assert FactsVersion.objects.count() == 2
    assert not CatalogChange.objects.exists()


@pytest.mark.django_db
def test_a_model_that_was_missed_comes_back_as_another_version(team: Team) -> None:
    see(team, model_json())
    miss(team, hours=6)
    see(team, model_json(), hours=12)

    assert spans(team) == [(0, 0), (12, 12)]
    kinds = list(CatalogChange.objects.order_by("first_seen_at").values_list("kind"))
    assert kinds == [("unlisted",), ("relisted",)]
    back = ChangeSight.objects.get(change__kind="relisted")
    assert (back.unchanged_at, back.seen_at) == (NOON + 6 * HOUR, NOON + 12 * HOUR)


@pytest.mark.django_db
def test_an_answer_from_before_it_was_missed_changes_nothing(team: Team) -> None:
    see(team, model_json())
    miss(team, hours=6)

    see(team, model_json(fingerprint="fp_late"), hours=5)

    assert spans(team) == [(0, 0)]
    assert FactsVersion.objects.get().fingerprint == "fp_0a1b2c3d4e"


@pytest.mark.django_db
def test_a_price_after_an_odd_one_is_measured_against_the_last_sound_one(
    team: Team,
) -> None:
    for hours, price in enumerate([25_000, 25_000_000, 26_000_000, 25_000]):
        see(team, model_json(completion_text_token_price=price), hours=hours)

    rows = PriceVersion.objects.order_by("first_seen_at")
    field = "completion_text_token_price"
    assert [row.odd for row in rows] == [[], [field], [field], []]


@pytest.mark.django_db
def test_what_was_confirmed_is_what_the_next_one_is_measured_against(
    team: Team,
) -> None:
    see(team, model_json(), hours=0)
    see(team, model_json(completion_text_token_price=0), hours=1)
    PriceVersion.objects.newest().update(confirmed_at=NOON)

    see(team, model_json(completion_text_token_price=0), hours=60)
    see(team, model_json(completion_text_token_price=1), hours=61)

    rows = PriceVersion.objects.order_by("first_seen_at")
    assert [bool(row.odd) for row in rows] == [False, True, False, True]


@pytest.mark.django_db
def test_a_team_that_comes_later_follows_what_was_confirmed(
    team: Team, other_team: Team
) -> None:
    free = model_json(completion_text_token_price=0)
    for each in (team, other_team):
        see(each, model_json())
    see(team, free, hours=1)
    PriceVersion.objects.newest().filter(team=team).update(confirmed_at=NOON)

    see(other_team, free, hours=2)

    late = PriceVersion.objects.newest().get(team=other_team)
    assert late.odd == ["completion_text_token_price"]
    assert (late.is_sound, late.confirmed_at) == (True, NOON)
    assert CatalogChange.objects.count() == 1


@pytest.mark.django_db
def test_a_first_price_that_others_doubt_is_doubted(
    team: Team, other_team: Team
) -> None:
    free = model_json(completion_text_token_price=0)
    see(team, model_json())
    see(team, free, hours=1)

    see(other_team, free, hours=2)

    assert not PriceVersion.objects.get(team=other_team).is_sound

from __future__ import annotations

from datetime import timedelta

import pytest

from console.keys.models import ApiKey, KeyModel, TeamChecks
from console.keys.observations import ModelsSeen, record_models
from tests.keys.answers import Json, listed, model_json
from tests.people import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def see(api_key: ApiKey, *models: Json, hours: int = 0) -> ModelsSeen:
    return record_models(
        api_key=api_key,
        listed=listed(*models),
        models=None,
        seen_at=NOON + hours * HOUR,
    )


def test_models_appear_and_go(api_key: ApiKey) -> None:
    first = see(api_key, model_json("a"), model_json("b"))
    second = see(api_key, model_json("b"), model_json("c"), hours=6)

    assert set(first.appeared) == {"a", "b"}
    assert (second.appeared, second.gone) == (("c",), ("a",))
    gone = KeyModel.objects.get(model__model_id="a")
    assert (gone.seen_from, gone.seen_until) == (NOON, NOON)  # the last time it was
    assert KeyModel.objects.filter(seen_until=None).count() == 2
    api_key.refresh_from_db()
    assert api_key.models_checked_at == NOON + 6 * HOUR
    assert TeamChecks.objects.get().models_checked_at == NOON + 6 * HOUR


def test_a_model_that_comes_back_is_seen_anew(api_key: ApiKey) -> None:
    see(api_key, model_json("a"))
    see(api_key, hours=6)
    see(api_key, model_json("a"), hours=12)

    rows = KeyModel.objects.order_by("seen_from")
    assert [(row.seen_from, row.seen_until) for row in rows] == [
        (NOON, NOON),
        (NOON + 12 * HOUR, None),
    ]


def test_the_same_answer_twice_is_harmless(api_key: ApiKey) -> None:
    see(api_key, model_json("a"))

    assert see(api_key, model_json("a")) == ModelsSeen()
    assert see(api_key, hours=-1) == ModelsSeen()

    assert KeyModel.objects.filter(seen_until=None).count() == 1


def test_a_partly_unreadable_list_closes_nothing(api_key: ApiKey) -> None:
    see(api_key, model_json("a"))

    seen = see(api_key, {"object": "model"}, model_json("b"), hours=6)

    assert (seen.appeared, seen.gone) == (("b",), ())


def test_an_answer_for_a_replaced_secret_is_left_out(api_key: ApiKey) -> None:
    ApiKey.objects.update(secret_version=2)

    assert see(api_key, model_json("a")) == ModelsSeen()


def test_new_prices_are_handed_on(api_key: ApiKey) -> None:
    see(api_key, model_json("a"))

    (price,) = see(
        api_key, model_json("a", completion_text_token_price=1), hours=6
    ).new_prices

    assert price.completion_text_token_price == 1
    assert price.team_id == api_key.team_id

from __future__ import annotations

from datetime import timedelta

import pytest

from console.accounts.models import Team
from console.catalog.models import PriceVersion
from console.keys.models import ApiKey, KeyModel, TeamChecks
from console.keys.observations import ModelsSeen, record_models
from tests.keys.answers import Json, listed, model_json
from tests.keys.stored import stored_key
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


def test_changes_are_handed_on(api_key: ApiKey) -> None:
    see(api_key, model_json("a"))

    (sight,) = see(
        api_key, model_json("a", completion_text_token_price=30_000), hours=6
    ).sights

    assert sight.change.after == {"completion_text_token_price": 30_000}
    assert sight.team_id == api_key.team_id


def test_a_model_is_missing_when_no_key_of_the_team_is_shown_it(
    api_key: ApiKey, team: Team
) -> None:
    other = stored_key(team, "second")
    see(api_key, model_json("a"), model_json("b"))
    see(other, model_json("a"), model_json("b"), hours=1)

    assert see(api_key, model_json("a"), hours=6).sights == ()
    (sight,) = see(other, model_json("a"), hours=7).sights

    assert (sight.change.kind, sight.change.model.model_id) == ("unlisted", "b")
    assert (sight.unchanged_at, sight.seen_at) == (NOON + HOUR, NOON + 7 * HOUR)
    assert PriceVersion.objects.get(model__model_id="b").missing_at == NOON + 7 * HOUR


def test_what_a_key_saw_long_ago_holds_no_model_in_the_list(
    api_key: ApiKey, team: Team
) -> None:
    silent = stored_key(team, "silent")
    see(silent, model_json("a"), model_json("b"))
    see(api_key, model_json("a"), model_json("b"))

    assert see(api_key, model_json("a"), hours=36).sights == ()
    (sight,) = see(api_key, model_json("a"), hours=37).sights

    assert sight.change.kind == "unlisted"


def test_a_removed_key_holds_no_model_in_the_list(api_key: ApiKey, team: Team) -> None:
    removed = stored_key(team, "removed")
    see(removed, model_json("a"), model_json("b"))
    see(api_key, model_json("a"), model_json("b"))
    ApiKey.objects.filter(pk=removed.pk).update(removed_at=NOON)

    (sight,) = see(api_key, model_json("a"), hours=1).sights

    assert sight.change.kind == "unlisted"


def test_an_unreadable_entry_makes_no_model_missing(api_key: ApiKey) -> None:
    see(api_key, model_json("a"))

    (sight,) = see(api_key, {"object": "model"}, model_json("c"), hours=1).sights

    assert sight.change.kind == "listed"
    assert not PriceVersion.objects.exclude(missing_at=None).exists()


def test_what_another_key_is_shown_at_its_first_look_is_not_new_at_xai(
    api_key: ApiKey, team: Team
) -> None:
    other = stored_key(team, "wider")
    see(api_key, model_json("a"))

    assert see(other, model_json("a"), model_json("b"), hours=1).sights == ()
    (sight,) = see(
        other, model_json("a"), model_json("b"), model_json("c"), hours=2
    ).sights

    assert (sight.change.kind, sight.change.model.model_id) == ("listed", "c")

"""What a change would have cost, held against the costs of each call alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from console import xai
from console.accounts.models import Role, Team, User
from console.catalog import costs
from console.catalog.models import ChangeSight, LanguageModel, PriceVersion
from console.catalog.observations import record_language_models, record_missing
from console.keys.models import ApiKey
from console.usage.models import ChangeEffect, Consumer, UsageRecord
from console.usage.repricing import record_confirmed, record_effects
from console.usage.tasks import reprice_confirmed
from tests.keys.answers import Json, listed, model_json
from tests.keys.stored import stored_key
from tests.people import NOON, person

HOUR = timedelta(hours=1)
THEN = NOON + 6 * HOUR  # when the change is seen
USED = {
    "prompt_tokens": 1_000,
    "cached_tokens": 400,
    "image_tokens": 100,
    "completion_tokens": 50,
    "reasoning_tokens": 20,
}


def look(team: Team, *models: Json, at: datetime = THEN) -> tuple[ChangeSight, ...]:
    return record_language_models(
        host="xai", team=team, listed=listed(*models), models=None, seen_at=at
    ).sights


def call(key: ApiKey, by: User, **facts: Any) -> UsageRecord:
    consumer, _ = Consumer.objects.get_or_create(person=by)
    known = {
        "endpoint": "chat",
        "model_asked": "grok-4.3",
        "model": LanguageModel.objects.get(model_id="grok-4.3"),
        "state": "settled",
        "opened_at": THEN - timedelta(days=1),
        "settled_at": THEN,
        "outcome": "complete",
        "source": "reported",
        "cost_ticks": 1,
        **USED,
    }
    return UsageRecord.objects.create(
        consumer=consumer, team=key.team, key=key, **{**known, **facts}
    )


@pytest.fixture
def key(team: Team) -> ApiKey:
    look(team, model_json(), at=NOON)
    return stored_key(team)


pytestmark = pytest.mark.django_db

ABSURD = 2**63 - 1


def dearer() -> Json:
    return model_json(
        completion_text_token_price=30_000, cached_prompt_text_token_price=1_000
    )


def test_the_golden_case(team: Team, key: ApiKey, sam: User) -> None:
    """grok-4.3's recorded call of 3.2, at an output price 5,000 ticks higher."""
    call(
        key,
        sam,
        prompt_tokens=197,
        cached_tokens=192,
        image_tokens=0,
        completion_tokens=1,
        reasoning_tokens=146,
    )
    raised = model_json(completion_text_token_price=30_000)

    (effect,) = record_effects(look(team, raised))

    assert (effect.ticks, effect.calls, effect.unknown_calls) == (147 * 5_000, 1, 0)


def test_every_kind_of_token_counts_once(team: Team, key: ApiKey, sam: User) -> None:
    call(key, sam)

    (effect,) = record_effects(look(team, dearer()))

    assert effect.ticks == 70 * 5_000 - 400 * 1_000


def test_the_long_tier_is_chosen_by_each_call(
    team: Team, key: ApiKey, sam: User
) -> None:
    for prompt in (199_999, 200_000):
        call(key, sam, prompt_tokens=prompt, cached_tokens=0, image_tokens=0)
    raised = model_json(completion_text_token_price_long_context=60_000)

    (effect,) = record_effects(look(team, raised))

    assert effect.ticks == 70 * 10_000


def test_a_lower_threshold_costs_whole_calls_more(
    team: Team, key: ApiKey, sam: User
) -> None:
    call(key, sam, prompt_tokens=150_000, cached_tokens=0, image_tokens=0)
    lower = model_json(long_context_threshold=100_000)

    (effect,) = record_effects(look(team, lower))

    assert effect.ticks == 150_000 * 12_500 + 70 * 25_000


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"opened_at": THEN - timedelta(days=30, seconds=1)}, id="older"),
        pytest.param({"opened_at": THEN}, id="not before"),
        pytest.param({"state": "open", "settled_at": None}, id="in flight"),
        pytest.param({"endpoint": "tokenize"}, id="without a price"),
        pytest.param({"cost_ticks": 0, "prompt_tokens": None}, id="refused, and free"),
    ],
)
def test_other_calls_are_left_out(
    team: Team, key: ApiKey, sam: User, facts: dict[str, Any]
) -> None:
    call(key, sam, **facts)

    (effect,) = record_effects(look(team, dearer()))

    assert (effect.ticks, effect.calls, effect.unknown_calls) == (0, 0, 0)


def test_calls_of_other_teams_are_left_out(
    team: Team, other_team: Team, key: ApiKey, sam: User
) -> None:
    call(stored_key(other_team, "theirs"), sam)

    (effect,) = record_effects(look(team, dearer()))

    assert effect.calls == 0


@pytest.mark.parametrize("field", ["prompt_tokens", "cached_tokens"])
def test_tokens_that_were_not_told_make_the_call_unknown_and_not_free(
    team: Team, key: ApiKey, sam: User, field: str
) -> None:
    call(key, sam, **{field: None})
    call(key, sam)

    (effect,) = record_effects(look(team, dearer()))

    assert (effect.calls, effect.unknown_calls) == (1, 1)
    assert effect.ticks == 70 * 5_000 - 400 * 1_000


def test_what_the_messages_dialect_leaves_out_is_zero(
    team: Team, key: ApiKey, sam: User
) -> None:
    call(
        key,
        sam,
        endpoint="messages",
        cached_tokens=None,
        image_tokens=None,
        reasoning_tokens=None,
    )

    (effect,) = record_effects(look(team, dearer()))

    assert (effect.ticks, effect.calls) == (50 * 5_000, 1)


def test_an_odd_price_is_not_used(team: Team, key: ApiKey, sam: User) -> None:
    call(key, sam)

    assert record_effects(look(team, model_json(completion_text_token_price=0))) == []
    assert record_effects(look(team, model_json(), at=THEN + HOUR)) == []


def test_a_moved_alias_prices_the_calls_that_asked_for_it(
    team: Team, key: ApiKey, sam: User
) -> None:
    call(key, sam, model_asked="grok-4.3-latest")
    call(key, sam, model_asked="grok-4.3")
    newer = model_json(
        "grok-5", completion_text_token_price=26_000, aliases=["grok-4.3-latest"]
    )

    effects = record_effects(look(team, model_json(aliases=[]), newer))

    (effect,) = effects
    assert effect.change.kind == "alias"
    assert (effect.ticks, effect.calls) == (70 * 1_000, 1)


def test_a_model_that_left_tells_how_often_it_was_called(
    team: Team, key: ApiKey, sam: User
) -> None:
    call(key, sam)
    gone = record_missing(
        host="xai",
        team=team,
        models=LanguageModel.objects.values_list("pk", flat=True),
        seen_at=THEN,
    )

    (effect,) = record_effects(gone)

    assert (effect.ticks, effect.calls) == (None, 1)


def test_nothing_changed_asks_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert record_effects([]) == []


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_changes_takes_two_statements(
    team: Team, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    names = [f"grok-{n}" for n in range(number)]
    look(team, *(model_json(name) for name in names), at=NOON)
    sights = look(
        team, *(model_json(n, completion_text_token_price=30_000) for n in names)
    )

    with django_assert_num_queries(2):
        record_effects(sights)


def test_booked_costs_stay(team: Team, key: ApiKey, sam: User) -> None:
    record = call(key, sam)

    record_effects(look(team, dearer()))

    assert UsageRecord.objects.get(pk=record.pk).cost_ticks == 1


# An odd price


def odd() -> Json:
    return model_json(completion_text_token_price=2_500_000)


def confirm(by: User) -> None:
    PriceVersion.objects.exclude(odd=[]).update(confirmed_at=THEN, confirmed_by=by)


def test_an_odd_price_is_priced_once_it_is_confirmed(
    team: Team, key: ApiKey, sam: User, fin: User
) -> None:
    call(key, sam)
    assert record_effects(look(team, odd())) == []
    assert record_confirmed(most=9) == 0

    confirm(fin)

    assert record_confirmed(most=9) == 1
    effect = ChangeEffect.objects.get()
    assert effect.ticks == 70 * (2_500_000 - 25_000)
    assert (effect.team, effect.until) == (team, THEN)
    assert record_confirmed(most=9) == 0


def test_each_team_that_is_told_it_is_priced_as_far_as_one_turn_goes(
    team: Team, other_team: Team, key: ApiKey, sam: User, fin: User
) -> None:
    call(key, sam)
    look(other_team, model_json(), at=NOON)
    for each in (team, other_team):
        look(each, odd())
    confirm(fin)

    assert record_confirmed(most=1) == 1
    assert ChangeEffect.objects.count() == 1
    assert record_confirmed(most=9) == 1
    told = dict(ChangeEffect.objects.values_list("team__name", "calls"))
    assert told == {team.name: 1, other_team.name: 0}


def test_a_confirmed_price_after_a_doubted_one_is_not_priced(
    team: Team, key: ApiKey, fin: User
) -> None:
    look(team, odd())
    look(team, model_json(completion_text_token_price=0), at=THEN + HOUR)
    newest = PriceVersion.objects.newest().exclude(odd=[])
    newest.update(confirmed_at=THEN, confirmed_by=fin)

    assert record_confirmed(most=9) == 0


def test_the_task_prices_what_was_confirmed(
    team: Team, key: ApiKey, sam: User, fin: User
) -> None:
    look(team, odd())
    confirm(fin)

    reprice_confirmed()

    assert ChangeEffect.objects.count() == 1


tokens = st.none() | st.integers(0, 300_000)
prices = st.integers(1_000, 9_000)


class TestAnyCalls(TestCase):
    """A database case, since each example must start from empty tables."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        calls=st.lists(
            st.fixed_dictionaries({**dict.fromkeys(USED, tokens)})
            | st.fixed_dictionaries(
                {**dict.fromkeys(USED, tokens), "endpoint": st.just("messages")}
            ),
            max_size=6,
        ),
        before=st.tuples(prices, prices, prices, prices),
        after=st.tuples(prices, prices, prices, prices),
        thresholds=st.tuples(st.integers(0, 200_000), st.integers(0, 200_000)),
    )
    def test_the_sum_is_that_of_the_calls(
        self,
        calls: list[dict[str, Any]],
        before: tuple[int, ...],
        after: tuple[int, ...],
        thresholds: tuple[int, int],
    ) -> None:
        team = Team.objects.create(name="Search")
        sam = person("sam", Role.STAFF, team)
        look(team, _priced(before, thresholds[0]), at=NOON)
        for facts in calls:
            call(stored_key(team, label=str(len(facts))), sam, **facts)

        sights = look(team, _priced(after, thresholds[1]))
        sound = [s for s in sights if s.price_after and s.price_after.is_sound]
        record_effects(sights)

        for sight in sound:
            effect = ChangeEffect.objects.get()
            alone = [_alone(facts, sight) for facts in calls]
            assert effect.ticks == sum(each for each in alone if each is not None)
            assert effect.unknown_calls == alone.count(None)


def _priced(four: tuple[int, ...], threshold: int) -> Json:
    fresh, cached, image, output = four
    return model_json(
        prompt_text_token_price=fresh,
        cached_prompt_text_token_price=cached,
        prompt_image_token_price=image,
        completion_text_token_price=output,
        prompt_text_token_price_long_context=2 * fresh,
        cached_prompt_text_token_price_long_context=2 * cached,
        completion_text_token_price_long_context=2 * output,
        long_context_threshold=threshold,
    )


def _alone(facts: dict[str, Any], sight: ChangeSight) -> int | None:
    """Return the difference of one call by the function that books costs."""
    messages = facts.get("endpoint") == "messages"
    counts = {name: facts[name] for name in USED}
    if messages:
        counts |= {
            name: counts[name] or 0
            for name in ("cached_tokens", "image_tokens", "reasoning_tokens")
        }
    if None in counts.values():
        return None
    usage = xai.Usage(**counts)
    ends: list[PriceVersion | None] = [sight.price_before, sight.price_after]
    costs_of = [costs.cost_ticks(costs.Prices.of(one), usage) for one in ends if one]
    old, new = costs_of
    return None if old is None or new is None else new - old


def test_an_absurd_count_of_tokens_stops_nothing(
    key: ApiKey, sam: User, team: Team
) -> None:
    call(key, sam)
    call(key, sam, endpoint="messages", **dict.fromkeys(USED, ABSURD))

    sights = look(team, model_json(completion_text_token_price=26_000))

    (effect,) = record_effects(sights)
    assert (effect.calls, effect.unknown_calls, effect.ticks) == (1, 1, 70_000)

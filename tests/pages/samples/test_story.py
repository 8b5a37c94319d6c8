"""The story of the sample history beside the sandbox's world: pure, without rows."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from console import xai
from console.catalog import costs
from console.catalog.plausibility import odd_fields
from console.pages.samples import story
from console.pages.samples.calls import HABITS, SampleCall, calls, ending_of
from console.pages.samples.telling import HOUR, Telling
from console.sandbox import seed
from console.sandbox.control import Snapshot
from console.sandbox.models import Model
from console.usage.booking import cost_of
from console.usage.models import CostSource, Endpoint, Outcome


def telling_of(now: datetime) -> Telling:
    world = seed.new_world()
    snapshot = Snapshot(
        teams=[*world.teams.values()],
        keys=[*world.keys.values()],
        models=[*world.models.values()],
        settings=world.settings,
        faults=world.faults.standing,
    )
    return Telling(snapshot, now)


@pytest.fixture
def telling() -> Telling:
    return telling_of(datetime.now(UTC))


def test_its_moments_are_apart_and_of_the_last_thirty_days(telling: Telling) -> None:
    moments = telling.moments()

    assert moments[0] == telling.start == telling.now - timedelta(days=30)
    assert moments[-1] <= telling.now - HOUR
    assert all(later - earlier >= HOUR for earlier, later in pairwise(moments))
    down_from, down_until = map(telling.ago, story.OUTAGE)
    assert not any(down_from <= at < down_until for at in moments)


def test_it_names_what_the_sandbox_has(telling: Telling) -> None:
    models = {model.id: model for model in telling.world.models}
    keys = {key.name for key in telling.stored()}

    assert {then.model for then in story.MODELS} <= models.keys()
    assert {then.key for then in story.KEYS} <= keys
    assert {habit.key for habit in HABITS} <= keys
    known = {field.name for field in fields(Model)}
    for then in story.MODELS:
        assert then.facts.keys() <= known
        assert then.until < then.since
        now = models[then.model]
        told = {name: getattr(now, name) for name in then.facts}
        assert told != dict(then.facts) or not then.listed


def test_every_key_modified_in_that_time_was_something_else_before(
    telling: Telling,
) -> None:
    """Or its trace would be older than what it is the trace of."""
    for key in telling.stored():
        modified = datetime.fromisoformat(key.modify_time)
        if modified > telling.stored_at(key):
            before = telling.key(key, modified - HOUR)
            assert before.modify_time == key.create_time
            told = replace(
                before, modify_time=key.modify_time, modified_by=key.modified_by
            )
            assert told != key


def test_it_ends_as_the_sandbox_is(telling: Telling) -> None:
    for team in telling.world.teams:
        on_sale = [model for model in telling.world.models if not model.retired]
        assert telling.models(team.name, telling.now) == on_sale
    for key in telling.stored():
        assert telling.key(key, telling.now) == key


def test_no_price_of_it_is_odd(telling: Telling) -> None:
    before: dict[tuple[str, str], costs.Prices] = {}
    for at in [*telling.moments(), telling.now]:
        for team in telling.world.teams:
            for model in telling.models(team.name, at):
                prices = costs.Prices.of(model)
                known = before.get((team.name, model.id))
                assert odd_fields(known, prices) == []
                before[team.name, model.id] = prices


def test_a_blocked_key_is_told_no_models(telling: Telling) -> None:
    (key,) = (one for one in telling.stored() if one.name == "search-prod-rewrite")

    assert telling.shown_to(key, telling.ago(20.9)) is None
    assert telling.shown_to(key, telling.ago(20.3)) is not None


def test_what_does_not_answer_is_told_as_the_sandbox_tells_it(
    telling: Telling,
) -> None:
    keys = {key.name: key for key in telling.stored()}

    told = {
        name: telling.key_told(keys[name], telling.now)
        for name in ("platform-ci", "platform-sandbox", "lab-agents")
    }

    assert isinstance(told["platform-ci"], xai.KeyRejected)
    assert isinstance(told["platform-sandbox"], xai.UpstreamDown)
    assert isinstance(told["lab-agents"], xai.KeyInfo)


def calls_of_an_evening() -> tuple[Telling, list[SampleCall]]:
    telling = telling_of(datetime.now(UTC).replace(hour=20))
    return telling, calls(telling)


def test_calls_come_on_most_days_and_fewer_at_weekends() -> None:
    telling, made = calls_of_an_evening()
    whole = [telling.ago(day).date() for day in range(1, story.DAYS)]
    of_day = {day: sum(call.at.date() == day for call in made) for day in whole}
    workdays = [of_day[day] for day in whole if day.weekday() < 5]
    weekends = [of_day[day] for day in whole if day.weekday() >= 5]

    assert sum(map(bool, workdays)) >= len(workdays) - 2
    assert max(weekends) <= 3
    assert sum(workdays) / len(workdays) > 2 * sum(weekends) / len(weekends)
    assert 100 <= len(made) <= 400


def test_two_first_starts_tell_the_same_calls() -> None:
    now = datetime.now(UTC)

    told = [
        [
            (call.at, call.habit, call.usage, call.fate)
            for call in calls(telling_of(now))
        ]
        for _ in range(2)
    ]

    assert told[0] == told[1]


def test_nothing_is_called_that_could_not_be_called_then() -> None:
    telling, made = calls_of_an_evening()
    down_from, down_until = map(telling.ago, story.OUTAGE)
    for call in made:
        assert telling.start < call.at < telling.now
        assert not down_from <= call.at <= down_until
        on_sale = telling.models(telling.team_of(call.key), call.at)
        assert call.model in {model.id for model in on_sale}
        assert not telling.key(call.key, call.at).blocked


def test_every_source_of_a_cost_is_there() -> None:
    _, made = calls_of_an_evening()
    prices = costs.Prices(
        prompt_text_token_price=20_000,
        cached_prompt_text_token_price=5_000,
        completion_text_token_price=60_000,
        prompt_image_token_price=0,
    )
    sources = set()
    for call in made:
        ending = ending_of(call, prices)
        messages = call.habit.endpoint == Endpoint.MESSAGES
        cost = cost_of(prices, ending, messages=messages)
        sources.add(cost.source)
        if cost.source == CostSource.REPORTED:
            assert cost.ticks == cost.computed_ticks
        if ending.outcome == Outcome.REFUSED:
            assert cost.ticks == 0
    assert sources == set(CostSource) - {CostSource.ADJUSTED}

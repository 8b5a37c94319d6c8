"""Which channels are told of what, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team
from console.alerts import deciding, digests, incidents
from console.alerts.models import (
    AlertRule,
    Delivery,
    DeliveryState,
    Event,
    Incident,
)
from console.keys.models import ApiKey, KeyState
from tests.alerts.conftest import MakeChannel, bad_key, told, turn

pytestmark = pytest.mark.django_db


def opened(team: Team, state: KeyState = KeyState.REJECTED) -> ApiKey:
    key = bad_key(team, "search-ci", state)
    incidents.reconcile([key.pk])
    return key


def test_a_new_channel_is_told_of_everything_at_once(
    team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel()

    opened(team)

    assert told(channel) == [("opened", "waiting")]


def test_what_is_rolled_back_is_not_told(team: Team, make_channel: MakeChannel) -> None:
    make_channel()
    key = bad_key(team, "search-ci", KeyState.REJECTED)

    with transaction.atomic():
        incidents.reconcile([key.pk])
        transaction.set_rollback(True)

    assert not Incident.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("rule", "is_told"),
    [
        pytest.param({"kinds": ["rejected"]}, True, id="its kind"),
        pytest.param({"kinds": ["unreachable"]}, False, id="another kind"),
        pytest.param({"kinds": []}, True, id="all kinds"),
    ],
)
def test_a_rule_speaks_of_kinds(
    team: Team, make_channel: MakeChannel, rule: dict[str, Any], is_told: bool
) -> None:
    channel = make_channel(**rule)

    opened(team)

    assert bool(told(channel)) is is_told


def test_a_rule_speaks_of_a_team(
    team: Team, other_team: Team, make_channel: MakeChannel
) -> None:
    own = make_channel("own", team=team)
    other = make_channel("other", team=other_team)

    opened(team)

    assert told(own) == [("opened", "waiting")]
    assert told(other) == []


def test_an_outage_is_told_to_the_teams_whose_keys_it_silences(
    team: Team, other_team: Team, make_channel: MakeChannel
) -> None:
    own, other = make_channel("own", team=team), make_channel("b", team=other_team)
    for number in range(4):
        bad_key(team, str(number), KeyState.UNREACHABLE)

    incidents.sweep()

    assert told(own) == [("opened", "waiting")]
    assert told(other) == []


@pytest.mark.parametrize("change", [{"enabled": False}, {"removed_at": timezone.now()}])
def test_a_channel_that_is_off_or_removed_is_told_nothing(
    team: Team, make_channel: MakeChannel, change: dict[str, Any]
) -> None:
    channel = make_channel()
    type(channel).objects.update(**change)

    opened(team)

    assert told(channel) == []


def test_recovery_is_told_to_whoever_was_told_of_the_opening(
    team: Team, make_channel: MakeChannel
) -> None:
    before = make_channel("before")
    key = opened(team)
    after = make_channel("after")

    turn(key, KeyState.ACTIVE)

    assert told(before) == [("opened", "waiting"), ("closed", "waiting")]
    assert told(after) == []


def test_the_same_cause_is_not_told_again_while_it_cools_down(
    team: Team, make_channel: MakeChannel
) -> None:
    cool = make_channel("cool", cool_down=timedelta(hours=1))
    warm = make_channel("warm")
    key = opened(team)
    turn(key, KeyState.ACTIVE)

    turn(key, KeyState.REJECTED)
    turn(key, KeyState.ACTIVE)

    assert [state for _, state in told(cool)] == ["waiting", "waiting", "cooled"]
    assert [event for event, _ in told(warm)] == ["opened", "closed"] * 2


def test_after_the_cool_down_it_is_told_again(
    team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel(cool_down=timedelta(hours=1))
    key = opened(team)
    turn(key, KeyState.ACTIVE)
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=61))

    turn(key, KeyState.REJECTED)

    assert told(channel)[-1] == ("opened", "waiting")


def test_another_cause_does_not_wait_for_the_first_to_cool_down(
    team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel(cool_down=timedelta(hours=1))
    opened(team)

    bad = bad_key(team, "another", KeyState.REJECTED)
    incidents.reconcile([bad.pk])

    assert told(channel) == [("opened", "waiting")] * 2


def rule(**facts: Any) -> AlertRule:
    return AlertRule(**{"cool_down": None, "daily": False, **facts})


@pytest.mark.parametrize(
    ("rules", "event", "minutes", "state"),
    [
        ([rule()], Event.OPENED, None, DeliveryState.WAITING),
        ([rule(daily=True)], Event.OPENED, None, DeliveryState.HELD),
        ([rule(daily=True), rule()], Event.OPENED, None, DeliveryState.WAITING),
        ([rule()], Event.OPENED, 1, DeliveryState.WAITING),
        ([rule(cool_down=timedelta(hours=1))], Event.OPENED, 59, DeliveryState.COOLED),
        ([rule(cool_down=timedelta(hours=1))], Event.OPENED, 60, DeliveryState.WAITING),
        (
            [rule(cool_down=timedelta(hours=1)), rule(daily=True)],
            Event.OPENED,
            5,
            DeliveryState.HELD,
        ),
        ([rule(daily=True)], Event.ESCALATED, None, DeliveryState.WAITING),
    ],
)
def test_of_several_rules_the_most_urgent_wins(
    rules: list[AlertRule], event: Event, minutes: int | None, state: DeliveryState
) -> None:
    now = timezone.now()
    last = None if minutes is None else now - timedelta(minutes=minutes)
    incident = Incident(opened_at=now, began_at=now)

    assert deciding.state_of(rules, incident, event=event, last=last) == state


def at(hour: int, day: int = 20) -> datetime:
    return datetime(2026, 6, day, hour, 30, tzinfo=UTC)


def test_what_is_held_becomes_one_message_a_day(
    team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel(daily=True)
    key = opened(team)
    turn(key, KeyState.ACTIVE)
    assert [state for _, state in told(channel)] == ["held", "held"]

    assert digests.make_due(now=at(7)) == 0
    assert digests.make_due(now=at(8)) == 1
    assert digests.make_due(now=at(9)) == 0

    digest = Delivery.objects.get(event=Event.DIGEST)
    assert [one["event"] for one in digest.body["incidents"]] == ["opened", "closed"]
    assert digest.gathered.filter(state=DeliveryState.GATHERED).count() == 2


def test_what_is_held_after_the_digest_waits_for_the_next_day(
    team: Team, make_channel: MakeChannel
) -> None:
    make_channel(daily=True)
    key = opened(team)
    digests.make_due(now=at(8))
    turn(key, KeyState.ACTIVE)

    assert digests.make_due(now=at(10)) == 0
    assert digests.make_due(now=at(7, day=21)) == 0
    assert digests.make_due(now=at(8, day=21)) == 1


def test_a_day_without_messages_has_no_digest(make_channel: MakeChannel) -> None:
    make_channel(daily=True)

    assert digests.make_due(now=at(8)) == 0


def test_the_hour_of_the_digest_is_the_channels_own(
    team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel(daily=True)
    type(channel).objects.update(digest_hour=17)
    opened(team)

    assert digests.make_due(now=at(16)) == 0
    assert digests.make_due(now=at(17)) == 1


@pytest.mark.parametrize("number", [1, 30])
def test_deciding_costs_the_same_for_any_number_of_incidents(
    team: Team,
    make_channel: MakeChannel,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_channel("a")
    make_channel("b")
    for n in range(number):
        bad_key(team, str(n), KeyState.REJECTED)
    incidents.sweep()
    rows = list(Incident.objects.select_related("team", "key"))

    with django_assert_num_queries(3):
        deciding.decide(rows, Event.OPENED)

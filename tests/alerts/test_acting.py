"""Acknowledging an incident, and what reviews of outside changes bring."""

from __future__ import annotations

import pytest

from console.accounts.models import Team, User
from console.alerts import acting, incidents
from console.alerts.models import Ending, Incident
from console.alerts.refusals import AlreadyDone
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys import reviewing
from console.keys.models import ApiKey, KeyState
from tests.alerts.conftest import MakeChannel, bad_key, look_at, told, turn
from tests.keys.stored import stored_key

pytestmark = pytest.mark.django_db


def opened(team: Team) -> Incident:
    key = bad_key(team, "search-ci", KeyState.REJECTED)
    incidents.reconcile([key.pk])
    return Incident.objects.get()


def acknowledge(incident: Incident, by: User, note: str = "on it") -> Incident:
    return acting.acknowledge(incident=incident, note=note, by=by, actor=SYSTEM)


def test_acknowledging_notes_who_and_leaves_it_open(team: Team, ada: User) -> None:
    acknowledge(opened(team), ada)

    incident = Incident.objects.get()
    assert (incident.acknowledged_by, incident.note) == (ada, "on it")
    assert incident.closed_at is None
    entry = Entry.objects.latest("seq")
    assert (entry.action, entry.detail["note"]) == ("incident.acknowledged", "on it")


def test_the_second_one_is_told_so(team: Team, ada: User) -> None:
    incident = acknowledge(opened(team), ada)

    with pytest.raises(AlreadyDone, match="already"):
        acknowledge(incident, ada)


def test_what_is_over_is_not_acknowledged(team: Team, ada: User) -> None:
    incident = opened(team)
    turn(ApiKey.objects.get(), KeyState.ACTIVE)

    with pytest.raises(AlreadyDone, match="over"):
        acknowledge(incident, ada)


def test_confirming_the_last_look_ends_the_incident(team: Team, ada: User) -> None:
    key = stored_key(team, "search-ci")
    first, second = look_at(key, minutes_ago=50), look_at(key, minutes_ago=5)
    incidents.reconcile([key.pk])

    reviewing.confirm(change=first, note="known", actor=SYSTEM, by=ada)
    incident = Incident.objects.get()
    assert (incident.closed_at, incident.acknowledged_at) == (None, None)
    assert incident.detail["looks"] == 1

    reviewing.confirm(change=second, note="planned", actor=SYSTEM, by=ada)
    incident.refresh_from_db()
    assert incident.ending == Ending.CONFIRMED
    assert (incident.acknowledged_by, incident.note) == (ada, "planned")


def test_escalating_marks_the_incident_and_tells_the_channels(
    team: Team, ada: User, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    key = stored_key(team, "search-ci")
    change = look_at(key)
    incidents.reconcile([key.pk])

    reviewing.escalate(change=change, note="nobody knows", actor=SYSTEM, by=ada)
    incidents.sweep()

    incident = Incident.objects.get()
    assert incident.closed_at is None
    assert (incident.escalated_by, incident.note) == (ada, "nobody knows")
    assert told(channel) == [("opened", "waiting"), ("escalated", "waiting")]


def test_a_look_that_was_escalated_ends_when_it_is_confirmed_after_all(
    team: Team, ada: User
) -> None:
    key = stored_key(team, "search-ci")
    change = look_at(key)
    incidents.reconcile([key.pk])
    reviewing.escalate(change=change, note="", actor=SYSTEM, by=ada)

    reviewing.reopen(change=change, actor=SYSTEM, by=ada)
    assert Incident.objects.open().count() == 1
    reviewing.confirm(change=change, note="found", actor=SYSTEM, by=ada)

    assert Incident.objects.get().ending == Ending.CONFIRMED


def test_what_is_reopened_after_its_end_is_an_incident_again(
    team: Team, ada: User
) -> None:
    key = stored_key(team, "search-ci")
    change = look_at(key)
    incidents.reconcile([key.pk])
    reviewing.confirm(change=change, note="", actor=SYSTEM, by=ada)

    reviewing.reopen(change=change, actor=SYSTEM, by=ada)

    assert Incident.objects.open().count() == 1
    assert Incident.objects.count() == 2

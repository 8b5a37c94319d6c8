"""One incident per cause: opened, followed and closed by what is stored."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Team
from console.alerts import incidents
from console.alerts.models import Ending, Incident, IncidentKind
from console.audit.models import Entry
from console.keys.models import ApiKey, KeyState, Review
from tests.alerts.conftest import (
    MakeChannel,
    bad_key,
    look_at,
    open_kinds,
    told,
    turn,
)
from tests.keys.stored import stored_key

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "kind", "title"),
    [
        (KeyState.KEY_BLOCKED, "key_blocked", "xAI has blocked search-ci"),
        (KeyState.DISABLED, "key_disabled", "search-ci was switched off"),
        (KeyState.REJECTED, "rejected", "xAI does not accept search-ci"),
        (KeyState.UNREACHABLE, "unreachable", "search-ci gets no answer"),
        (KeyState.TEAM_BLOCKED, "team_blocked", "xAI has blocked the team Search"),
    ],
)
def test_each_bad_state_opens_an_incident_of_its_kind(
    team: Team, state: KeyState, kind: str, title: str
) -> None:
    key = bad_key(team, "search-ci", state, owner="Mara")

    incidents.reconcile([key.pk])

    incident = Incident.objects.get()
    assert (incident.kind, incident.title) == (kind, title)
    assert incident.began_at == key.state_since
    assert incident.team == team
    assert incident.closed_at is None


@pytest.mark.parametrize("state", [KeyState.ACTIVE, KeyState.UNKNOWN])
def test_a_good_state_opens_nothing(team: Team, state: KeyState) -> None:
    key = bad_key(team, "search-ci", state)

    incidents.reconcile([key.pk])

    assert open_kinds() == []


def test_a_blocked_team_is_one_incident_however_many_keys_it_stops(
    team: Team,
) -> None:
    keys = [bad_key(team, f"k{n}", KeyState.TEAM_BLOCKED) for n in range(10)]
    bad_key(team, "off", KeyState.DISABLED)

    incidents.reconcile([key.pk for key in keys])

    incident = Incident.objects.get(kind="team_blocked")
    assert incident.subject == str(team.pk)
    assert incident.sentence.startswith("10 keys stop. ")
    assert incident.detail["keys"] == 10


def test_few_keys_of_a_blocked_team_are_named(team: Team) -> None:
    keys = [bad_key(team, name, KeyState.TEAM_BLOCKED) for name in ("b", "a", "c")]

    incidents.reconcile([keys[0].pk])

    assert Incident.objects.get().sentence.startswith("3 keys stop: a, b and c. ")


def test_a_team_recovers_when_the_last_of_its_keys_does(team: Team) -> None:
    one, two = (bad_key(team, name, KeyState.TEAM_BLOCKED) for name in "ab")
    incidents.reconcile([one.pk, two.pk])

    turn(one, KeyState.ACTIVE)
    assert open_kinds() == ["team_blocked"]
    turn(two, KeyState.ACTIVE)

    incident = Incident.objects.get()
    assert incident.ending == Ending.RECOVERED
    assert incident.closed_at is not None


def test_doing_it_again_changes_nothing(team: Team) -> None:
    key = bad_key(team, "search-ci", KeyState.REJECTED)
    incidents.reconcile([key.pk])
    entries = Entry.objects.count()

    for _ in range(3):
        assert incidents.reconcile([key.pk]) == incidents.Settled()
        assert incidents.sweep() == incidents.Settled()

    assert Incident.objects.count() == 1
    assert Entry.objects.count() == entries


def test_a_cause_that_comes_back_is_a_new_incident(team: Team) -> None:
    key = bad_key(team, "search-ci", KeyState.REJECTED)
    incidents.reconcile([key.pk])
    turn(key, KeyState.ACTIVE)

    turn(key, KeyState.REJECTED)

    assert Incident.objects.count() == 2
    assert open_kinds() == ["rejected"]


def test_opening_and_closing_write_audit_entries_by_gatehouse(team: Team) -> None:
    key = bad_key(team, "search-ci", KeyState.REJECTED)
    incidents.reconcile([key.pk])

    turn(key, KeyState.ACTIVE)

    closed, opened = Entry.objects.order_by("-seq")[:2]
    assert (opened.action, closed.action) == ("incident.opened", "incident.closed")
    assert opened.actor_kind == closed.actor_kind == "system"
    assert opened.team_id == team.pk
    assert closed.detail["ending"] == "recovered"


def test_another_key_in_its_place_is_an_identity_mismatch(team: Team) -> None:
    key = bad_key(
        team, "search-ci", KeyState.REJECTED, xai_key_id="a", mistaken_for="b\x1b"
    )

    incidents.reconcile([key.pk])

    incident = Incident.objects.get()
    assert incident.kind == IncidentKind.IDENTITY
    assert "answered for the key b\\x1b" in incident.sentence
    assert incident.detail["expected"] == "a"


def test_one_trouble_that_becomes_another_is_replaced(team: Team) -> None:
    key = bad_key(team, "search-ci", KeyState.REJECTED)
    incidents.reconcile([key.pk])
    before = Incident.objects.get()

    turn(key, KeyState.DISABLED)

    before.refresh_from_db()
    assert before.ending == Ending.REPLACED
    after = Incident.objects.open().get()
    assert after.kind == IncidentKind.KEY_DISABLED
    assert after.detail["replaces"] == [str(before.pk)]


def test_a_blocked_team_takes_over_the_incidents_of_its_keys(
    team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    key = bad_key(team, "search-ci", KeyState.KEY_BLOCKED)
    incidents.reconcile([key.pk])

    turn(key, KeyState.TEAM_BLOCKED)

    assert Incident.objects.get(kind="key_blocked").ending == Ending.MERGED
    assert open_kinds() == ["team_blocked"]
    assert [event for event, _ in told(channel)] == ["opened", "opened"]


@pytest.mark.parametrize("change", [{"watched": False}, {"removed_at": timezone.now()}])
@pytest.mark.parametrize("state", [KeyState.REJECTED, KeyState.TEAM_BLOCKED])
def test_a_key_that_is_not_watched_or_removed_closes_its_incident(
    team: Team, state: KeyState, change: dict[str, object]
) -> None:
    key = bad_key(team, "search-ci", state)
    incidents.reconcile([key.pk])

    ApiKey.objects.filter(pk=key.pk).update(**change)
    incidents.sweep()

    assert Incident.objects.get().ending == Ending.REMOVED


def test_two_silent_keys_of_two_are_two_incidents(team: Team) -> None:
    for name in "ab":
        bad_key(team, name, KeyState.UNREACHABLE)

    incidents.sweep()

    assert open_kinds() == ["unreachable", "unreachable"]
    assert not Incident.objects.filter(key=None).exists()


def test_three_silent_keys_of_seven_are_three_incidents(team: Team) -> None:
    for number in range(7):
        state = KeyState.UNREACHABLE if number < 3 else KeyState.ACTIVE
        bad_key(team, str(number), state)

    incidents.sweep()

    assert Incident.objects.open().exclude(key=None).count() == 3


def test_a_host_that_answers_nobody_is_one_incident_in_place_of_its_keys(
    team: Team, other_team: Team, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    keys = [stored_key(team, str(n)) for n in range(5)]
    stored_key(other_team, "elsewhere", state=KeyState.ACTIVE)
    for key in keys[:2]:
        turn(key, KeyState.UNREACHABLE)
    assert open_kinds() == ["unreachable", "unreachable"]

    turn(keys[2], KeyState.UNREACHABLE)

    incident = Incident.objects.open().get()
    assert (incident.subject, incident.key, incident.team) == ("xai", None, None)
    assert incident.detail["team_ids"] == [str(team.pk)]
    assert len(incident.detail["replaces"]) == 2
    assert Incident.objects.filter(ending=Ending.MERGED).count() == 2
    assert [event for event, _ in told(channel)] == ["opened"] * 3


def test_after_an_outage_the_keys_that_were_not_asked_yet_are_no_cause(
    team: Team,
) -> None:
    keys = [bad_key(team, str(n), KeyState.UNREACHABLE) for n in range(6)]
    incidents.sweep()

    for key in keys[:4]:
        turn(key, KeyState.ACTIVE)
    incidents.sweep()
    assert Incident.objects.get().ending == Ending.RECOVERED

    turn(keys[5], KeyState.UNREACHABLE)  # asked again, and silent still
    assert Incident.objects.open().get().key == keys[5]


def test_looks_at_one_key_are_one_incident_that_holds_the_newest(team: Team) -> None:
    key = stored_key(team, "search-ci")
    look_at(key, minutes_ago=60, field="name")
    incidents.reconcile([key.pk])
    assert Incident.objects.get().title == "search-ci changed outside Gatehouse"

    newest = look_at(key, minutes_ago=5)
    incidents.reconcile([key.pk])

    incident = Incident.objects.get()
    assert incident.detail["looks"] == 2
    assert incident.detail["gap_until"] == newest.gap_until.isoformat()
    assert "Its rights were " in incident.sentence
    assert "by the user 3d38b4dc" in incident.sentence


def test_an_outside_change_ends_when_no_look_waits(team: Team) -> None:
    key = stored_key(team, "search-ci")
    change = look_at(key)
    incidents.reconcile([key.pk])

    change.review = Review.CONFIRMED
    change.save()
    ApiKey.objects.filter(pk=key.pk).update(outside_changes=0)
    incidents.reconcile([key.pk])

    assert Incident.objects.get().ending == Ending.CONFIRMED


def test_a_bad_state_and_an_outside_change_are_two_causes(team: Team) -> None:
    key = bad_key(team, "search-ci", KeyState.DISABLED)
    look_at(key)

    incidents.sweep()

    assert open_kinds() == ["key_disabled", "outside_change"]


def test_the_sweep_finds_what_was_there_before(team: Team, other_team: Team) -> None:
    for number in range(30):
        bad_key(team, f"a{number}", KeyState.TEAM_BLOCKED)
        bad_key(other_team, f"b{number}", KeyState.REJECTED)

    assert incidents.sweep() == incidents.Settled(opened=31)


def test_the_sweep_goes_on_until_all_is_done(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "AT_ONCE", 4)
    keys = [bad_key(team, f"k{number}", KeyState.REJECTED) for number in range(10)]

    assert incidents.sweep() == incidents.Settled(opened=10)

    ApiKey.objects.filter(pk__in=[key.pk for key in keys]).update(state="active")
    assert incidents.sweep() == incidents.Settled(closed=10)


def test_a_sealed_vault_opens_nothing(team: Team, settings: Settings) -> None:
    bad_key(team, "search-ci", KeyState.REJECTED)
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    assert incidents.sweep() == incidents.Settled()


def test_nothing_to_look_at_costs_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        incidents.reconcile([])


@pytest.mark.parametrize("number", [1, 60])
def test_looking_costs_the_same_for_any_number_of_keys(
    team: Team, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        look_at(bad_key(team, str(n), KeyState.REJECTED))
    bad_key(team, "blocked", KeyState.TEAM_BLOCKED)
    incidents.sweep()

    with django_assert_num_queries(5):
        incidents.sweep()


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_open_one(team: Team) -> None:
    keys = [bad_key(team, str(n), KeyState.TEAM_BLOCKED) for n in range(4)]
    start = threading.Barrier(4)

    def work(key: ApiKey) -> None:
        start.wait()
        incidents.reconcile([key.pk])
        incidents.sweep()
        connection.close()

    threads = [threading.Thread(target=work, args=[key]) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Incident.objects.count() == 1
    assert Entry.objects.filter(action="incident.opened").count() == 1


def test_the_database_itself_refuses_a_second_one(team: Team) -> None:
    key = bad_key(team, "search-ci", KeyState.REJECTED)
    incidents.reconcile([key.pk])
    twin = Incident(kind="rejected", subject=str(key.pk), began_at=timezone.now())

    Incident.objects.bulk_create([twin], ignore_conflicts=True)

    assert Incident.objects.count() == 1


def test_age_does_not_matter(team: Team) -> None:
    key = bad_key(team, "search-ci", KeyState.KEY_BLOCKED)
    long_ago = timezone.now() - timedelta(days=40)
    ApiKey.objects.filter(pk=key.pk).update(state_since=long_ago)

    incidents.sweep()

    assert Incident.objects.get().began_at == long_ago

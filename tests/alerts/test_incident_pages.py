"""The register of incidents, one incident, and acknowledging it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console import vault
from console.accounts.models import Team, User
from console.alerts import incidents, noticing
from console.alerts.models import Incident
from console.audit.models import Entry
from console.keys.models import ApiKey, KeyState
from tests.alerts.conftest import MakeChannel, bad_key, look_at, turn
from tests.keys.stored import stored_key
from tests.people import ClientOf

URL = "/incidents/"


def opened(team: Team, label: str = "search-ci") -> Incident:
    key = bad_key(team, label, KeyState.REJECTED)
    incidents.reconcile([key.pk])
    return Incident.objects.get(key=key)


def test_lists_open_incidents_before_those_that_are_over(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    old = opened(team, "first")
    turn(ApiKey.objects.get(label="first"), KeyState.ACTIVE)
    opened(team, "second")
    Incident.objects.filter(pk=old.pk).update(
        opened_at=timezone.now() + timedelta(hours=1)
    )

    page = client_of(ada).get(URL).text

    assert page.index("does not accept second") < page.index("does not accept first")
    assert "recovered by itself" in page


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("", {"a", "b", "c"}),
        ("?show=open", {"a", "b"}),
        ("?show=new", {"a", "b"}),
        ("?show=closed", {"c"}),
        ("?show=week", {"c"}),
        ("?kind=key_blocked", {"b"}),
        ("?kind=key_blocked&show=closed", set()),
        ("?show=nonsense&kind=nonsense&team=nonsense&page=nonsense", {"a", "b", "c"}),
    ],
)
def test_filters_live_in_the_address(
    client_of: ClientOf, ada: User, team: Team, query: str, labels: set[str]
) -> None:
    bad_key(team, "key-a", KeyState.REJECTED)
    bad_key(team, "key-b", KeyState.KEY_BLOCKED)
    over = bad_key(team, "key-c", KeyState.REJECTED)
    incidents.sweep()
    turn(over, KeyState.ACTIVE)

    page = client_of(ada).get(URL + query).text

    assert {label for label in "abc" if f"key-{label}<" in page} == labels


def test_chips_count_what_they_lead_to(
    client_of: ClientOf, ada: User, team: Team, other_team: Team
) -> None:
    opened(team, "a")
    opened(other_team, "b")

    page = client_of(ada).get(f"{URL}?team={team.pk}").text

    assert "Open <b>1</b>" in page
    assert "Rejected <b>1</b>" in page


def test_hides_the_incidents_of_other_teams_and_of_none(
    client_of: ClientOf, mia: User, sam: User, olga: User, team: Team
) -> None:
    opened(team)
    noticing.note_silence(None)

    assert "search-ci" not in client_of(mia).get(URL).text
    assert "No incident yet" in client_of(mia).get(URL).text
    own = client_of(sam).get(URL).text
    assert "search-ci" in own
    assert "Poller silent" not in own.split("<main")[1].split("</main")[0]
    assert "Poller silent" in client_of(olga).get(URL).text


def test_one_incident_of_another_team_does_not_exist(
    client_of: ClientOf, mia: User, team: Team
) -> None:
    incident = opened(team)

    assert client_of(mia).get(f"{URL}{incident.pk}/").status_code == 404


def test_answers_htmx_with_the_table_alone(client_of: ClientOf, ada: User) -> None:
    part = client_of(ada).get(URL, headers={"HX-Request": "true"}).text

    assert part.lstrip().startswith("<section")
    assert "<html" not in part


@pytest.mark.usefixtures("contexts")
def test_pages_are_walked_without_repeating(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    for number in range(60):
        bad_key(team, f"key-{number:02}", KeyState.REJECTED)
    incidents.sweep()
    browser = client_of(ada)

    first = browser.get(URL)
    cursor = first.context["register"].page.after
    second = browser.get(f"{URL}?page={cursor}")

    seen = [row.pk for page in (first, second) for row in _rows(page.context)]
    assert len(seen) == len(set(seen)) == 60


def _rows(context: object) -> list[Incident]:
    return list(context["register"].page.rows)  # type: ignore[index]


@pytest.mark.parametrize("format", ["csv", "json"])
def test_the_files_hold_the_filtered_rows_and_are_audited(
    client_of: ClientOf, ada: User, team: Team, format: str
) -> None:
    opened(team)
    bad_key(team, "=cmd|x", KeyState.KEY_BLOCKED)
    incidents.sweep()

    answer = client_of(ada).get(f"{URL}?kind=rejected&format={format}")

    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "search-ci" in text
    assert "=cmd" not in text
    if format == "json":
        assert json.loads(text)[0]["team"] == team.name
    entry = Entry.objects.latest("seq")
    assert (entry.action, entry.detail["kind"]) == ("incidents.exported", "rejected")


def test_a_file_holds_nothing_of_other_teams(
    client_of: ClientOf, mia: User, team: Team
) -> None:
    opened(team)

    answer = client_of(mia).get(f"{URL}?format=csv")

    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1


def test_one_incident_tells_its_story(
    client_of: ClientOf, ada: User, team: Team, make_channel: MakeChannel
) -> None:
    make_channel("the on-call phone")
    incident = opened(team)
    browser = client_of(ada)
    browser.post(f"{URL}{incident.pk}/acknowledge/", {"note": "calling Priya"})
    turn(ApiKey.objects.get(), KeyState.ACTIVE)

    page = browser.get(f"{URL}{incident.pk}/").text

    assert "Gatehouse opened the incident" in page
    assert "Ada acknowledged it" in page
    assert "calling Priya" in page
    assert "Over: recovered by itself" in page
    assert page.count("the on-call phone") == 2


def test_staff_do_not_see_the_channels(
    client_of: ClientOf, sam: User, team: Team, make_channel: MakeChannel
) -> None:
    make_channel("the on-call phone")
    incident = opened(team)

    page = client_of(sam).get(f"{URL}{incident.pk}/").text

    assert "Who was told" not in page
    assert "on-call phone" not in page


def test_a_blocked_team_shows_the_keys_it_stops(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    for number in range(3):
        bad_key(team, f"lab-{number}", KeyState.TEAM_BLOCKED)
    incidents.sweep()

    page = client_of(ada).get(f"{URL}{Incident.objects.get().pk}/").text

    assert all(f">lab-{number}</a>" in page for number in range(3))
    assert "<dt>Keys</dt><dd>3</dd>" in page


def test_an_outside_change_leads_to_its_review(
    client_of: ClientOf, ada: User, sam: User, team: Team
) -> None:
    change = look_at(stored_key(team))
    incidents.sweep()
    url = f"{URL}{Incident.objects.get().pk}/"

    page = client_of(ada).get(url).text
    assert f'href="/keys/changes/{change.pk}/confirm/"' in page
    assert f'href="/keys/changes/{change.pk}/escalate/"' in page
    assert "/confirm/" not in client_of(sam).get(url).text


def test_acknowledging_goes_back_to_where_the_button_was(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    incident = opened(team)
    headers = {"Referer": "http://testserver/"}

    answer = client_of(ada).post(
        f"{URL}{incident.pk}/acknowledge/", {}, headers=headers
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    incident.refresh_from_db()
    assert incident.acknowledged_by == ada


def test_a_key_in_a_note_is_refused(client_of: ClientOf, ada: User, team: Team) -> None:
    incident = opened(team)

    client_of(ada).post(
        f"{URL}{incident.pk}/acknowledge/", {"note": "xai-" + "A1b2C3d4" * 10}
    )

    incident.refresh_from_db()
    assert incident.acknowledged_at is None


@pytest.mark.parametrize("who", ["olga", "fin", "sam"])
def test_others_may_not_acknowledge(
    client_of: ClientOf, team: Team, who: str, request: pytest.FixtureRequest
) -> None:
    url = f"{URL}{opened(team).pk}/acknowledge/"

    assert client_of(request.getfixturevalue(who)).post(url).status_code == 403


def test_strangers_and_other_methods(
    client: Client, client_of: ClientOf, ada: User, team: Team
) -> None:
    incident = opened(team)

    assert client.get(URL).status_code == 302
    assert client_of(ada).post(URL).status_code == 405
    assert client_of(ada).get(f"{URL}{incident.pk}/acknowledge/").status_code == 405


def test_escapes_what_people_wrote(client_of: ClientOf, ada: User, team: Team) -> None:
    incident = opened(team, "<script>alert(1)</script>")
    browser = client_of(ada)

    for url in (URL, f"{URL}{incident.pk}/"):
        assert "<script>alert" not in browser.get(url).text


@pytest.mark.parametrize("number", [1, 40])
def test_asks_the_same_number_of_queries_for_any_number(
    client_of: ClientOf,
    ada: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        bad_key(team, str(n), KeyState.REJECTED)
    incidents.sweep()
    browser = client_of(ada)
    vault.state()

    with django_assert_num_queries(10):
        browser.get(URL)

"""One thing done to many keys, as the inventory's bar does it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Role, Team, User
from console.audit.models import Entry
from console.keys import selection
from console.keys.models import ApiKey
from console.polling.models import PollState
from tests.keys.stored import key, stored_key
from tests.people import SECRET, ClientOf, person

PART = {"HX-Request": "true"}
ACTS = ("owner", "tag", "untag", "pause", "resume")
CHANGED = Entry.objects.filter(object_kind="key")


def url(act: str) -> str:
    return f"/keys/bulk/{act}/"


def ids(*keys: ApiKey) -> str:
    return ",".join(str(each.pk) for each in keys)


@pytest.fixture
def keys(team: Team) -> list[ApiKey]:
    """Three keys of `team`."""
    return [
        stored_key(team, "a", owner="Amy", tags=["eu"]),
        stored_key(team, "b"),
        stored_key(team, "c", watched=False),
    ]


@pytest.mark.parametrize(
    ("act", "sent", "words"),
    [
        ("owner", {}, "Set the owner of 2 keys"),
        ("tag", {}, "Add tags to 2 keys"),
        ("untag", {}, "Remove tags from 2 keys"),
        ("pause", {}, "Stop watching 2 keys"),
        ("resume", {}, "Watch 2 keys again"),
    ],
)
def test_it_is_said_what_will_happen_to_how_many(
    client_of: ClientOf,
    ada: User,
    keys: list[ApiKey],
    act: str,
    sent: dict[str, str],
    words: str,
) -> None:
    ticks = {"key": [str(keys[0].pk), str(keys[1].pk)]}

    part = client_of(ada).get(url(act), ticks, headers=PART).text
    page = client_of(ada).get(url(act), ticks).text

    assert words in part
    assert "<html" not in part
    assert words in page
    assert "<html" in page
    assert not CHANGED.exists()


@pytest.mark.parametrize(
    ("act", "sent", "field", "expected", "changed"),
    [
        ("owner", {"owner": "Zoe"}, "owner", ["Zoe", "Zoe", "Zoe"], 3),
        ("owner", {"owner": "Amy"}, "owner", ["Amy", "Amy", "Amy"], 2),
        ("owner", {"owner": ""}, "owner", ["", "", ""], 1),
        ("tag", {"tags": "EU, ci"}, "tags", [["eu", "ci"]] * 3, 3),
        ("untag", {"tags": "eu"}, "tags", [[], [], []], 1),
        ("pause", {}, "watched", [False, False, False], 2),
        ("resume", {}, "watched", [True, True, True], 1),
    ],
)
def test_an_act_changes_all_with_one_entry_for_each_that_differs(
    client_of: ClientOf,
    ada: User,
    keys: list[ApiKey],
    act: str,
    sent: dict[str, str],
    field: str,
    expected: list[Any],
    changed: int,
) -> None:
    before = dict(ApiKey.objects.values_list("label", field))

    answer = client_of(ada).post(
        url(act), {"keys": ids(*keys), "back": "sort=name&q=x", **sent}
    )

    assert answer.status_code == 303
    assert answer["Location"] == "/keys/?q=x&sort=name"
    stored = ApiKey.objects.order_by("label").values_list(field, flat=True)
    assert list(stored) == expected
    entries = CHANGED.order_by("seq")
    assert len(entries) == changed
    for entry in entries:
        assert entry.actor_name == "ada"
        assert entry.detail["before"][field] == before[entry.object_name]
    assert len({entry.request_id for entry in entries}) == 1


def test_a_toast_tells_the_numbers_and_undoes(
    client_of: ClientOf, ada: User, keys: list[ApiKey]
) -> None:
    browser = client_of(ada)
    page = browser.post(
        url("owner"), {"keys": ids(*keys), "owner": "Amy"}, follow=True
    ).text
    assert "The owner of 2 keys was set. For 1 key there was nothing" in page
    ApiKey.objects.filter(label="c").update(owner="Somebody since")

    page = browser.post(
        "/keys/bulk/undo/", {"token": _token(page), "back": "q=y"}, follow=True
    ).text

    assert "1 key are as they were" not in page
    assert "1 key is as it was before" in page
    owners = dict(ApiKey.objects.values_list("label", "owner"))
    assert owners == {"a": "Amy", "b": "", "c": "Somebody since"}
    assert CHANGED.filter(object_name="b").count() == 2


def test_watching_is_undone_as_its_opposite(
    client_of: ClientOf, ada: User, keys: list[ApiKey]
) -> None:
    browser = client_of(ada)
    page = browser.post(url("pause"), {"keys": ids(*keys)}, follow=True).text

    browser.post("/keys/bulk/undo/", {"token": _token(page)})

    watched = dict(ApiKey.objects.values_list("label", "watched"))
    assert watched == {"a": True, "b": True, "c": False}
    assert CHANGED.filter(action="key.watch_resumed").count() == 2


def test_nobody_undoes_what_another_person_did(
    client_of: ClientOf, ada: User, team: Team, keys: list[ApiKey]
) -> None:
    other = person("bob", Role.ADMIN, team)
    done = {"keys": ids(*keys), "owner": "Zoe"}
    page = client_of(ada).post(url("owner"), done, follow=True).text

    answer = client_of(other).post(
        "/keys/bulk/undo/", {"token": _token(page)}, follow=True
    )

    assert "cannot be undone" in answer.text
    assert set(ApiKey.objects.values_list("owner", flat=True)) == {"Zoe"}


@pytest.mark.parametrize("token", ["", "nonsense", "WzEsOTld:1tNsen:abc"])
def test_a_made_up_token_undoes_nothing(
    client_of: ClientOf, ada: User, token: str
) -> None:
    page = client_of(ada).post("/keys/bulk/undo/", {"token": token}, follow=True).text

    assert "cannot be undone" in page


def _token(page: str) -> str:
    return page.split('name="token" value="', 1)[1].split('"', 1)[0]


@pytest.mark.parametrize("act", ["owner", "tag"])
def test_a_secret_or_a_bad_tag_is_refused_in_place(
    client_of: ClientOf, ada: User, keys: list[ApiKey], act: str
) -> None:
    sent = {"keys": ids(*keys), "owner": SECRET, "tags": "a<b"}

    answer = client_of(ada).post(url(act), sent, headers=PART)

    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert SECRET not in answer.text
    assert not CHANGED.exists()


def test_too_many_tags_change_no_key_at_all(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    full = stored_key(team, "full", tags=[str(n) for n in range(10)])
    empty = stored_key(team, "empty")

    answer = client_of(ada).post(
        url("tag"), {"keys": ids(empty, full), "tags": "more"}, headers=PART
    )

    assert answer.status_code == 422
    assert "“full” would have more than 10 tags" in answer.text.replace("&quot;", "")
    assert ApiKey.objects.get(label="empty").tags == []


def test_all_that_match_are_picked_by_the_filters_of_the_list(
    client_of: ClientOf, ada: User, keys: list[ApiKey]
) -> None:
    back = {"back": "owner=amy", "all": "1"}
    page = client_of(ada).get(url("pause"), back, headers=PART).text

    assert "Stop watching 1 key" in page
    assert keys[0].pk.hex in page
    assert keys[1].pk.hex not in page


def test_more_than_an_act_may_change_is_refused_with_the_number(
    client_of: ClientOf, ada: User, keys: list[ApiKey], monkeypatch: Any
) -> None:
    monkeypatch.setattr(selection, "MOST", 2)

    page = client_of(ada).get(url("pause"), {"all": "1"}, follow=True).text

    assert "3 keys match, and one act changes at most 2." in page


@pytest.mark.parametrize("sent", [{}, {"key": "x"}, {"keys": ",,"}, {"all": ""}])
def test_without_a_pick_nothing_happens(
    client_of: ClientOf, ada: User, keys: list[ApiKey], sent: dict[str, str]
) -> None:
    browser = client_of(ada)

    assert "No key was picked" in browser.get(url("pause"), sent, follow=True).text
    assert "No key was picked" in browser.post(url("pause"), sent, follow=True).text
    assert not CHANGED.exists()


def test_keys_of_other_teams_are_as_if_they_did_not_exist(
    client_of: ClientOf, team: Team, other_team: Team
) -> None:
    """Admins see all teams, so the other team's key is one that was removed."""
    ada = person("ada", Role.ADMIN, team)
    mine = stored_key(team, "mine")
    gone = stored_key(other_team, "gone", removed_at=timezone.now())

    page = client_of(ada).get(url("owner"), {"key": [str(mine.pk), str(gone.pk)]}).text
    client_of(ada).post(url("owner"), {"keys": ids(mine, gone), "owner": "Zoe"})

    assert "Set the owner of 1 key" in page
    assert "gone" not in page
    gone.refresh_from_db()
    assert gone.owner == ""


@pytest.mark.parametrize("act", [*ACTS, "undo"])
@pytest.mark.parametrize("who", ["sam", "fin", "olga"])
def test_only_admins_may(
    client_of: ClientOf, request: pytest.FixtureRequest, act: str, who: str
) -> None:
    user = request.getfixturevalue(who)

    assert client_of(user).post(url(act)).status_code == 403


def test_strangers_are_led_to_the_sign_in_page(client: Client, db: None) -> None:
    assert client.get(url("owner"))["Location"].startswith("/account/login/")


def test_an_old_proof_leads_htmx_to_the_password(
    client: Client, ada: User, keys: list[ApiKey], settings: Settings
) -> None:
    settings.TRYOUT = False
    client.force_login(ada, backend="console.accounts.sessions.PeopleBackend")

    answer = client.get(url("owner"), {"key": str(keys[0].pk)}, headers=PART)

    assert answer.status_code == 204
    assert "reauthenticate" in answer["HX-Redirect"]


def test_a_sealed_vault_changes_nothing(
    client_of: ClientOf, ada: User, keys: list[ApiKey], settings: Settings
) -> None:
    browser = client_of(ada)
    settings.KEK_FILE = settings.KEK_FILE.with_name("none")
    vault.forget()

    answer = browser.post(url("owner"), {"keys": ids(*keys), "owner": "Zoe"})

    assert answer.status_code == 422
    assert not ApiKey.objects.filter(owner="Zoe").exists()


def test_checking_asks_the_watched_ones_and_tells_how_many(
    client_of: ClientOf, olga: User, keys: list[ApiKey]
) -> None:
    browser = client_of(olga)
    page = browser.get(
        "/keys/check/", {"key": [str(k.pk) for k in keys]}, headers=PART
    ).text
    assert "about 2 of them" in page

    told = browser.post("/keys/check/", {"keys": ids(*keys)}, follow=True).text
    again = browser.post("/keys/check/", {"keys": ids(*keys)}, follow=True).text

    assert "xAI is being asked about 2 of 3 keys. 1 is not watched." in told
    assert "about 0 of 3 keys. 2 were asked for less than a minute ago." in again
    assert PollState.objects.exclude(asked_at=None).count() == 4
    assert Entry.objects.filter(action="key.checked_by_hand").count() == 2


def test_staff_may_not_check(client_of: ClientOf, sam: User) -> None:
    assert client_of(sam).post("/keys/check/").status_code == 403


@pytest.mark.parametrize("format", ["csv", "json"])
def test_files_hold_the_ticked_keys_alone(
    client_of: ClientOf, sam: User, other_team: Team, keys: list[ApiKey], format: str
) -> None:
    elsewhere = stored_key(other_team, "elsewhere")
    ticked = [str(keys[1].pk), str(elsewhere.pk)]
    wanted = {"format": format, "key": ticked, "back": "q=nothing"}

    text = client_of(sam).get("/keys/", wanted).getvalue().decode()

    rows = json.loads(text) if format == "json" else csv.DictReader(io.StringIO(text))
    assert [row["label"] for row in rows] == ["b"]
    entry = Entry.objects.get(action="keys.exported")
    assert entry.detail == {"format": format, "ticked": "2"}


def test_many_keys_cost_the_queries_of_two(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    browser, asked = client_of(ada), []
    for number in (2, 2, 50):  # the first one also reads what is kept for a while
        made = ApiKey.objects.bulk_create(
            key(team, f"{number} {n}") for n in range(number)
        )
        with CaptureQueriesContext(connection) as queries:
            browser.post(url("owner"), {"keys": ids(*made), "owner": "Zoe"})
        asked.append(len(queries))

    assert asked[1] == asked[2]

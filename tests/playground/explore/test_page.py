"""The page that asks xAI: who may choose which key, and what is refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Membership, Team, User
from console.audit.models import Entry
from console.keys.models import ApiKey, KeyState
from console.playground.explore import views
from console.relay import reading
from tests.people import SECRET, ClientOf
from tests.relay import stock

PAGE = reverse("playground:explore")
ASK = reverse("playground:stream_explore")


@pytest.fixture
def usable_key(api_key: ApiKey) -> ApiKey:
    return stock.usable(api_key, stock.language_model())


def asked(key: object, read: str = "key", model: str = "") -> dict[str, str]:
    pk = key.pk if isinstance(key, ApiKey) else key
    return {"key": str(pk), "read": read, "model": model}


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_a_member_chooses_among_the_keys_of_their_teams(
    client_of: ClientOf, usable_key: ApiKey, who: str, request: pytest.FixtureRequest
) -> None:
    page = client_of(request.getfixturevalue(who)).get(PAGE).text

    assert f'<option value="{usable_key.pk}" selected>search-prod</option>' in page
    assert '<option value="grok-4.3"></option>' in page
    for read in reading.Read.labels:
        assert f">{read}</option>" in page
    assert SECRET not in page
    assert SECRET[-4:] not in page


@pytest.mark.parametrize("who", ["olga", "fin"])
def test_whoever_belongs_to_no_team_reads_why(
    client_of: ClientOf, usable_key: ApiKey, who: str, request: pytest.FixtureRequest
) -> None:
    browser = client_of(request.getfixturevalue(who))

    page = browser.get(PAGE).text

    assert "You belong to no team" in page
    assert "search-prod" not in page
    assert browser.post(ASK, asked(usable_key)).status_code == 404


@pytest.mark.parametrize("key", ["theirs", "nobodys", "removed"])
def test_any_other_key_does_not_exist(
    client_of: ClientOf, mia: User, sam: User, usable_key: ApiKey, key: str
) -> None:
    ApiKey.objects.filter(pk=usable_key.pk).update(
        removed_at=timezone.now() if key == "removed" else None
    )
    person = sam if key == "removed" else mia
    sent = uuid4() if key == "nobodys" else usable_key.pk

    answer = client_of(person).post(ASK, asked(sent))

    assert answer.status_code == 404
    assert "search-prod" not in answer.text
    assert not Entry.objects.filter(action=reading.ACTION).exists()


def test_an_admin_is_bound_to_their_teams_too(
    client_of: ClientOf, ada: User, other_team: Team
) -> None:
    key = stock.stored(other_team, "elsewhere-prod")
    browser = client_of(ada)

    assert "elsewhere-prod" not in browser.get(PAGE).text
    assert browser.post(ASK, asked(key)).status_code == 404


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param({"key": ""}, "Choose a key.", id="no key"),
        pytest.param({"key": "7"}, "Choose a key.", id="no id"),
        pytest.param({"read": ""}, "Choose what to read.", id="nothing to read"),
        pytest.param({"read": "keys"}, "Choose what to read.", id="unknown"),
        pytest.param({"read": "model"}, "Enter the id of a model", id="no model"),
        pytest.param({"read": "language-model", "model": ".."}, "no id", id="dots"),
        pytest.param({"read": "model", "model": "a b"}, "no id", id="spaces"),
        pytest.param({"read": "model", "model": "x" * 201}, "at most 200", id="long"),
        pytest.param({"read": "model", "model": SECRET}, "like a key", id="a key"),
    ],
)
def test_a_wrong_form_is_told_what_is_wrong(
    client_of: ClientOf,
    sam: User,
    usable_key: ApiKey,
    data: dict[str, str],
    sentence: str,
) -> None:
    answer = client_of(sam).post(ASK, asked(usable_key) | data)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert SECRET not in answer.text
    assert not Entry.objects.filter(action=reading.ACTION).exists()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"read": "models"}, '<option value="models" selected>'),
        ({"model": "grok-4.3"}, 'value="grok-4.3" placeholder'),
        ({"model": "<b>"}, 'value="&lt;b&gt;" placeholder'),
        ({"model": SECRET}, 'value="" placeholder'),
        ({"key": "nonsense", "read": "nonsense"}, "Ask xAI"),
    ],
)
def test_the_address_fills_the_form(
    client_of: ClientOf,
    sam: User,
    usable_key: ApiKey,
    query: dict[str, str],
    shown: str,
) -> None:
    page = client_of(sam).get(PAGE, query).text

    assert shown in page
    assert SECRET not in page


def test_a_key_in_the_address_is_chosen(
    client_of: ClientOf, sam: User, team: Team, usable_key: ApiKey
) -> None:
    other = stock.stored(team, "another")

    page = client_of(sam).get(PAGE, {"key": str(other.pk)}).text

    assert f'<option value="{other.pk}" selected>another (never checked)' in page


def test_a_key_that_can_be_used_is_chosen_first(
    client_of: ClientOf, sam: User, team: Team, usable_key: ApiKey
) -> None:
    stock.usable(stock.stored(team, "a-blocked-one"), state=KeyState.KEY_BLOCKED)

    page = client_of(sam).get(PAGE).text

    assert f'<option value="{usable_key.pk}" selected>' in page
    assert page.count(" selected>") == 1


def test_what_is_wrong_with_a_key_stands_beside_it(
    client_of: ClientOf, sam: User, api_key: ApiKey
) -> None:
    stock.usable(api_key, state=KeyState.DISABLED)

    assert "search-prod (disabled)" in client_of(sam).get(PAGE).text


def test_a_long_list_of_keys_is_cut_and_says_so(
    client_of: ClientOf,
    sam: User,
    team: Team,
    usable_key: ApiKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "MOST_KEYS", 1)
    stock.stored(team, "another")

    page = client_of(sam).get(PAGE).text

    assert ">another" in page
    assert ">search-prod" not in page
    assert "The first 1 keys of your teams." in page


def test_a_key_beyond_the_list_stands_in_it_when_the_address_names_it(
    client_of: ClientOf,
    sam: User,
    team: Team,
    usable_key: ApiKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "MOST_KEYS", 1)
    stock.stored(team, "another")

    page = client_of(sam).get(PAGE, {"key": str(usable_key.pk)}).text

    assert f'<option value="{usable_key.pk}" selected>search-prod' in page


@pytest.mark.parametrize(
    ("method", "url"), [("post", PAGE), ("put", PAGE), ("get", ASK), ("delete", ASK)]
)
def test_other_methods_are_refused(
    client_of: ClientOf, sam: User, method: str, url: str
) -> None:
    assert getattr(client_of(sam), method)(url).status_code == 405


@pytest.mark.parametrize("url", [PAGE, ASK])
def test_a_stranger_is_sent_to_sign_in(client: Client, db: None, url: str) -> None:
    answer = client.get(url)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


def test_asking_needs_the_token_of_the_page(sam: User, usable_key: ApiKey) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(sam, backend="console.accounts.sessions.PeopleBackend")

    assert browser.post(ASK, asked(usable_key)).status_code == 403
    assert not Entry.objects.filter(action=reading.ACTION).exists()


def test_each_question_leaves_an_entry(
    client_of: ClientOf, sam: User, usable_key: ApiKey
) -> None:
    sent = asked(usable_key, "language-model", "grok/4")

    client_of(sam).post(ASK, sent)

    entry = Entry.objects.get(action=reading.ACTION)
    assert (entry.actor_id, entry.object_id) == (str(sam.pk), str(usable_key.pk))
    assert (entry.object_name, entry.team_id) == ("search-prod", usable_key.team_id)
    assert entry.detail == {"address": "/v1/language-models/grok%2F4"}


def test_only_so_many_questions_a_minute(
    client_of: ClientOf,
    ada: User,
    sam: User,
    usable_key: ApiKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "PER_MINUTE", 2)
    browser, sent = client_of(sam), asked(usable_key)

    answers: list[Any] = [browser.post(ASK, sent) for _ in range(3)]
    others = client_of(ada).post(ASK, sent)

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert others.status_code == 200
    assert "You have asked 2 times within a minute." in answers[2].text
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert Entry.objects.filter(action=reading.ACTION).count() == 3


def test_a_minute_later_one_may_ask_again(
    client_of: ClientOf,
    sam: User,
    usable_key: ApiKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "PER_MINUTE", 1)
    browser, sent, now = client_of(sam), asked(usable_key), timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    browser.post(ASK, sent)
    monkeypatch.setattr(timezone, "now", lambda: now + reading.MINUTE)

    assert browser.post(ASK, sent).status_code == 200


def test_a_sealed_vault_is_told(
    client_of: ClientOf, sam: User, usable_key: ApiKey, settings: Settings
) -> None:
    settings.KEK_FILE = settings.KEK_FILE.with_name("gone")
    vault.forget()

    answer = client_of(sam).post(ASK, asked(usable_key))

    assert answer.status_code == 503
    assert 'role="alert"' in answer.text


def test_a_host_that_is_no_longer_named_is_told(
    client_of: ClientOf, sam: User, usable_key: ApiKey
) -> None:
    ApiKey.objects.filter(pk=usable_key.pk).update(host="elsewhere")

    answer = client_of(sam).post(ASK, asked(usable_key))

    assert answer.status_code == 503
    assert "see XAI_HOSTS" in answer.text


@pytest.mark.parametrize("number", [1, 40])
def test_asks_the_same_number_of_queries_for_any_number_of_keys(
    client_of: ClientOf,
    sam: User,
    api_key: ApiKey,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    stock.usable(api_key, *(stock.language_model(f"m-{n}") for n in range(number)))
    for n in range(number):
        team = Team.objects.create(name=f"Team {n}")
        Membership.objects.create(user=sam, team=team)
        ApiKey(team=team, host="xai", label=f"key {n}").save(force_insert=True)
    browser = client_of(sam)
    browser.get(PAGE)

    # Session, person, keys, models, and what the frame asks.
    with django_assert_max_num_queries(10):
        page = browser.get(PAGE).text

    assert page.count("<optgroup") == number + 1

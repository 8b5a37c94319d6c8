"""Found somewhere: is it one of ours?"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from console import vault, xai
from console.accounts.models import Team, User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys import custody, lookup
from console.keys.models import ApiKey
from tests.keys.answers import (
    WRONG_KEY,
    XAI_PERSON,
    XAI_TEAM,
    Upstream,
    key_json,
    status,
)
from tests.keys.stored import CHAT_ONLY, sees, stored_model
from tests.people import SECRET, ClientOf

pytestmark = pytest.mark.django_db
URL = "/keys/lookup/"
UNKNOWN = "xai-" + "Un4kn0wn9Z" * 8
TEXT = f"commit 4f1a: export XAI_API_KEY='{SECRET}' # oops"


def asked(text: str = SECRET, **more: str) -> dict[str, str]:
    return {"credential_material": text, **more}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        pytest.param(SECRET, [SECRET], id="alone"),
        pytest.param(TEXT, [SECRET], id="in a line"),
        pytest.param(f"a {SECRET}, b {UNKNOWN}.", [SECRET, UNKNOWN], id="two"),
        pytest.param(f"{SECRET}\n{SECRET}", [SECRET], id="twice"),
        pytest.param(f"Bearer {SECRET}\\nnext", [SECRET], id="escaped line end"),
        pytest.param(f'{{"key":"{SECRET}"}}', [SECRET], id="json"),
        pytest.param(f"KEY_xai-{'a' * 20}", ["xai-" + "a" * 20], id="glued before"),
        pytest.param("xai-...9QfZ", [], id="shown form"),
        pytest.param("xai-" + "a" * 19, [], id="short"),
        pytest.param("xai-" + "a" * 201, [], id="long"),
        pytest.param("sk-" + "a" * 40, [], id="another maker's"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_keys_are_found_in_any_text(text: str, keys: list[str]) -> None:
    found = lookup.candidates(text)

    assert [one.secrets[0].reveal() for one in found] == keys


def test_marks_of_the_text_around_a_key_are_tried_away() -> None:
    (one,) = lookup.candidates(f"_{SECRET}_")

    assert [way.reveal() for way in one.secrets] == [f"{SECRET}_", SECRET]


def test_no_more_than_twenty_keys_are_read() -> None:
    text = " ".join(f"xai-{n:080}" for n in range(30))

    assert len(lookup.candidates(text)) == 20


def test_the_form_hides_what_is_pasted(client_of: ClientOf, ada: User) -> None:
    page = client_of(ada).get(URL)

    assert page.status_code == 200
    assert "masked" in page.text
    assert 'autocomplete="off"' in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_one_of_ours_is_told_with_what_to_do(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    grok = stored_model()
    sees(api_key, grok)
    ApiKey.objects.update(
        acls=CHAT_ONLY,
        models_checked_at=timezone.now(),
        worst_hour_ticks=123_400_000_000,
        dearest_model="grok-4.3",
        xai_name="ranker",
        note="Ranks.",
    )

    page = client_of(ada).post(URL, asked(TEXT))

    assert page.status_code == 200
    for words in (
        "Yes, this is one of ours",
        "search-prod",
        "Search",
        "Call Mara Lindqvist",
        "only grok-4.3",
        "May use the model <b>grok-4.3</b>.",
        "up to $12.34 an hour, with grok-4.3",
        "https://console.x.ai/",
        "“ranker”",
        f"/keys/{api_key.pk}/replace/",
        "Ranks.",
    ):
        assert words in page.text, words
    assert "never read" not in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_an_auditor_may_look_up_and_is_offered_nothing_that_changes(
    client_of: ClientOf, olga: User, api_key: ApiKey
) -> None:
    page = client_of(olga).post(URL, asked()).text

    assert "Yes, this is one of ours" in page
    assert "/replace/" not in page
    assert "ask an admin" in page


def test_a_removed_key_is_still_known(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    custody.remove_key(api_key=api_key, actor=SYSTEM)

    page = client_of(ada).post(URL, asked()).text

    assert "Yes, this is one of ours" in page
    assert "removed here" in page
    assert "It is not used here any more." in page
    assert f"/keys/{api_key.pk}/" not in page


def test_a_key_that_came_back_is_shown_before_its_removed_self(
    client_of: ClientOf, ada: User, api_key: ApiKey, other_team: Team
) -> None:
    custody.remove_key(api_key=api_key, actor=SYSTEM)
    again = custody.store_unverified(
        team=other_team,
        label="search-again",
        owner="",
        note="",
        host="xai",
        secret=xai.Secret.parse(SECRET),
        actor=SYSTEM,
    )

    page = client_of(ada).post(URL, asked()).text

    assert page.index(">search-again<") < page.index("search-prod")
    assert "nobody is noted" in page
    assert Entry.objects.get(action="key.looked_up").object_id == str(again.pk)


def test_an_unknown_key_is_not_sent_anywhere_by_default(
    client_of: ClientOf, ada: User, api_key: ApiKey, upstream: Upstream
) -> None:
    page = client_of(ada).post(URL, asked(UNKNOWN)).text

    assert "No, this is not stored here" in page
    assert "is not stored here and never was" in page
    assert upstream.asked == []


def test_xai_is_asked_about_an_unknown_key_when_that_is_wished(
    client_of: ClientOf, ada: User, team: Team, upstream: Upstream
) -> None:
    Team.objects.update(xai_team_id=XAI_TEAM)
    upstream.answers[UNKNOWN] = key_json(
        name="stray\u202ekey", acls=CHAT_ONLY, api_key_blocked=True
    )

    page = client_of(ada).post(URL, asked(UNKNOWN, live="on")).text

    assert upstream.asked == [("/v1/api-key", UNKNOWN)]
    for words in (
        "What xAI says of it",
        "stray\\u202ekey",
        XAI_PERSON,
        XAI_TEAM,
        "It belongs to your team Search",
        "api-key:model:grok-4.3",
        "May call <b>chat and messages</b>.",
    ):
        assert words in page, words
    assert "Yours, but not stored here" in page
    assert "xAI blocks it now" in page
    assert page.split("Key blocked</dt><dd>")[1].startswith("yes")
    assert not ApiKey.objects.exists()


def test_another_secret_of_a_key_of_ours_is_recognised_by_its_id(
    client_of: ClientOf, ada: User, api_key: ApiKey, upstream: Upstream
) -> None:
    ApiKey.objects.update(xai_key_id="the-same")
    upstream.answers[UNKNOWN] = key_json(api_key_id="the-same")

    page = client_of(ada).post(URL, asked(UNKNOWN, live="on")).text

    assert "under another secret" in page
    assert f"/keys/{api_key.pk}/" in page


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(WRONG_KEY, "xAI does not accept", id="wrong"),
        pytest.param(status(503), "xAI has trouble", id="down"),
    ],
)
def test_what_xai_refuses_is_said_in_our_words(
    client_of: ClientOf,
    ada: User,
    upstream: Upstream,
    answer: httpx.Response,
    words: str,
) -> None:
    upstream.answers[UNKNOWN] = answer  # type: ignore[assignment]

    page = client_of(ada).post(URL, asked(UNKNOWN, live="on")).text

    assert "xAI told nothing about it" in page
    assert words in page


def test_a_stored_key_is_never_asked_about(
    client_of: ClientOf, ada: User, api_key: ApiKey, upstream: Upstream
) -> None:
    client_of(ada).post(URL, asked(f"{SECRET} {UNKNOWN}", live="on"))

    assert [secret for _, secret in upstream.asked] == [UNKNOWN]


def test_xai_is_not_asked_about_many(
    client_of: ClientOf, ada: User, upstream: Upstream
) -> None:
    text = " ".join(f"xai-{n:080}" for n in range(4))

    page = client_of(ada).post(URL, asked(text, live="on")).text

    assert "None of these 4 is stored here" in page
    assert "at most" in page
    assert upstream.asked == []
    assert Entry.objects.get(action="key.looked_up").detail["asked_live"] is False


def test_the_upstream_is_a_choice_where_there_are_several(
    client_of: ClientOf, ada: User, upstream: Upstream, settings: Settings
) -> None:
    settings.XAI_HOSTS = {"xai": "https://api.x.ai", "eu": "https://eu.x.ai"}
    browser = client_of(ada)

    assert 'name="host"' in browser.get(URL).text
    assert browser.post(URL, asked(UNKNOWN, host="nowhere")).status_code == 422
    assert browser.post(URL, asked(UNKNOWN, live="on", host="eu")).status_code == 200
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste what was found."),
        ("hello", "no whole xAI key"),
        ("xai-...9QfZ", "no whole xAI key"),
        (f"{SECRET} " * 300, "too long"),
    ],
    ids=["empty", "no key", "shown form", "long"],
)
def test_what_holds_no_key_is_refused_and_costs_no_look_up(
    client_of: ClientOf, ada: User, text: str, words: str
) -> None:
    page = client_of(ada).post(URL, asked(text))

    assert page.status_code == 422
    assert words in page.text
    assert page.text.count('class="error"') == 1
    assert not Entry.objects.filter(action="key.looked_up").exists()


def test_each_look_up_is_written_down_without_the_text(
    client_of: ClientOf, ada: User, api_key: ApiKey, upstream: Upstream
) -> None:
    browser = client_of(ada)
    browser.post(URL, asked())
    browser.post(URL, asked(UNKNOWN, live="on"))
    browser.post(URL, asked(f"{SECRET} {UNKNOWN}"))

    first, second, third = Entry.objects.filter(action="key.looked_up").order_by("seq")
    assert (first.actor_name, first.outcome) == ("ada", "found")
    assert (first.object_id, first.object_name) == (str(api_key.pk), "search-prod")
    assert first.detail == {
        "found": [str(api_key.pk)],
        "not_found": 0,
        "asked_live": False,
    }
    assert (second.outcome, second.object_id) == ("not found", "")
    assert second.detail == {"found": [], "not_found": 1, "asked_live": True}
    assert third.detail == {
        "found": [str(api_key.pk)],
        "not_found": 1,
        "asked_live": False,
    }


def test_ten_look_ups_an_hour_are_the_most_for_one_person(
    client_of: ClientOf, ada: User, olga: User, api_key: ApiKey, upstream: Upstream
) -> None:
    browser = client_of(ada)
    for _ in range(10):
        assert browser.post(URL, asked(UNKNOWN)).status_code == 200

    refused = browser.post(URL, asked(SECRET, live="on"))

    assert refused.status_code == 429
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert "10 times within an hour" in refused.text
    assert "search-prod" not in refused.text
    assert Entry.objects.filter(action="key.looked_up").count() == 10
    assert client_of(olga).post(URL, asked()).status_code == 200


def test_the_limit_is_of_the_last_hour(ada: User, api_key: ApiKey) -> None:
    refusal = lookup.TooOften(timezone.now() - timedelta(seconds=5))

    assert refusal.seconds == 1  # never in the past


def test_a_sealed_vault_looks_nothing_up(
    client_of: ClientOf, ada: User, api_key: ApiKey, settings: Settings, tmp_path: Path
) -> None:
    browser = client_of(ada)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    page = browser.post(URL, asked())

    assert page.status_code == 503
    assert "sealed" in page.text
    assert "search-prod" not in page.text


@pytest.mark.parametrize("live", ["", "on"])
def test_what_was_pasted_is_left_nowhere(
    client_of: ClientOf,
    ada: User,
    team: Team,
    upstream: Upstream,
    caplog: pytest.LogCaptureFixture,
    live: str,
) -> None:
    caplog.set_level("DEBUG")
    browser = client_of(ada)
    sent = asked(f"found {UNKNOWN}", **({"live": live} if live else {}))

    page = browser.post(URL, sent)
    again = browser.get("/keys/")

    middle = UNKNOWN[6:40]
    entries = [json.dumps([e.detail, e.object_name]) for e in Entry.objects.all()]
    sessions = [str(s.get_decoded()) for s in Session.objects.all()]
    for place in (page.text, again.text, caplog.text, *entries, *sessions):
        assert middle not in place
    assert page.headers.get("Location") is None
    assert not page.cookies.get("messages")


def test_only_admins_and_auditors_may(
    client_of: ClientOf, ada: User, fin: User, sam: User, api_key: ApiKey
) -> None:
    for one in (fin, sam):
        browser = client_of(one)
        assert browser.get(URL).status_code == 403
        assert browser.post(URL, asked()).status_code == 403
        assert URL not in browser.get("/keys/").text
    assert URL in client_of(ada).get("/keys/").text


def test_needs_a_fresh_proof(client_of: ClientOf, ada: User, api_key: ApiKey) -> None:
    browser = client_of(ada)
    session = browser.session
    session["account_authentication_methods"] = []
    session.save()

    answer = browser.post(URL, asked())

    assert answer.status_code == 302
    assert "reauthenticate" in answer.headers["Location"]
    assert SECRET not in str(browser.session.items())


def test_strangers_and_wrong_methods(
    client: Client, client_of: ClientOf, ada: User
) -> None:
    assert client.post(URL, asked()).status_code == 302
    assert client_of(ada).put(URL).status_code == 405


def test_a_key_in_the_address_is_not_looked_at(
    client_of: ClientOf, ada: User, api_key: ApiKey
) -> None:
    page = client_of(ada).get(URL, asked()).text

    assert "one of ours</h2>" not in page
    assert SECRET not in page


def test_asks_the_same_number_of_queries_for_any_number_of_keys(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    secrets = [f"xai-{n:080}" for n in range(20)]
    for n, secret in enumerate(secrets):
        custody.store_unverified(
            team=team,
            label=f"key {n}",
            owner="",
            note="",
            host="xai",
            secret=xai.Secret.parse(secret),
            actor=SYSTEM,
        )
    ApiKey.objects.update(models_checked_at=timezone.now(), acls=CHAT_ONLY)
    browser = client_of(ada)

    costs = []
    for text in (secrets[0], secrets[0], " ".join(secrets)):  # the first warms up
        with CaptureQueriesContext(connection) as queries:
            assert browser.post(URL, asked(text)).status_code == 200
        costs.append(len(queries))

    assert costs[1] == costs[2]

"""The code of what stands in the composer: nothing is sent, nothing is secret."""

from __future__ import annotations

import ast
import json
import re
from html import unescape
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.playground.snippets import asking
from console.playground.snippets.asking import body_of, endpoint_of, form_of, host_for
from console.usage.models import Endpoint, UsageRecord
from tests.people import SECRET, ClientOf
from tests.playground.snippets.bodies import HOSTILE
from tests.relay import stock

URL = reverse("playground:code")
TURNS = json.dumps([{"role": "user", "content": "Hello"}])
PROMPT = {"model": stock.GROK, "max_tokens": "100", "turns": TURNS}
NAMES = ["curl", "openai", "anthropic", "httpx", "javascript"]


@pytest.fixture(autouse=True)
def usable_key(api_key: ApiKey, team: Team) -> ApiKey:
    grok = stock.language_model()
    stock.price(grok, team)
    return stock.usable(api_key, grok)


def codes(answer: Any) -> dict[str, str]:
    found = re.findall(r'<pre[^>]*id="code-(\w+)"[^>]*>(.*?)</pre>', answer.text, re.S)
    return {name: unescape(code) for name, code in found}


@pytest.mark.parametrize("endpoint", ["chat", "messages"])
def test_shows_the_request_in_every_language(
    client_of: ClientOf, sam: User, endpoint: str
) -> None:
    answer = client_of(sam).post(URL, PROMPT | {"endpoint": endpoint})

    assert answer.status_code == 200
    found = codes(answer)
    assert list(found) == NAMES
    for name in NAMES:
        assert "Hello" in found[name]
        assert "https://api.x.ai" in found[name]
        assert "XAI_API_KEY" in found[name]
        assert f'data-copy-of="code-{name}"' in answer.text
    for name in ("openai", "anthropic", "httpx"):
        ast.parse(found[name])
    assert SECRET not in answer.text
    assert "<html" not in answer.text


def test_nothing_is_sent_and_nothing_recorded(client_of: ClientOf, sam: User) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError("something was sent")

    with use_transport(httpx.MockTransport(refuse)):
        client_of(sam).post(URL, PROMPT)

    assert not UsageRecord.objects.exists()


def test_the_library_of_the_other_dialect_tells_what_is_different(
    client_of: ClientOf, sam: User
) -> None:
    of_chat = client_of(sam).post(URL, PROMPT | {"system": "Be brief"}).text
    of_messages = client_of(sam).post(URL, PROMPT | {"endpoint": "messages"}).text

    assert "The library anthropic speaks /v1/messages" in of_chat
    assert "The library openai speaks /v1/chat/completions" in of_messages
    assert "Show as messages" in of_chat
    assert "Show as chat" in of_messages


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_prompts_stay_text(client_of: ClientOf, sam: User, text: str) -> None:
    turns = json.dumps([{"role": "user", "content": f"x{text}"}])

    answer = client_of(sam).post(URL, PROMPT | {"turns": turns})

    assert "<img" not in answer.text
    assert "<script" not in answer.text
    found = codes(answer)
    body = found["curl"].split("<<'JSON'\n")[1].removesuffix("JSON\n")
    assert json.loads(body)["messages"] == [{"role": "user", "content": f"x{text}"}]


@pytest.mark.parametrize(
    "changes",
    [{"turns": ""}, {"turns": "{"}, {"model": ""}, {"temperature": "9"}],
    ids=["no prompt", "odd turns", "no model", "too hot"],
)
def test_a_wrong_form_says_what_is_wrong(
    client_of: ClientOf, sam: User, changes: dict[str, str]
) -> None:
    answer = client_of(sam).post(URL, PROMPT | changes)

    assert answer.status_code == 422
    assert 'class="notice"' in answer.text


def test_a_large_request_lies_in_a_file_beside_the_code(
    client_of: ClientOf, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LARGE", 50)

    answer = client_of(sam).post(URL, PROMPT)

    found = codes(answer)
    assert list(found) == NAMES
    for name in NAMES:
        file = f"request-{'messages' if name == 'anthropic' else 'chat'}.json"
        assert file in found[name]
        assert "Hello" not in found[name]
        assert answer.text.count(f'<textarea id="{file}" hidden>') == 1
    assert "save both into one folder" in answer.text


def test_takes_no_get_and_no_stranger(
    client: Client, client_of: ClientOf, sam: User
) -> None:
    assert client_of(sam).get(URL).status_code == 405
    assert client.post(URL, PROMPT).status_code == 302


@pytest.mark.parametrize("number", [1, 20])
def test_asks_the_same_number_of_queries_for_any_number_of_keys(
    client_of: ClientOf,
    sam: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for one in range(number):
        stock.stored(team, f"key-{one}")
    browser = client_of(sam)
    browser.post(URL, PROMPT)

    with django_assert_num_queries(QUERIES):
        browser.post(URL, PROMPT)


QUERIES = 3  # session, person, keys


def test_the_body_is_the_one_that_the_relay_sends(sam: User) -> None:
    form = form_of(endpoint_of("chat"), PROMPT | {"temperature": "0.5"})
    assert form.is_valid()

    assert body_of(form) == {
        "model": "grok-4.3",
        "messages": [{"role": "user", "content": "Hello"}],
        "temperature": 0.5,
        "max_tokens": 100,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_an_unknown_dialect_is_chat() -> None:
    assert endpoint_of("tokenize") == endpoint_of("") == Endpoint.CHAT


def test_the_address_is_that_of_the_key_that_would_be_used(
    sam: User, mia: User, team: Team, settings: Any
) -> None:
    settings.XAI_HOSTS = {"xai": "https://api.x.ai/", "us": "https://us.api.x.ai"}
    other = stock.stored(team, "us-one")
    ApiKey.objects.filter(pk=other.pk).update(host="us")
    stock.usable(other, stock.language_model("grok-us", host="us"))

    assert host_for(sam, "grok-us") == "https://us.api.x.ai"
    assert host_for(sam, stock.GROK) == "https://api.x.ai"
    elsewhere = stock.stored(Team.objects.create(name="Third"), "third")
    assert host_for(sam, "grok-us", team_id=team.pk) == "https://us.api.x.ai"
    assert host_for(sam, "grok-us", team_id=elsewhere.team_id) == "https://api.x.ai"
    assert host_for(mia, stock.GROK) == "https://api.x.ai"  # of no key: the first

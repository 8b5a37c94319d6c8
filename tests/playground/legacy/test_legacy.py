"""The two endpoints for prompts without turns."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, cast
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.test import AsyncClient, Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.usage.models import CostSource, Endpoint, RecordState, UsageRecord
from tests.people import SECRET, ClientOf
from tests.relay import stock
from tests.relay.upstream import USAGE, saying, the_record

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = reverse("playground:legacy")
COMPLETIONS = reverse("playground:stream_completions")
COMPLETE = reverse("playground:stream_complete")
PROMPT = {"model": stock.GROK, "prompt": "Once\r\nupon", "limit": "9"}
BACKEND = "console.accounts.sessions.PeopleBackend"
COMPLETED = {
    "model": "grok-4.3",
    "choices": [{"index": 0, "text": "<b>a gate</b>", "finish_reason": "stop"}],
    "usage": USAGE,
}


@pytest.fixture
def ready(sam: User, team: Team, api_key: ApiKey) -> User:
    """Sam, with a key that may be used for everything."""
    grok = stock.language_model()
    thinker = stock.language_model(
        "grok-4.7", capabilities={"reasoning_effort": ["low"]}
    )
    stock.price(grok, team)
    stock.usable(api_key, grok, thinker)
    return sam


async def send(person: User, url: str, form: dict[str, str]) -> str:
    """Return the whole page as the browser has it in the end."""
    browser = AsyncClient()
    await browser.aforce_login(person, backend=BACKEND)
    response: Any = await browser.post(url, form)
    assert response.status_code == 200
    stream = cast(AsyncIterator[bytes], response.streaming_content)
    return b"".join([part async for part in stream]).decode()


@pytest.mark.parametrize("show", ["completions", "complete"])
def test_the_page_says_which_models_are_refused(
    client_of: ClientOf, ready: User, show: str
) -> None:
    page = client_of(ready).get(PAGE, {"show": show, "model": "grok-4.7"}).text

    _, plain, reasoning = page.partition("Reason: xAI refuses them here")
    assert plain
    assert '<option value="grok-4.7" selected ' in reasoning
    assert '<option value="grok-4.3"' not in reasoning
    assert f"/v1/{show}</span>, which xAI marks as deprecated" in page
    assert "expect xAI to answer 400" in page
    assert ('name="echo"' in page) is (show == "completions")
    assert SECRET not in page


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("mia", "No key is stored for your teams."),
        ("olga", "You belong to no team"),
        ("fin", "You belong to no team"),
    ],
)
def test_others_read_why_they_cannot(
    client_of: ClientOf,
    ready: User,
    who: str,
    why: str,
    request: pytest.FixtureRequest,
) -> None:
    browser = client_of(request.getfixturevalue(who))

    page, answer = browser.get(PAGE).text, browser.post(COMPLETE, PROMPT)

    assert why in page
    assert "search-prod" not in page
    assert answer.status_code == 403
    assert why in answer.text
    assert not UsageRecord.objects.exists()


@pytest.mark.parametrize("url", [COMPLETIONS, COMPLETE])
def test_the_longest_prompt_fits_into_its_form(url: str) -> None:
    prompt = "ä" * (settings.LONGEST_PROMPT // 2)

    assert len(urlencode({"prompt": prompt})) < settings.LARGER_BODIES[url] - 100_000


def test_a_key_without_the_endpoint_is_not_used(
    client_of: ClientOf, ready: User, api_key: ApiKey
) -> None:
    acls = ["api-key:model:*", "api-key:endpoint:chat"]
    ApiKey.objects.filter(pk=api_key.pk).update(acls=acls)
    browser = client_of(ready)

    assert "add api-key:endpoint:sample" in browser.get(PAGE).text
    assert browser.post(COMPLETIONS, PROMPT).status_code == 403


@pytest.mark.parametrize("url", [COMPLETIONS, COMPLETE])
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("model", "", "Choose a model."),
        ("prompt", "", "Write a prompt."),
        ("prompt", " \n", "Write a prompt."),
        ("prompt", "x" * 262_145, "longer than 256 KB"),
        ("limit", "0", "greater than or equal to 1"),
        ("limit", "99999", "less than or equal to 16384"),
        ("temperature", "3", "less than or equal to 2"),
        ("top_p", "0", "greater than or equal to 0.01"),
        ("stop", "1\n2\n3\n4\n5", "At most 4"),
    ],
)
def test_wrong_input_sends_nothing(
    client_of: ClientOf, ready: User, url: str, field: str, value: str, sentence: str
) -> None:
    answer = client_of(ready).post(url, PROMPT | {field: value})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert not UsageRecord.objects.exists()


async def test_completions_sends_the_form_and_books_the_call(ready: User) -> None:
    sent: list[httpx.Request] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=COMPLETED)

    more = {"temperature": "0.5", "top_p": "0.9", "stop": "END\r\n\r\nX", "echo": "on"}
    with use_transport(httpx.MockTransport(respond)):
        page = await send(ready, COMPLETIONS, PROMPT | more | {"n": "7"})

    record = await the_record()
    assert json.loads(sent[0].content) == {
        "model": "grok-4.3",
        "prompt": "Once\nupon",
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["END", "X"],
        "echo": True,
    }
    assert "&lt;b&gt;a gate&lt;/b&gt;" in page
    assert "$0.000412" in page
    assert "confirmed" in page
    assert (record.endpoint, record.cost_ticks) == (Endpoint.COMPLETIONS, 4_121_500)


async def test_complete_sends_the_form_and_has_no_known_cost(ready: User) -> None:
    sent: list[httpx.Request] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"completion": "a gate"})

    with use_transport(httpx.MockTransport(respond)):
        page = await send(ready, COMPLETE, PROMPT | {"stop": "END", "echo": "on"})

    record = await the_record()
    assert json.loads(sent[0].content) == {
        "model": "grok-4.3",
        "prompt": "Once\nupon",
        "max_tokens_to_sample": 9,
        "stop_sequences": ["END"],
    }
    assert "a gate" in page
    assert "cost unknown" in page
    assert (record.endpoint, record.source) == (Endpoint.COMPLETE, CostSource.UNKNOWN)


async def test_a_refusal_leads_to_chat_with_the_same_model(ready: User) -> None:
    body = {"code": "invalid-argument", "error": f"Not supported. {SECRET}"}

    with use_transport(saying(400, body)):
        page = await send(ready, COMPLETIONS, PROMPT | {"model": "grok-4.7"})

    assert "xAI refused the request." in page
    assert "/playground/chat/?model=grok-4.7" in page
    assert SECRET not in page
    assert (await the_record()).cost_ticks == 0


def test_a_browser_that_leaves_before_anything_was_sent_costs_nothing(
    client_of: ClientOf, ready: User
) -> None:
    client_of(ready).post(COMPLETE, PROMPT).close()

    assert UsageRecord.objects.get().state == RecordState.RELEASED


def test_sending_needs_the_token_of_the_page(ready: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ready, backend=BACKEND)

    assert browser.post(COMPLETE, PROMPT).status_code == 403
    assert not UsageRecord.objects.exists()


@pytest.mark.parametrize("number", [1, 20])
def test_asks_the_same_number_of_queries_for_any_number_of_models(
    client_of: ClientOf,
    sam: User,
    api_key: ApiKey,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    stock.usable(api_key, *(stock.language_model(f"m-{n}") for n in range(number)))
    browser = client_of(sam)
    browser.get(PAGE)

    # Session, person, four of the picker, what reasons, and what the frame asks.
    with django_assert_max_num_queries(13):
        browser.get(PAGE)


@pytest.mark.parametrize("url", [COMPLETIONS, COMPLETE])
async def test_a_page_that_is_loaded_again_pays_once(ready: User, url: str) -> None:
    browser, form = AsyncClient(), PROMPT | {"form_id": str(uuid4())}
    await browser.aforce_login(ready, backend=BACKEND)
    with use_transport(saying(200, COMPLETED)):
        await send(ready, url, form)
        again = await browser.post(url, form)

    page = again.content.decode()
    assert again.status_code == 409
    assert "This was sent before" in page
    assert "Once\r\nupon</textarea>" in page
    assert form["form_id"] not in page
    assert await in_db(UsageRecord.objects.count) == 1


async def test_what_was_refused_may_be_sent_again(ready: User, team: Team) -> None:
    form = PROMPT | {"form_id": str(uuid4()), "model": "none-such"}
    browser = AsyncClient()
    await browser.aforce_login(ready, backend=BACKEND)

    refused = [(await browser.post(COMPLETE, form)).status_code for _ in range(2)]

    assert refused == [403, 403]


@pytest.mark.parametrize(
    ("url", "page"),
    [(COMPLETIONS, PAGE), (COMPLETE, f"{PAGE}?show=complete")],
    ids=["completions", "complete"],
)
def test_the_address_of_an_answer_leads_to_the_form(
    client_of: ClientOf, ready: User, url: str, page: str
) -> None:
    answer = client_of(ready).get(url)

    assert (answer.status_code, answer.headers["Location"]) == (302, page)


def test_a_form_with_a_broken_id_says_what_to_do(
    client_of: ClientOf, ready: User
) -> None:
    answer = client_of(ready).post(COMPLETE, PROMPT | {"form_id": "broken"})

    assert answer.status_code == 422
    assert "Load the page again, then send it." in answer.text
    assert not UsageRecord.objects.exists()

"""From the form to what xAI answered, and all that can go wrong between."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import httpx
import pytest
from django.test import AsyncClient
from django.urls import reverse

from console.accounts.models import User
from console.catalog.models import PriceVersion
from console.keys.models import ApiKey, KeySnapshot
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.playground.explore import showing
from console.playground.in_page import PLACE
from console.usage.models import UsageRecord
from tests.keys.answers import XAI_TEAM, key_json, model_json
from tests.people import SECRET
from tests.relay import stock
from tests.relay.upstream import saying

pytestmark = pytest.mark.django_db(transaction=True)

ASK = reverse("playground:stream_explore")
BACKEND = "console.accounts.sessions.PeopleBackend"
Respond = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def ready(sam: User, api_key: ApiKey) -> User:
    """Sam, whose team has a key."""
    stock.usable(api_key, stock.language_model())
    return sam


async def ask(person: User, read: str = "key", model: str = "") -> str:
    """Return the whole page as the browser has it in the end."""
    browser = AsyncClient()
    await browser.aforce_login(person, backend=BACKEND)
    key = await in_db(ApiKey.objects.get)
    form = {"key": str(key.pk), "read": read, "model": model}
    response: Any = await browser.post(ASK, form)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    stream = cast(AsyncIterator[bytes], response.streaming_content)
    return b"".join([part async for part in stream]).decode()


def raw_in(page: str) -> str:
    """Return what stands in the raw view, as text."""
    _, _, after = page.partition('aria-label="Raw JSON">')
    return html.unescape(after.partition("</pre>")[0])


def saying_bytes(content: bytes, **headers: str) -> httpx.MockTransport:
    async def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers=headers)

    return httpx.MockTransport(respond)


@pytest.mark.parametrize(
    ("read", "model", "path"),
    [
        ("key", "", "/v1/api-key"),
        ("models", "", "/v1/models"),
        ("model", "grok-4.3", "/v1/models/grok-4.3"),
        ("language-models", "", "/v1/language-models"),
        ("language-model", "a/b'$(id)", "/v1/language-models/a%2Fb%27%24%28id%29"),
        ("models", "grok-4.3", "/v1/models"),
    ],
)
async def test_each_read_goes_where_it_says(
    ready: User, read: str, model: str, path: str
) -> None:
    sent: list[httpx.Request] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"any": "thing"})

    with use_transport(httpx.MockTransport(respond)):
        page = await ask(ready, read, model)

    (request,) = sent
    assert request.method == "GET"
    assert str(request.url) == f"https://api.x.ai{path}"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert f"https://api.x.ai{path} -H &quot;Authorization: Bearer $XAI_API_KEY" in page
    assert SECRET not in page


async def test_an_answer_is_shown_pretty_and_exactly_as_told(ready: User) -> None:
    told = json.dumps(key_json(name="blåbær <b>", quota={"per": [1, None]}), indent=3)
    headers = {"x-request-id": "req-77"}

    with use_transport(saying_bytes(told.encode(), **headers)):
        page = await ask(ready)

    assert raw_in(page) == told
    assert PLACE not in page
    assert page.rstrip().endswith("</html>")
    assert "<b>" not in page.partition("data-explored")[2].partition("Size</dt>")[2]
    for shown in ("<dd>200</dd>", "req-77", "search-prod of Search", "exactly as told"):
        assert shown in page
    assert f"{len(told.encode()):,} bytes" in page
    for field in ("quota", "blåbær &lt;b&gt;", "api-key:model:*", XAI_TEAM, "null"):
        assert field in page


async def test_the_page_shows_before_the_answer_is_there(ready: User) -> None:
    seen: list[str] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        seen.append("asked")
        return httpx.Response(200, json={})

    with use_transport(httpx.MockTransport(respond)):
        browser = AsyncClient()
        await browser.aforce_login(ready, backend=BACKEND)
        key = await in_db(ApiKey.objects.get)
        response: Any = await browser.post(ASK, {"key": str(key.pk), "read": "models"})
        stream = cast(AsyncIterator[bytes], response.streaming_content)
        first = (await anext(aiter(stream))).decode()

    assert "Asking xAI" in first
    assert seen == []


async def test_prices_and_times_are_told_in_other_words_too(ready: User) -> None:
    models = {"models": [model_json(), model_json("other", created=2**40)]}

    with use_transport(saying(200, models)):
        page = await ask(ready, "language-models")

    assert "$ 1.25 per 1M tokens" in page
    assert "2026-03-31 23:33 UTC" in page
    assert page.count("2026-03-31 23:33 UTC") == 1
    assert f"{2**40}</dd>" in page  # no second of any calendar
    assert '<summary>other <span class="faint xs">18 fields' in page


async def test_what_lacks_the_fields_we_need_is_shown_all_the_same(ready: User) -> None:
    with use_transport(saying(200, {"team": None, "": {}, "empty": []})):
        page = await ask(ready)

    assert "empty list" in page
    assert "nothing in it" in page


async def test_nothing_is_kept(ready: User) -> None:
    before = await in_db(ApiKey.objects.values().get)

    with use_transport(saying(200, key_json(team_blocked=True, name="changed"))):
        page = await ask(ready)

    assert "true" in page
    assert await in_db(ApiKey.objects.values().get) == before
    for model in (KeySnapshot, PriceVersion, UsageRecord):
        assert await in_db(model.objects.count) == 0


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (400, {"code": "invalid-argument", "error": "Incorrect API key provided"},
         "xAI does not accept the key that was used."),
        (401, {"code": "unauthenticated:no-credentials", "error": "No credentials"},
         "xAI saw no key in the request."),
        (403, {"code": "permission-denied", "error": "The API key is disabled"},
         "The key that was used has been disabled."),
        (404, {"code": "not-found", "error": "The model x does not exist"},
         "xAI does not know this model"),
        (429, {"code": "resource-exhausted", "error": "Too many requests"},
         "Too many requests for this team"),
        (500, {"error": "oops"}, "xAI has trouble."),
        (503, {"error": "down"}, "xAI has trouble."),
        (200, {"code": "permission-denied", "error": "endpoint is denied"},
         "The key may not call this endpoint."),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_in_our_words(
    ready: User, status: int, body: dict[str, str], sentence: str
) -> None:
    with use_transport(saying(status, body, **{"x-request-id": "req-9"})):
        page = await ask(ready, "model", "x")

    assert sentence in page
    assert "request req-9" in page
    assert "Copy as curl" in page
    assert "Raw JSON" not in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"{", "cannot be read", id="malformed"),
        pytest.param(b"<html><script>x()</script>", "cannot be read", id="html"),
        pytest.param(b"[1]", "cannot be read", id="no object"),
        pytest.param(b"[" * 60_000, "cannot be read", id="deep"),
        pytest.param(b'{"a":1,"a":2}', "cannot be read", id="a field twice"),
        pytest.param(b"\xff\xfe", "cannot be read", id="no text"),
        pytest.param(b" " * 70_000, "larger than Gatehouse reads", id="huge"),
    ],
)
async def test_what_is_no_answer_is_told(
    ready: User, content: bytes, sentence: str
) -> None:
    with use_transport(saying_bytes(content)):
        page = await ask(ready)

    assert sentence in page
    assert "<script>x()" not in page


async def test_a_broken_connection_is_told(ready: User) -> None:
    async def respond(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(SECRET)

    with use_transport(httpx.MockTransport(respond)):
        page = await ask(ready)

    assert "xAI cannot be reached." in page
    assert SECRET not in page


HIDDEN = SECRET.replace("-", r"\u002d")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps({"name": f"it is {SECRET}."}), id="a value"),
        pytest.param(json.dumps({SECRET: 1}), id="a name"),
        pytest.param(json.dumps({"a": [[{"b": [SECRET]}]]}), id="deep"),
        pytest.param(f'{{"name": "{HIDDEN}"}}', id="with escapes"),
        pytest.param(json.dumps({"Authorization": f"Bearer {SECRET}"}), id="header"),
    ],
)
async def test_a_secret_in_an_answer_is_taken_out(
    ready: User, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), use_transport(saying_bytes(body.encode())):
        page = await ask(ready)

    assert SECRET not in page
    assert HIDDEN not in page
    assert SECRET not in caplog.text
    assert "[redacted]" in raw_in(page)
    assert "looks like a secret" in page
    assert "exactly as told" not in page


async def test_a_secret_in_a_refusal_is_taken_out(ready: User) -> None:
    body = {"code": "invalid-argument", "error": f"Incorrect API key: {SECRET}"}

    with use_transport(saying(400, body)):
        page = await ask(ready)

    assert SECRET not in page


async def test_a_long_answer_is_cut_and_says_so(ready: User) -> None:
    entries = [{"id": f"m-{n}", "note": "x " * 150} for n in range(3_000)]
    body = json.dumps({"data": entries})

    with use_transport(saying_bytes(body.encode())):
        page = await ask(ready, "models")

    assert raw_in(page) == body[: showing.MOST_CHARACTERS]
    assert f"Cut here: the whole answer has {len(body):,} bytes." in page
    assert "Only the first 2,000 values are shown here." in page
    assert ">m-600 " in page
    assert ">m-700 " not in page


async def test_a_long_value_is_cut(ready: User) -> None:
    with use_transport(saying(200, {"name": "word " * 1_000})):
        page = await ask(ready)

    assert "… (5,000 characters)" in page

"""The addresses that tell what a prompt comes to, and the calls they make."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from django.conf import settings
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from django.urls import reverse

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.usage.models import Endpoint, RecordState, UsageRecord
from tests.playground.test_stream import browser_of
from tests.relay import stock

pytestmark = pytest.mark.django_db(transaction=True)

CHAT = reverse("playground:before_chat")
MESSAGES = reverse("playground:before_messages")


@pytest.fixture
def ready(sam: User, team: Team, api_key: ApiKey) -> User:
    """Sam, with a key that may be used for everything."""
    grok = stock.language_model(aliases=["grok-latest"])
    stock.price(grok, team)
    stock.usable(api_key, grok)
    return sam


class Counter:
    """An xAI that makes a token of each letter; it keeps the texts."""

    def __init__(self, status: int = 200) -> None:
        self.texts: list[str] = []
        self.status = status

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        text = json.loads(request.content)["text"]
        self.texts.append(text)
        tokens = [
            {"token_id": n, "string_token": one, "token_bytes": [0]}
            for n, one in enumerate(text)
        ]
        return httpx.Response(self.status, json={"token_ids": tokens})


def form(*texts: str, **changes: str) -> dict[str, str]:
    roles = ("user", "assistant") * len(texts)
    turns = [
        {"role": one, "content": text} for one, text in zip(roles, texts, strict=False)
    ]
    return {
        "model": stock.GROK,
        "max_tokens": "100",
        "turns": json.dumps(turns),
        "count": "on",
        **changes,
    }


async def told(browser: AsyncClient, url: str, data: dict[str, str]) -> str:
    response: Any = await browser.post(url, data)
    assert response.status_code == 200
    if not isinstance(response, StreamingHttpResponse):
        return cast(str, response.content.decode())
    stream = cast(AsyncIterator[bytes], response.streaming_content)
    return b"".join([part async for part in stream]).decode()


async def records() -> list[UsageRecord]:
    return await in_db(lambda: list(UsageRecord.objects.all()))


@pytest.mark.parametrize("url", [CHAT, MESSAGES])
async def test_tells_tokens_and_both_bounds_and_books_the_count(
    ready: User, url: str
) -> None:
    browser, xai_says = await browser_of(ready), Counter()

    with use_transport(httpx.MockTransport(xai_says)):
        line = await told(browser, url, form("Hello"))

    assert "<b>5</b> tokens in" in line
    assert "at least <b>$0.000001</b>" in line  # 5 x 2,000 ticks
    assert "<b>$0.000256</b> with 100 out" in line  # 5 x 12,500 + 100 x 25,000
    assert "at most <b>$2.50</b> with all its reasoning" in line
    (record,) = await records()
    assert (record.endpoint, record.state) == (Endpoint.TOKENIZE, RecordState.SETTLED)


@pytest.mark.parametrize("url", [CHAT, MESSAGES])
def test_the_longest_prompt_fits_into_the_request(url: str) -> None:
    turns = json.dumps([{"role": "user", "content": "\0" * settings.LONGEST_PROMPT}])

    assert len(turns) < settings.LARGER_BODIES[url] - 100_000


async def test_what_was_counted_is_not_asked_again(ready: User) -> None:
    browser, xai_says = await browser_of(ready), Counter()

    with use_transport(httpx.MockTransport(xai_says)):
        for newest in ("Why", "Why not"):
            line = await told(browser, CHAT, form("Hello", "Hi", newest))
        again = await told(browser, CHAT, form("Hello", "Hi", "Why not"))

    assert xai_says.texts == ["Hello\nHi", "Why", "Why not"]
    assert "<b>15</b> tokens in, 8 sent before and likely cached" in line
    assert again == line


async def test_an_alias_is_counted_as_its_model(ready: User) -> None:
    browser, xai_says = await browser_of(ready), Counter()

    with use_transport(httpx.MockTransport(xai_says)):
        line = await told(browser, CHAT, form("Hello", model="grok-latest"))

    assert "<b>5</b> tokens in" in line


async def test_switched_off_nothing_is_sent(ready: User) -> None:
    browser, xai_says = await browser_of(ready), Counter()
    data = form("Hello")
    del data["count"]

    with use_transport(httpx.MockTransport(xai_says)):
        line = await told(browser, CHAT, data)

    assert xai_says.texts == []
    assert await records() == []
    assert "at most <b>645</b> tokens in" in line
    assert "at least" not in line


async def test_a_count_that_fails_leaves_the_bounds_and_says_so(ready: User) -> None:
    browser = await browser_of(ready)

    with use_transport(httpx.MockTransport(Counter(status=503))):
        line = await told(browser, CHAT, form("Hello"))

    assert "Not counted: " in line
    assert "at most <b>645</b> tokens in" in line
    assert "at most <b>$" in line


@pytest.mark.parametrize(
    "changes",
    [
        {"turns": "[]"},
        {"turns": "nonsense"},
        {"model": "of-others"},
        {"max_tokens": "0"},
    ],
)
async def test_what_cannot_be_sent_has_no_line(
    ready: User, changes: dict[str, str]
) -> None:
    browser = await browser_of(ready)

    response = await browser.post(CHAT, form("Hello") | changes)

    assert (response.status_code, response.content) == (204, b"")
    assert await records() == []


async def test_a_browser_that_leaves_at_once_releases_the_record(ready: User) -> None:
    browser = await browser_of(ready)

    response = await browser.post(CHAT, form("Hello", "Hi", "Why"))
    await in_db(response.close)

    assert [one.state for one in await records()] == [RecordState.RELEASED] * 2


@pytest.mark.parametrize(
    ("images", "tokens"),
    [("0", ""), ("2", "up to <b>3,584</b> for images"), ("99", "7,168"), ("x", "")],
)
async def test_images_are_counted_without_being_sent(
    ready: User, images: str, tokens: str
) -> None:
    browser = await browser_of(ready)

    with use_transport(httpx.MockTransport(Counter())):
        line = await told(browser, CHAT, form("Hello", images=images))

    assert tokens in line
    assert ("for images" in line) is bool(tokens)


async def test_members_of_no_team_are_told_nothing(ready: User, mia: User) -> None:
    browser = await browser_of(mia)

    response = await browser.post(CHAT, form("Hello"))

    assert response.status_code == 204

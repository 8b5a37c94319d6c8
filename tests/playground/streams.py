"""Asking as the page does, and reading the events of an answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from django.test import AsyncClient
from django.urls import reverse

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from tests.relay import stock

CHAT = reverse("playground:stream_chat")
BACKEND = "console.accounts.sessions.PeopleBackend"

Event = tuple[str, dict[str, Any]]


@pytest.fixture
def ready(sam: User, team: Team, api_key: ApiKey) -> User:
    """Sam, with a key that may be used for everything."""
    grok = stock.language_model()
    stock.price(grok, team)
    stock.usable(api_key, grok)
    return sam


async def browser_of(person: User) -> AsyncClient:
    """Return a browser in which this person has signed in."""
    browser = AsyncClient()
    await browser.aforce_login(person, backend=BACKEND)
    return browser


def prompt(*said: str, **more: object) -> dict[str, str]:
    """Return the form for what was said in turns, the person first."""
    roles = ("user", "assistant")
    turns = [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)]
    form = {"model": stock.GROK, "max_tokens": "100", "turns": json.dumps(turns)}
    return form | {name: str(value) for name, value in more.items()}


def events_in(text: str) -> list[Event]:
    """Return name and data of each event of a stream."""
    events = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        parsed = json.loads(data.removeprefix("data: "))
        events.append((name.removeprefix("event: "), parsed))
    return events


def stream_of(response: Any) -> AsyncIterator[bytes]:
    """Return what a response sends, as it comes."""
    return cast(AsyncIterator[bytes], aiter(response.streaming_content))


async def events_of(response: Any) -> list[Event]:
    """Read a response to its end."""
    return events_in(b"".join([part async for part in stream_of(response)]).decode())


def said_in(events: list[Event]) -> str:
    """Return the text that came piece by piece."""
    return "".join(data["text"] for name, data in events if name == "text")

"""What a person reads who has too many answers at once, or asks too often."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from console.accounts.models import User
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.playground.models import Turn
from console.usage.models import UsageRecord
from tests.finance.budgets.made import set_budget
from tests.people import ClientOf
from tests.playground.conversations.test_storing import kept
from tests.playground.streams import (
    CHAT,
    browser_of,
    events_of,
    prompt,
    ready,
    stream_of,
)
from tests.relay.upstream import Script, answer, chunk, streaming

__all__ = ["ready"]

pytestmark = pytest.mark.django_db(transaction=True)

TOKENIZE = reverse("playground:stream_tokenize")
LEGACY = reverse("playground:stream_completions")


async def test_a_comparison_of_four_runs_and_a_fifth_answer_waits_for_it(
    ready: User,
) -> None:
    browser, gate, place = await browser_of(ready), asyncio.Event(), uuid4()

    async def column(lane: int) -> Any:
        form = prompt("one", conversation=place, answer=uuid4(), lane=lane)
        return await browser.post(CHAT, form)

    with use_transport(streaming(Script(chunk("Hel"), gate.wait, *answer("lo")))):
        four = [await column(lane) for lane in range(4)]
        streams = [stream_of(one) for one in four]
        for stream in streams:
            await anext(stream)
        fifth: Any = await browser.post(CHAT, prompt("two", answer=uuid4()))
        gate.set()
        rest = [b"".join([part async for part in stream]) for stream in streams]
        await kept()
        after = await events_of(await browser.post(CHAT, prompt("two")))
        await kept()

    assert all(b"event: done" in one for one in rest)
    assert fifth.status_code == 429
    assert fifth.headers["Retry-After"] == "5"
    assert "You have 4 answers coming" in fifth.text
    assert "Nothing was sent." in fifth.text
    assert after[-1][0] == "done"
    assert await in_db(Turn.objects.filter(role="assistant").count) == 5
    assert await in_db(UsageRecord.objects.count) == 5


async def test_whoever_asks_too_often_is_told_how_long_to_wait(
    ready: User, settings: Settings
) -> None:
    settings.CALLS_PER_MINUTE = 1
    browser = await browser_of(ready)

    with use_transport(streaming(Script(*answer("Hi")))):
        await events_of(await browser.post(CHAT, prompt("one")))
        await kept()
        again: Any = await browser.post(CHAT, prompt("one"))

    assert again.status_code == 429
    assert 55 < int(again.headers["Retry-After"]) <= 60
    assert "You have made 1 call within a minute" in again.text
    assert f"Wait {again.headers['Retry-After']} s" in again.text


@pytest.mark.parametrize("door", [CHAT, LEGACY])
def test_who_may_raise_the_budget_that_refuses_is_led_there(
    client_of: ClientOf, ada: User, ready: User, door: str
) -> None:
    budget = set_budget(ada, day=0)
    link = f'href="{reverse("budgets:raise", args=[budget.pk])}"'
    sent = prompt("one", prompt="one", limit=100)

    own, of_others = (client_of(one).post(door, sent) for one in (ada, ready))

    for refused in (own, of_others):
        assert refused.status_code == 402
        assert "Nothing was sent." in refused.text
    assert link in own.text
    assert client_of(ada).get(link.split('"')[1]).status_code == 200
    assert link not in of_others.text


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("TEAM_ANSWERS_AT_ONCE", "No team may have more than 0 at once"),
        ("TEAM_CALLS_PER_MINUTE", "No team may make more than 0"),
        ("KEY_CALLS_PER_MINUTE", "No key may be used for more than 0"),
        ("STREAMS_PER_PROCESS", "Gatehouse reads as many answers as it can at once"),
    ],
)
async def test_each_limit_says_itself(
    ready: User, settings: Settings, setting: str, sentence: str
) -> None:
    setattr(settings, setting, 0)
    browser = await browser_of(ready)

    refused: Any = await browser.post(CHAT, prompt("one", answer=uuid4()))

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert sentence in refused.text
    assert "Nothing was sent." in refused.text
    assert not await in_db(UsageRecord.objects.exists)
    assert not await in_db(Turn.objects.exists)


@pytest.mark.parametrize("setting", ["COUNTS_PER_MINUTE", "TEAM_COUNTS_PER_MINUTE"])
async def test_counting_tokens_is_limited_by_itself(
    ready: User, settings: Settings, setting: str
) -> None:
    setattr(settings, setting, 0)
    browser = await browser_of(ready)

    refused: Any = await browser.post(TOKENIZE, {"model": "grok-4.3", "text": "Hi"})
    with use_transport(streaming(Script(*answer("Hi")))):
        events = await events_of(await browser.post(CHAT, prompt("one")))
        await kept()

    assert refused.status_code == 429
    assert "0 token counts within a minute" in refused.text
    assert events[-1][0] == "done"


async def test_an_answer_that_is_there_is_told_though_the_process_is_full(
    ready: User, settings: Settings
) -> None:
    browser = await browser_of(ready)
    asked = prompt("one", answer=uuid4(), conversation=uuid4())
    with use_transport(streaming(Script(*answer("Hi")))):
        await events_of(await browser.post(CHAT, asked))
        await kept()
    settings.STREAMS_PER_PROCESS = 0

    again = await events_of(await browser.post(CHAT, asked))

    assert again[-1][1]["text"] == "Hi"


def test_the_legacy_page_says_it_beside_the_prompt(
    ready: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.ANSWERS_AT_ONCE = 0
    browser: Client = client_of(ready)

    page = browser.post(LEGACY, {"model": "grok-4.3", "prompt": "Hi", "limit": "9"})

    assert (page.status_code, page.headers["Retry-After"]) == (429, "5")
    assert "You have 0 answers coming" in page.text

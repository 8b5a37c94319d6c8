"""The vault is sealed while an answer comes: its end waits, or is said to be lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import F
from django.urls import reverse
from pytest_django import Settings

from console import vault
from console.accounts.models import User
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.playground.conversations import contents, keeping, storing
from console.playground.models import Turn, TurnState
from console.usage.models import Outcome
from tests.playground.conversations.test_storing import kept
from tests.playground.streams import (
    CHAT,
    Event,
    browser_of,
    events_in,
    events_of,
    prompt,
    ready,
    stream_of,
)
from tests.relay.upstream import Script, answer, chunk, settled, streaming

__all__ = ["ready"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "EVERY", 0.02)
    monkeypatch.setattr(keeping, "SEALED_PAUSE", 0.02)


def seal(settings: Settings) -> None:
    settings.KEK_FILE = settings.KEK_FILE.parent / "nothing"
    vault.forget()


def unseal(settings: Settings) -> None:
    settings.KEK_FILE = settings.KEK_FILE.parent / "kek"
    vault.forget()


def written(turn: UUID) -> str:
    return contents.text_of(storing.open_turn(Turn.objects.get(pk=turn)))


async def sealed_in_the_middle(browser: Any, turn: UUID, settings: Settings) -> Event:
    """Hear an answer whose beginning alone could be kept; return the last event."""
    gate = asyncio.Event()
    script = Script(chunk("Hel"), gate.wait, *answer("lo"))
    with use_transport(streaming(script)):
        stream = stream_of(await browser.post(CHAT, prompt("one", answer=turn)))
        await anext(stream)
        await anext(stream)
        async with asyncio.timeout(10):
            while await in_db(written, turn) != "Hel":  # noqa: ASYNC110  (as it is kept)
                await asyncio.sleep(0.01)
        seal(settings)
        gate.set()
        rest = b"".join([part async for part in stream]).decode()
    return events_in(rest)[-1]


async def test_the_end_is_kept_once_the_vault_is_open(
    ready: User, settings: Settings
) -> None:
    browser, turn = await browser_of(ready), uuid4()

    name, last = await sealed_in_the_middle(browser, turn, settings)
    row = await in_db(Turn.objects.get, pk=turn)
    unseal(settings)
    await kept()

    assert (name, last["text"]) == ("done", "Hello")
    assert row.state == TurnState.COMING
    assert (await in_db(Turn.objects.get, pk=turn)).state == TurnState.WHOLE
    assert await in_db(written, turn) == "Hello"


@pytest.mark.parametrize("ends", ["the patience", "the process"])
async def test_half_an_answer_is_never_shown_as_a_whole_one(
    ready: User, settings: Settings, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    browser, turn = await browser_of(ready), uuid4()
    if ends == "the patience":
        monkeypatch.setattr(keeping, "SEALED_FOR", 0.05)
    else:
        monkeypatch.setattr(keeping, "is_closing", lambda: True)

    await sealed_in_the_middle(browser, turn, settings)
    await kept()
    unseal(settings)
    long_ago = F("kept_at") - timedelta(minutes=1)
    await in_db(Turn.objects.update, kept_at=long_ago)
    url = reverse("playground:stream_answer", args=[turn])
    name, last = (await events_of(await browser.get(url)))[-1]

    assert (name, last["text"]) == ("error", "Hel")
    assert "The end of this answer could not be kept." in last["notice"]
    record = await settled()
    assert (record.outcome, record.cost_ticks) == (Outcome.COMPLETE, 4_121_500)

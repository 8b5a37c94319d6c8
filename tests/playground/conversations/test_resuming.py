"""An answer is found again: in this process, in another, and after one died."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import User
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.playground.conversations import keeping, storing
from console.playground.models import Turn, TurnState
from console.relay import pump as pumps
from console.usage import ledger
from console.usage.models import CostSource, Outcome, RecordState, UsageRecord
from tests.playground.conversations.test_storing import kept
from tests.playground.streams import (
    CHAT,
    browser_of,
    events_in,
    events_of,
    prompt,
    ready,
    said_in,
    stream_of,
)
from tests.relay.upstream import (
    Script,
    answer,
    chunk,
    settled,
    streaming,
)

__all__ = ["ready"]

pytestmark = pytest.mark.django_db(transaction=True)


def address(turn: UUID) -> str:
    return reverse("playground:stream_answer", args=[turn])


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process not know what it reads, as another one would not."""
    monkeypatch.setattr("console.playground.responses.in_flight", lambda record: None)
    monkeypatch.setattr("console.playground.views.in_flight", lambda record: None)
    monkeypatch.setattr(keeping, "EVERY", 0.02)
    monkeypatch.setattr(keeping, "LOOK_EVERY", 0.02)


async def begun(browser: AsyncClient, turn: UUID, parts: int = 2) -> None:
    """Ask, hear a little, and leave as a reload does."""
    response = await browser.post(CHAT, prompt("one", answer=turn))
    stream = stream_of(response)
    for _ in range(parts):
        await anext(stream)
    await in_db(response.close)


async def test_an_answer_goes_on_after_a_reload(ready: User) -> None:
    browser, turn, gate = await browser_of(ready), uuid4(), asyncio.Event()
    script = Script(chunk("Hel"), gate.wait, *answer("lo"))

    with use_transport(streaming(script)):
        await begun(browser, turn)
        stream = stream_of(await browser.get(address(turn)))
        before = [events_in((await anext(stream)).decode())[0] for _ in range(2)]
        gate.set()
        after = events_in(b"".join([part async for part in stream]).decode())
        await kept()

    record = await settled()
    assert before[0][1]["record"] == str(record.pk)
    assert before[1] == ("text", {"text": "Hel"})
    assert said_in(before + after) == "Hello"
    assert (after[-1][0], after[-1][1]["text"]) == ("done", "Hello")
    assert (record.outcome, record.cost_ticks) == (Outcome.COMPLETE, 4_121_500)


async def test_another_process_tells_what_is_written_down(
    ready: User, elsewhere: None
) -> None:
    browser, turn, gate = await browser_of(ready), uuid4(), asyncio.Event()
    script = Script(chunk(reasoning="Hm"), chunk("Hel"), gate.wait, *answer("lo"))

    with use_transport(streaming(script)):
        await begun(browser, turn, 3)
        stream = stream_of(await browser.get(address(turn)))
        before = [events_in((await anext(stream)).decode())[0] for _ in range(3)]
        gate.set()
        after = events_in(b"".join([part async for part in stream]).decode())
        await kept()

    assert [name for name, _ in before] == ["start", "reasoning", "text"]
    assert said_in(before + after) == "Hello"
    assert after[-1][0] == "done"
    assert await in_db(UsageRecord.objects.count) == 1


async def test_an_answer_is_stopped_from_another_process(
    ready: User, elsewhere: None
) -> None:
    browser, turn = await browser_of(ready), uuid4()
    script = Script(chunk("Hel"), asyncio.Event().wait)

    with use_transport(streaming(script)):
        await begun(browser, turn)
        record = await in_db(UsageRecord.objects.get)
        url = reverse("playground:stop", args=[record.pk])
        stopped = await browser.post(url)
        events = await events_of(await browser.get(address(turn)))
        await kept()

    assert stopped.status_code == 204
    assert events[-1][1]["text"] == "Hel"
    assert "stopped by you" in events[-1][1]["meter"]
    assert "so the true cost may be less" in events[-1][1]["meter"]
    assert (await settled()).outcome == Outcome.STOPPED


@pytest.mark.parametrize("deletes", ["the conversation", "the turn"])
async def test_an_answer_whose_place_is_deleted_is_stopped_and_booked(
    ready: User, elsewhere: None, deletes: str
) -> None:
    browser, turn = await browser_of(ready), uuid4()
    script = Script(chunk("abcd" * 5), asyncio.Event().wait)

    with use_transport(streaming(script)):
        await begun(browser, turn)
        if deletes == "the conversation":
            place = (await in_db(Turn.objects.get, pk=turn)).conversation_id
            url = reverse("playground:history_delete", args=[place])
            assert (await browser.post(url)).status_code == 303
        else:
            await in_db(Turn.objects.filter(pk=turn).delete)
        await kept()

    record = await settled()
    assert (record.outcome, record.source) == (Outcome.STOPPED, CostSource.ESTIMATED)
    assert record.cost_ticks
    assert script.closed
    assert not await in_db(Turn.objects.filter(pk=turn).exists)


async def test_an_answer_that_was_taken_for_dead_is_read_to_its_end(
    ready: User, elsewhere: None
) -> None:
    browser, turn, gate = await browser_of(ready), uuid4(), asyncio.Event()
    script = Script(chunk("Hel"), gate.wait, *answer("lo"))

    with use_transport(streaming(script)):
        await begun(browser, turn)
        await in_db(Turn.objects.filter(pk=turn).update, state=TurnState.CUT)
        await in_db(keeping.write, dict(keeping._kept))
        gate.set()
        await kept()

    assert (await in_db(Turn.objects.get, pk=turn)).state == TurnState.WHOLE
    assert (await settled()).outcome == Outcome.COMPLETE


async def test_an_answer_that_has_ended_is_told_again_for_nothing(ready: User) -> None:
    browser, turn = await browser_of(ready), uuid4()
    with use_transport(streaming(Script(*answer("**Hi**")))):
        once = await events_of(await browser.post(CHAT, prompt("one", answer=turn)))
        await kept()

    twice = await events_of(await browser.get(address(turn)))

    assert once[-1][1]["inspect"]
    assert twice == once
    assert await in_db(UsageRecord.objects.count) == 1


async def test_what_a_process_that_died_had_read_is_shown_as_cut(ready: User) -> None:
    browser, turn = await browser_of(ready), uuid4()
    with use_transport(streaming(Script(*answer("x")))):
        await events_of(await browser.post(CHAT, prompt("one", answer=turn)))
        await kept()

    def die() -> None:
        blob = storing.seal_turn({"text": "Hel", "reasoning": ""}, turn)
        long_ago = timezone.now() - timedelta(minutes=1)
        UsageRecord.objects.update(state=RecordState.OPEN, cost_ticks=None)
        Turn.objects.filter(pk=turn).update(
            state=TurnState.COMING, sealed_content=blob, kept_at=long_ago
        )

    await in_db(die)
    name, last = (await events_of(await browser.get(address(turn))))[-1]

    assert (name, last["text"]) == ("error", "Hel")
    assert "ended before it did" in last["notice"]
    assert "not booked yet: that takes 3 minutes at most" in last["meter"]
    assert (await in_db(Turn.objects.get, pk=turn)).state == TurnState.CUT

    long_ago = timezone.now() - timedelta(minutes=3)
    await in_db(UsageRecord.objects.update, alive_at=long_ago)
    assert await in_db(ledger.reap) == 1
    _, last = (await events_of(await browser.get(address(turn))))[-1]
    assert "Gatehouse stopped before xAI told it" in last["meter"]


@pytest.mark.parametrize("who", ["ada", "olga", "fin", "mia"])
async def test_nobody_else_hears_an_answer_whatever_their_role(
    ready: User, request: pytest.FixtureRequest, who: str
) -> None:
    turn = uuid4()
    with use_transport(streaming(Script(*answer("x")))):
        mine = await browser_of(ready)
        await events_of(await mine.post(CHAT, prompt("one", answer=turn)))
        await kept()
    browser = await browser_of(await in_db(request.getfixturevalue, who))

    assert (await browser.get(address(turn))).status_code == 404


async def test_a_stranger_is_sent_to_sign_in(db: None) -> None:
    assert (await AsyncClient().get(address(uuid4()))).status_code == 302


async def test_a_follower_is_let_go_when_the_process_stops(
    ready: User, elsewhere: None
) -> None:
    browser, turn, gate = await browser_of(ready), uuid4(), asyncio.Event()
    script = Script(chunk("Hel"), gate.wait, *answer("lo"))

    with use_transport(streaming(script)):
        await begun(browser, turn)
        stream = stream_of(await browser.get(address(turn)))
        await anext(stream)
        await anext(stream)
        await keeping.let_followers_go()
        rest = [part async for part in stream]
        gate.set()
        await kept()

    assert rest == []


async def test_the_end_of_the_process_keeps_what_came(ready: User) -> None:
    browser, turn = await browser_of(ready), uuid4()
    script = Script(chunk("Hel"), asyncio.Event().wait)

    with use_transport(streaming(script)):
        await begun(browser, turn)
        await pumps.close_all()

    _, last = (await events_of(await browser.get(address(turn))))[-1]
    assert last["text"] == "Hel"
    assert "Gatehouse is restarting" in last["notice"]
    assert (await settled()).outcome == Outcome.LOST

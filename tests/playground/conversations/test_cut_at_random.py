"""Streams cut at any point by browser or by xAI: each call is made and booked once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.db import connection
from django.test import AsyncClient
from django.urls import reverse
from pytest_django import Settings

from console.accounts.models import User
from console.keys.upstream import use_transport
from console.lib.db import in_db
from console.playground.models import Turn, TurnState
from console.usage.models import Outcome, RecordState, UsageRecord
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
from tests.relay.upstream import DONE, Script, chunk, usage_chunk

__all__ = ["ready"]

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS, SEED, AT_ONCE = 300, 7, 20
SOON = 0.01  # seconds, at most, between two events

# Every change of a usage record after it was opened, noted by the database itself.
NOTE_CHANGES = """
    CREATE TABLE noted_changes (record uuid, before text, after text);
    CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO noted_changes VALUES (OLD.id, OLD.state, NEW.state);
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_change AFTER UPDATE ON usage_usagerecord
        FOR EACH ROW EXECUTE FUNCTION note_change();
"""
FORGET_CHANGES = """
    DROP TRIGGER note_change ON usage_usagerecord;
    DROP FUNCTION note_change;
    DROP TABLE noted_changes;
"""

BROKEN = b'data: {"error": "The stream broke inside the service."}\n\n'


@pytest.fixture
def noted_changes(db: None) -> Iterator[None]:
    """A table of all changes of usage records."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE_CHANGES)
    yield
    with connection.cursor() as cursor:
        cursor.execute(FORGET_CHANGES)


@dataclass(kw_only=True)
class Course:
    """How one stream goes, by xAI and by its browser."""

    turn: UUID
    words: list[str]
    ends: str  # what xAI does: whole, cut, told (cut after the usage), broken, garbled
    pauses: list[float]
    leaves_after: int  # events, the first of which says that it began
    waits: float  # seconds until it is back
    back_by: tuple[str, ...]  # GET, POST, both or none
    asked: int = 0  # requests that reached xAI
    heard: list[str] = field(default_factory=list)  # by each that came back

    @classmethod
    def at_random(cls, chance: Random) -> Course:
        """Return one of all that may happen."""
        words = [f"{at} " for at in range(chance.randint(0, 8))]
        return cls(
            turn=UUID(int=chance.getrandbits(128), version=4),
            words=words,
            ends=chance.choice(["whole", "whole", "cut", "told", "broken", "garbled"]),
            pauses=[chance.uniform(0, SOON) for _ in words],
            leaves_after=chance.randint(1, len(words) + 2),
            waits=chance.choice([0, SOON, 10 * SOON]),
            back_by=chance.choice([(), (), ("GET",), ("POST",), ("GET", "POST")]),
        )

    def script(self) -> Script:
        """Return what xAI answers."""
        parts: list[Any] = []
        for word, pause in zip(self.words, self.pauses, strict=True):
            parts += [partial(asyncio.sleep, pause), chunk(word)]
        last = {
            "whole": [chunk(finish="stop"), usage_chunk(), DONE],
            "cut": [],
            "told": [usage_chunk()],
            "broken": [BROKEN],
            "garbled": [b"data: {nonsense\n\n"],
        }
        return Script(*parts, *last[self.ends])

    @property
    def outcome(self) -> Outcome:
        """What is to be booked."""
        return Outcome.COMPLETE if self.ends == "whole" else Outcome.CUT

    @property
    def state(self) -> TurnState:
        """What is to be kept."""
        if self.ends == "whole":
            return TurnState.WHOLE
        return TurnState.CUT if self.words else TurnState.FAILED


def xai_of(courses: list[Course]) -> httpx.MockTransport:
    """Return an xAI that answers each as its course says."""
    by_prompt = {str(course.turn): course for course in courses}

    async def respond(request: httpx.Request) -> httpx.Response:
        course = by_prompt[json.loads(request.content)["messages"][-1]["content"]]
        course.asked += 1
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=course.script())

    return httpx.MockTransport(respond)


async def follow(browser: AsyncClient, course: Course) -> None:
    """Ask, leave, and come back for the whole of it, as the course says."""
    form = prompt(str(course.turn), answer=course.turn, conversation=uuid4())
    response = await browser.post(CHAT, form)
    stream, heard = stream_of(response), b""
    for _ in range(course.leaves_after):
        heard += await anext(stream, b"")
    await in_db(response.close)
    assert "".join(course.words).startswith(said_in(events_in(heard.decode())))
    await asyncio.sleep(course.waits)

    async def come_back(by: str) -> str:
        if by == "POST":
            return said_in(await events_of(await browser.post(CHAT, form)))
        url = reverse("playground:stream_answer", args=[course.turn])
        return said_in(await events_of(await browser.get(url)))

    course.heard = await asyncio.gather(*map(come_back, course.back_by))


def booked() -> dict[UUID, tuple[str, str]]:
    """Return state and outcome of the record of each answer."""
    rows = Turn.objects.filter(role="assistant").values_list(
        "pk", "record__state", "record__outcome"
    )
    return {pk: (state, outcome) for pk, state, outcome in rows}


def changes() -> Counter[tuple[UUID, str, str]]:
    """Return how often each record changed from what to what."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT record, before, after FROM noted_changes")
        return Counter(cursor.fetchall())


async def test_300_streams_cut_at_random_lose_and_double_nothing(
    ready: User, noted_changes: None, settings: Settings
) -> None:
    settings.ANSWERS_AT_ONCE = settings.CALLS_PER_MINUTE = 10_000
    settings.TEAM_ANSWERS_AT_ONCE = settings.TEAM_CALLS_PER_MINUTE = 10_000
    settings.KEY_CALLS_PER_MINUTE = 10_000
    browser, chance = await browser_of(ready), Random(SEED)
    courses = [Course.at_random(chance) for _ in range(STREAMS)]
    room = asyncio.Semaphore(AT_ONCE)

    async def one(course: Course) -> None:
        async with room:
            await follow(browser, course)

    with use_transport(xai_of(courses)):
        await asyncio.gather(*map(one, courses))
        await kept()

    assert [course.asked for course in courses] == [1] * STREAMS
    records = await in_db(lambda: [*UsageRecord.objects.values_list("pk", flat=True)])
    assert len(records) == STREAMS
    assert await in_db(changes) == Counter(
        {(pk, RecordState.OPEN, RecordState.SETTLED): 1 for pk in records}
    )
    assert await in_db(booked) == {
        course.turn: (RecordState.SETTLED, course.outcome) for course in courses
    }
    turns = Turn.objects.filter(role="assistant").values_list("pk", "state")
    assert dict(await in_db(lambda: [*turns])) == {
        course.turn: course.state for course in courses
    }
    for course in courses:
        assert course.heard == ["".join(course.words)] * len(course.back_by)

"""From the form to the last event: what a page gets to inspect, and what never."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from console.accounts.models import User
from console.keys.upstream import use_transport
from tests.people import SECRET
from tests.playground.test_stream import (
    CHAT,
    MESSAGES,
    PROMPT,
    browser_of,
    events_of,
    ready,
)
from tests.relay.upstream import (
    DONE,
    Script,
    answer,
    chunk,
    saying,
    streaming,
    usage_chunk,
)

__all__ = ["ready"]

pytestmark = pytest.mark.django_db(transaction=True)


async def last_of(
    person: User, transport: httpx.MockTransport, door: str = CHAT
) -> tuple[str, dict[str, Any], str]:
    browser = await browser_of(person)
    with use_transport(transport):
        events = await events_of(await browser.post(door, PROMPT))
    name, last = events[-1]
    return name, last, json.dumps(events)


async def test_an_answer_that_is_not_kept_brings_its_inspector(
    ready: User, settings: Settings
) -> None:
    settings.CONVERSATION_DAYS = 0
    script = Script(chunk(reasoning="Hm"), *answer("Hello", " there"))

    name, last, everything = await last_of(ready, streaming(script))

    inspector = last["inspect"]
    assert name == "done"
    assert '<svg class="waterfall" role="img" aria-label="wait ' in inspector
    assert "POST https://api.x.ai/v1/chat/completions" in inspector
    assert "authorization: Bearer [the key search-prod]" in inspector
    assert "&quot;include_usage&quot;: true" in inspector
    assert "<dd>200</dd>" in inspector
    assert "up-1" in inspector
    assert "2 text, 1 reasoning, 1 finish stop, 1 usage" in inspector
    assert SECRET not in everything
    assert "style=" not in inspector


async def test_the_cost_is_proved_in_the_meter(ready: User) -> None:
    _, last, _ = await last_of(ready, streaming(Script(*answer("Hello"))))

    meter = last["meter"]
    assert "<summary>" in meter
    for row in ("fresh input", "x 12,500", "= 62,500", "= 3,650,000", "4,121,500"):
        assert row in meter
    assert "$0.00041215 exactly" in meter
    assert "below the threshold of 200,000" in meter


async def test_a_difference_to_xais_amount_is_shown(ready: User) -> None:
    script = Script(chunk("Hi"), usage_chunk(cost_in_usd_ticks=5_000_000), DONE)

    _, last, _ = await last_of(ready, streaming(script))

    assert "878,500" in last["meter"]
    assert "xAI's amount is what is booked" in last["meter"].replace("&#x27;", "'")


async def test_messages_are_computed_and_proved(ready: User) -> None:
    start = {"model": "grok-4.3", "usage": {"input_tokens": 18}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_delta", "delta": {"text": "97"}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 31}},
        {"type": "message_stop"},
    ]
    script = Script(*(f"data: {json.dumps(one)}\n\n".encode() for one in events))

    _, last, _ = await last_of(ready, streaming(script), MESSAGES)

    assert "= 225,000" in last["meter"]  # 18 x 12,500
    assert "= 775,000" in last["meter"]  # 31 x 25,000
    assert "Booked, computed" in last["meter"]


async def test_a_refusal_is_inspected_too(ready: User, settings: Settings) -> None:
    settings.CONVERSATION_DAYS = 0
    words = f"Too fast, {SECRET}"
    refusal = saying(429, {"error": words}, **{"x-request-id": "up-2"})

    name, last, everything = await last_of(ready, refusal)

    assert name == "error"
    assert "<dd>429</dd>" in last["inspect"]
    assert "up-2" in last["inspect"]
    assert "None came." in last["inspect"]
    assert SECRET not in everything


async def test_a_cut_answer_is_estimated_from_what_was_seen(ready: User) -> None:
    name, last, _ = await last_of(ready, streaming(Script(chunk("Hello there"))))

    assert name == "error"
    assert "Booked, estimated" in last["meter"]
    assert "the tokens are those that were seen" in last["meter"]

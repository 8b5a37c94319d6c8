"""What is kept of a long answer, and what of a short one."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from console import xai
from console.relay.hearing import Heard
from console.relay.tracing import FIRST, LAST, LONGEST, Trace, Tracer
from tests.relay.upstream import Script, answer, chunk, saying, streaming

AUTH = xai.XaiAuth(xai.Secret.parse("xai-" + "A1b2C3d4E5" * 8))
REQUEST = xai.ChatRequest(model="grok-4.3", messages=[])


async def traced(transport: httpx.MockTransport) -> Trace:
    client = xai.AsyncXaiClient("https://api.x.ai", transport=transport)
    events, heard, tracer = client.stream_chat(REQUEST, auth=AUTH), Heard(), Tracer()
    try:
        async for event in events:
            tracer.take(event, heard.take(event), heard)
    except xai.XaiError:
        pass
    await client.aclose()
    return tracer.told(events, key_label="search-prod")


async def test_a_short_answer_is_kept_whole() -> None:
    script = Script(chunk(reasoning="Hm"), *answer("Hello", " there"))

    trace = await traced(streaming(script))

    kinds = [(moment.kind, moment.text) for moment in trace.first]
    assert kinds == [
        ("reasoning", "Hm"),
        ("text", "Hello"),
        ("text", " there"),
        ("finish stop", ""),
        ("usage", ""),
    ]
    assert trace.last == ()
    assert trace.left_out == 0
    assert trace.events == 5
    assert dict(trace.counts)["text"] == 2
    assert (trace.status, trace.request_id) == (200, "up-1")
    assert trace.first_token == trace.first[0].after
    assert trace.last_event == trace.first[-1].after
    assert trace.answered is not None
    assert trace.answered <= trace.first_token <= trace.last_event <= trace.ended
    assert trace.connected is None  # this transport has no connections


@pytest.mark.parametrize("number", [FIRST, FIRST + LAST, FIRST + LAST + 1, 1_000])
async def test_of_a_long_answer_the_ends_are_kept(number: int) -> None:
    texts = [str(n) for n in range(number - 2)]

    trace = await traced(streaming(Script(b"".join(answer(*texts)))))

    kept = [*trace.first, *trace.last]
    assert len(trace.first) <= FIRST
    assert len(trace.last) <= LAST
    assert trace.events == number == len(kept) + trace.left_out
    assert trace.left_out == max(0, number - FIRST - LAST)
    assert kept[0].text == "0"
    assert kept[-1].kind == "usage"


async def test_a_refusal_has_a_status_and_no_events() -> None:
    refusal = saying(429, {"error": "slow down"}, **{"x-request-id": "up-2"})

    trace = await traced(refusal)

    assert (trace.status, trace.request_id) == (429, "up-2")
    assert trace.first_token is trace.last_event is None
    assert trace.events == 0
    assert trace.asked is not None
    assert json.loads(trace.asked.body)["model"] == "grok-4.3"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (xai.Event("ping", '{"type": "ping"}'), "ping"),
        (xai.Event("x" * 900, "{}"), "x" * LONGEST),
        (xai.Event("message", '{"choices": []}'), "other"),
    ],
)
def test_an_event_without_text_has_a_short_kind(event: xai.Event, kind: str) -> None:
    heard, tracer = Heard(), Tracer()
    tracer.take(event, heard.take(event), heard)

    assert tracer._first[0].kind == kind


def test_kinds_of_messages_are_the_names_of_its_events() -> None:
    heard, tracer = Heard(), Tracer()
    data: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 1}}},
        {"type": "content_block_delta", "delta": {"text": "97"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    ]
    for each in data:
        event = xai.Event(str(each["type"]), json.dumps(each))
        tracer.take(event, heard.take(event), heard)

    kinds = [moment.kind for moment in tracer._first]
    assert kinds == ["message_start", "text", "message_delta"]

"""Streams of both dialects, whole, refused, broken and closed."""

import json
from collections.abc import Callable

import pytest

from console.xai import (
    Event,
    Usage,
)
from tests.xai.answering import (
    AUTH,
    Upstream,
    data,
    event_stream,
    named,
    waiting,
)
from tests.xai.streams import (
    CHAT,
    COUNTED,
    COUNTS,
    DONE,
    MESSAGE,
    MESSAGES,
    ROLE,
    STOP,
    WORDS,
    chat_of,
    read,
)


async def test_a_chat_ends_with_done_which_is_kept_back() -> None:
    answer = event_stream(WORDS, ": ping\n\n", STOP, COUNTS, DONE, data("never read"))
    stream = chat_of(answer)

    events, error = await read(stream)

    assert error is None
    assert [event.name for event in events] == ["message"] * 3
    assert json.loads(events[0].data)["choices"][0]["delta"] == ROLE
    assert (stream.status, stream.request_id) == (200, "req-7")
    assert answer.is_closed


async def test_a_chat_always_asks_for_its_usage() -> None:
    upstream = Upstream(event_stream(DONE))

    await read(waiting(upstream).stream_chat(CHAT, auth=AUTH))

    assert json.loads(upstream.requests[0].content) == {
        **CHAT.to_json(),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert upstream.requests[0].headers["accept"].startswith("text/event-stream")


async def test_the_request_is_sent_with_the_first_event_and_not_before() -> None:
    upstream = Upstream(event_stream(DONE))
    stream = waiting(upstream).stream_chat(CHAT, auth=AUTH)

    assert (upstream.requests, stream.status) == ([], None)
    await read(stream)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("write", [named, data])
async def test_a_message_ends_with_message_stop_which_is_handed_out(
    write: Callable[[dict[str, object]], str],
) -> None:
    upstream = Upstream(event_stream(*map(write, MESSAGE), data("never read")))
    stream = waiting(upstream).stream_messages(MESSAGES, auth=AUTH)

    events, error = await read(stream)

    assert error is None
    assert [json.loads(event.data) for event in events] == list(MESSAGE)
    assert json.loads(upstream.requests[0].content)["stream"] is True


async def test_a_message_may_end_with_done_as_well() -> None:
    events, error = await read(chat_of(event_stream(*map(named, MESSAGE[:-1]), DONE)))

    assert (len(events), error) == (5, None)


async def test_text_that_says_message_stop_or_error_is_text() -> None:
    text = {"type": "text_delta", "text": "message_stop", "choices": ["error"]}
    answer = event_stream(data(text), data({"error": None, "x": "error"}), DONE)

    events, error = await read(chat_of(answer))

    assert (len(events), error) == (2, None)


async def test_done_counts_without_its_blank_line() -> None:
    assert (await read(chat_of(event_stream(WORDS, "data: [DONE]"))))[1] is None


async def test_usage_is_found_in_the_events_of_a_chat() -> None:
    events, _ = await read(chat_of(event_stream(WORDS, STOP, COUNTS, DONE)))

    found = [usage for event in events if (usage := Usage.in_event(event))]

    assert found == [Usage.from_chat(COUNTED)]
    assert found[0].cost_ticks == 2750000


async def test_usage_of_a_message_is_told_in_two_parts() -> None:
    usage = Usage()
    for message in MESSAGE:
        found = Usage.in_event(Event("message", json.dumps(message)))
        usage = usage.updated_by(found) if found else usage

    assert usage == Usage(
        prompt_tokens=210, cached_tokens=192, completion_tokens=31, total_tokens=241
    )

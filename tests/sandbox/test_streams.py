"""Streams of chat, the Anthropic-shaped dialect, and the legacy routes."""

import httpx
import pytest

from tests.sandbox.conftest import Sandbox, chat_body
from tests.sandbox.reading import events
from tests.waiting import wait_until

CHAT = "/v1/chat/completions"
PLAIN = "grok-4.20-0309-non-reasoning"


def test_a_stream_has_the_recorded_shape(sandbox: Sandbox) -> None:
    answer = sandbox.chat(stream=True, stream_options={"include_usage": True})

    first, *middle, last, final, done = events(answer)
    assert answer.headers["content-type"] == "text/event-stream"
    assert "event:" not in answer.text
    assert first["choices"][0]["delta"]["role"] == "assistant"
    assert first["choices"][0]["delta"]["reasoning_content"]
    assert all("finish_reason" not in chunk["choices"][0] for chunk in middle)
    assert all("usage" not in chunk for chunk in [first, *middle, last])
    assert last["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert final["choices"] == []
    assert final["usage"] == sandbox.chat().json()["usage"]
    assert done == "[DONE]"


def test_a_stream_tells_no_usage_unless_asked(sandbox: Sandbox) -> None:
    chunks = events(sandbox.chat(stream=True))

    assert all("usage" not in chunk for chunk in chunks[:-1])


def test_a_stream_is_booked_whole(sandbox: Sandbox) -> None:
    answer = sandbox.chat(stream=True, stream_options={"include_usage": True})

    (call,) = sandbox.control.ledger()
    assert call.completed
    assert call.streamed_events == len(events(answer))
    assert call.ticks == events(answer)[-2]["usage"]["cost_in_usd_ticks"]


def test_a_client_that_leaves_pays_for_what_was_made(sandbox: Sandbox) -> None:
    sandbox.control.settings(pace=0.05)
    body = chat_body("Leave early", model=PLAIN, stream=True)
    with sandbox.http.stream("POST", CHAT, json=body, headers=sandbox.auth()) as answer:
        lines = answer.iter_lines()
        while not next(lines).startswith("data:"):
            pass

    wait_until(lambda: sandbox.control.ledger()[0].client_left)
    (call,) = sandbox.control.ledger()
    assert call.usage is not None
    assert 0 < call.usage.completion_tokens == call.streamed_events < 20
    assert not call.completed


def test_a_stream_that_flows_takes_the_pace_of_the_moment(sandbox: Sandbox) -> None:
    sandbox.control.settings(pace=0.05)
    body = chat_body("Slow down", model=PLAIN, stream=True)
    headers = sandbox.auth()
    with sandbox.http.stream(
        "POST", CHAT, json=body, headers=headers, timeout=2
    ) as answer:
        lines = answer.iter_lines()
        while not next(lines).startswith("data:"):
            pass
        sandbox.control.settings(pace=60)

        with pytest.raises(httpx.ReadTimeout):
            list(lines)


def test_a_message_has_anthropics_usage(sandbox: Sandbox) -> None:
    text = "Anthropic counts the cache apart " * 10
    body = {
        "model": "grok-4.3",
        "max_tokens": 5,
        "system": [{"type": "text", "text": "Brief."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
    }
    first = sandbox.post("/v1/messages", body).json()
    second = sandbox.post("/v1/messages", body).json()

    cached = second["usage"]["cache_read_input_tokens"]
    assert cached > 0
    assert second["usage"]["input_tokens"] + cached == first["usage"]["input_tokens"]
    assert first["stop_reason"] == "max_tokens"
    assert "cost_in_usd_ticks" not in first["usage"]


@pytest.mark.parametrize("indexed", [False, True], ids=["as observed", "repaired"])
def test_a_message_stream_numbers_its_blocks_as_set(
    sandbox: Sandbox, indexed: bool
) -> None:
    sandbox.control.settings(messages_index=indexed)
    body = chat_body("Blocks", max_tokens=9, stream=True)

    answer = sandbox.post("/v1/messages", body)

    rows = events(answer)
    starts = [row["index"] for row in rows if row["type"] == "content_block_start"]
    deltas = [row for row in rows if row["type"] == "content_block_delta"]
    assert starts == ([0, 1] if indexed else [0, 0])
    assert all(("index" in row) is indexed for row in deltas)
    assert [rows[0]["type"], rows[-1]["type"]] == ["message_start", "message_stop"]
    assert answer.text.startswith("event: message_start\ndata: ")
    (call,) = sandbox.control.ledger()
    assert call.usage is not None
    made = call.usage.completion_tokens + call.usage.reasoning_tokens
    assert rows[-2]["usage"]["output_tokens"] == made


def test_a_stop_sequence_is_named_in_a_message(sandbox: Sandbox) -> None:
    body = chat_body("Stop", model=PLAIN, max_tokens=99, stop_sequences=["sandbox"])

    answer = sandbox.post("/v1/messages", body).json()

    assert answer["stop_reason"] == "stop_sequence"
    assert answer["stop_sequence"] == "sandbox"


def test_legacy_completions_take_many_prompts_and_echo(sandbox: Sandbox) -> None:
    body = {
        "model": "grok-2-latest",
        "prompt": ["One", "Two"],
        "n": 2,
        "echo": True,
        "max_tokens": 2,
    }

    answer = sandbox.post("/v1/completions", body).json()

    assert [row["index"] for row in answer["choices"]] == [0, 1, 2, 3]
    starts = [row["text"][:3] for row in answer["choices"]]
    assert starts == ["One", "One", "Two", "Two"]
    assert answer["usage"]["completion_tokens"] == 8


def test_legacy_complete_tells_no_usage_but_books_it(sandbox: Sandbox) -> None:
    body = {"model": "grok-2", "prompt": "Hi", "max_tokens_to_sample": 4}

    answer = sandbox.post("/v1/complete", body).json()

    assert answer["stop_reason"] == "max_tokens"
    assert "usage" not in answer
    (call,) = sandbox.control.ledger()
    assert call.usage is not None
    assert call.usage.completion_tokens == 4

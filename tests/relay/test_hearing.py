"""What the events of both dialects say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console import xai
from console.relay.hearing import Heard, Piece, ToolCall


def hear(*events: dict[str, Any]) -> tuple[Heard, list[Piece]]:
    heard, pieces = Heard(), []
    for event in events:
        pieces += heard.take(xai.Event("message", json.dumps(event)))
    return heard, pieces


def delta(**fields: Any) -> dict[str, Any]:
    return {"model": "grok-4.3-x", "choices": [{"index": 0, "delta": fields}]}


def test_a_chat_stream() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "cost_in_usd_ticks": 9}
    heard, pieces = hear(
        delta(role="assistant", reasoning_content="Hm"),
        delta(content="9"),
        delta(content="7"),
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": usage},
    )

    assert pieces == [Piece("reasoning", "Hm"), Piece("text", "9"), Piece("text", "7")]
    assert "".join(heard.text) == "97"
    assert (heard.model, heard.finish) == ("grok-4.3-x", "stop")
    assert (heard.pieces, heard.size) == (3, 4)
    assert heard.usage
    assert (heard.usage.prompt_tokens, heard.usage.cost_ticks) == (5, 9)


def test_a_messages_stream_without_usable_indexes() -> None:
    start = {
        "type": "message_start",
        "message": {
            "model": "grok-4.3",
            "usage": {"input_tokens": 18, "cache_read_input_tokens": 192},
        },
    }
    heard, pieces = hear(
        start,
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}},
        {"type": "content_block_delta", "delta": {"thinking": "Hm"}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "97"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 31},
        },
        {"type": "message_stop"},
    )

    assert pieces == [Piece("reasoning", "Hm"), Piece("text", "97")]
    assert (heard.model, heard.finish) == ("grok-4.3", "end_turn")
    assert heard.usage
    assert heard.usage.prompt_tokens == 210
    assert heard.usage.completion_tokens == 31


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"type": "ping"}, id="ping"),
        pytest.param({"choices": None}, id="null choices"),
        pytest.param({"choices": [None, 1, {"delta": None}]}, id="odd choices"),
        pytest.param(delta(content=["a"]), id="odd content"),
        pytest.param(delta(content=None), id="null content"),
        pytest.param({"type": "content_block_delta", "delta": 7}, id="odd delta"),
        pytest.param({}, id="empty"),
    ],
)
def test_odd_events_say_nothing(event: dict[str, Any]) -> None:
    heard, pieces = hear(event)

    assert pieces == []
    assert heard.begun


@pytest.mark.parametrize("data", ["", "nonsense", "[1]", '{"a": NaN}', '{"a":1,"a":2}'])
def test_an_event_that_is_no_object_is_an_error(data: str) -> None:
    with pytest.raises(xai.BadAnswer):
        Heard().take(xai.Event("message", data))


def test_half_a_character_is_replaced() -> None:
    heard = Heard()

    heard.take(xai.Event("message", r'{"choices":[{"delta":{"content":"\ud83d"}}]}'))

    assert "".join(heard.text) == "\ufffd"


def of_choice(index: int, **delta_fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta_fields}]}


def test_of_several_choices_the_first_is_told_and_all_are_counted() -> None:
    heard, pieces = hear(
        of_choice(0, content="one"),
        of_choice(2, content="three"),
        of_choice(1, reasoning_content="Hm", content="tw"),
        of_choice(0, content=" more"),
        of_choice(1, content="o"),
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    )

    assert pieces == [Piece("text", "one"), Piece("text", " more")]
    assert "".join(heard.text) == "one more"
    assert {at: "".join(parts) for at, parts in heard.others.items()} == {
        2: "three",
        1: "two",
    }
    assert heard.finish == "stop"
    assert (heard.pieces, heard.size) == (5, len("onethreeHmtw moreo"))


def test_calls_of_tools_in_a_chat_come_whole_or_in_parts() -> None:
    def call(index: int, **function: str) -> dict[str, Any]:
        return of_choice(0, tool_calls=[{"index": index, "function": function}])

    heard, pieces = hear(
        call(0, name="weather", arguments='{"town":'),
        call(0, arguments='"Bern"}'),
        call(1, name="now", arguments="{}"),
    )

    assert pieces == []
    assert heard.tool_calls == [
        ToolCall("weather", '{"town":"Bern"}'),
        ToolCall("now", "{}"),
    ]
    assert heard.size == len('weather{"town":"Bern"}now{}')


def test_names_of_tools_count_and_what_is_no_part_of_the_answer_is_cut() -> None:
    long = "x" * 10_000
    call = {"index": 0, "function": {"name": long}}
    chat, _ = hear(
        {"model": long, "choices": []},
        of_choice(0, tool_calls=[call]),
        of_choice(0, tool_calls=[{**call, "index": 1}]),
        of_choice(7, role="assistant"),
        {"choices": [{"delta": {}, "finish_reason": long}]},
    )
    messages, _ = hear(
        {"type": "message_start", "message": {"model": long}},
        {"type": "message_delta", "delta": {"stop_reason": long}},
    )

    assert chat.size == 2 * len(long)
    assert chat.others == {}
    for heard in (chat, messages):
        assert (heard.model, heard.finish) == ("x" * 200, "x" * 200)


def test_calls_of_tools_in_messages() -> None:
    block = {"type": "tool_use", "id": "t1", "name": "weather", "input": {}}
    heard, pieces = hear(
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "delta": {"partial_json": '{"town"'}},
        {"type": "content_block_delta", "delta": {"partial_json": ':"Bern"}'}},
        {"type": "content_block_start", "content_block": {**block, "name": "now"}},
    )

    assert pieces == []
    assert heard.tool_calls == [
        ToolCall("weather", '{"town":"Bern"}'),
        ToolCall("now", ""),
    ]


@pytest.mark.parametrize(
    "odd",
    [
        of_choice(0, tool_calls=[{"function": {"arguments": "{}"}}]),
        of_choice(0, tool_calls=[{"index": True, "function": "x"}]),
        of_choice(0, tool_calls="x"),
        {"type": "content_block_delta", "delta": {"partial_json": 7}},
    ],
)
def test_odd_calls_of_tools_are_no_calls(odd: dict[str, Any]) -> None:
    heard, pieces = hear(odd)

    assert (heard.tool_calls, pieces) == ([], [])

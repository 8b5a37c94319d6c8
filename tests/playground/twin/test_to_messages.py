"""From chat to messages: what is said the same, and what is told in words."""

from __future__ import annotations

from typing import Any

import pytest

from console.playground.twin.notes import Fate, Twin, Unreadable
from console.playground.twin.to_messages import LOST, USUAL_TOKENS, to_messages

PIXEL = "aGVsbG8="


def user(content: Any = "Hi", **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


def chat(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "model": "grok-4.3",
        "messages": list(turns) or [user()],
        "max_tokens": 9,
        **more,
    }


def told(twin: Twin) -> dict[str, Fate]:
    return {note.where: note.fate for note in twin.notes}


def test_a_plain_conversation_is_lossless() -> None:
    system = {"role": "system", "content": "Be brief"}
    said = {"role": "assistant", "content": "Hello"}

    twin = to_messages(chat(system, user(), said, user("Bye"), temperature=0.5))

    assert twin.body == {
        "model": "grok-4.3",
        "temperature": 0.5,
        "max_tokens": 9,
        "system": "Be brief",
        "messages": [user(), said, user("Bye")],
    }
    assert twin.notes == ()
    assert twin.is_lossless


@pytest.mark.parametrize("name", LOST)
def test_what_has_no_counterpart_is_left_out_and_told(name: str) -> None:
    twin = to_messages(chat(**{name: 2}))

    assert name not in twin.body
    (note,) = twin.notes
    assert (note.where, note.fate) == (name, Fate.LOST)
    assert note.words.endswith(".")
    assert not twin.is_lossless


def test_a_field_of_tomorrow_is_told_too() -> None:
    assert told(to_messages(chat(tomorrow=1))) == {"tomorrow": Fate.LOST}


@pytest.mark.parametrize(
    "more",
    [{"n": 1}, {"seed": None}, {"stream_options": {"include_usage": True}}],
    ids=["one answer", "null", "usage"],
)
def test_what_changes_nothing_is_not_told(more: dict[str, Any]) -> None:
    assert to_messages(chat(**more)).notes == ()


def test_max_tokens_is_put_in_where_it_is_missing() -> None:
    twin = to_messages({"model": "m", "messages": [user()]})

    assert twin.body["max_tokens"] == USUAL_TOKENS
    assert told(twin) == {"max_tokens": Fate.ADDED}


def test_the_newer_limit_wins() -> None:
    twin = to_messages(chat(max_completion_tokens=5))

    assert twin.body["max_tokens"] == 5
    assert told(twin) == {
        "max_tokens": Fate.LOST,
        "max_completion_tokens": Fate.CHANGED,
    }


@pytest.mark.parametrize("stop", ["END", ["END"]])
def test_stop_becomes_stop_sequences(stop: Any) -> None:
    assert to_messages(chat(stop=stop)).body["stop_sequences"] == ["END"]


def test_a_late_system_message_moves_to_the_front_and_is_told() -> None:
    system = {"role": "system", "content": "One"}
    late = {"role": "system", "content": [{"type": "text", "text": "Two"}]}

    twin = to_messages(chat(system, user(), late))

    assert twin.body["system"] == [
        {"type": "text", "text": "One"},
        {"type": "text", "text": "Two"},
    ]
    assert told(twin) == {"messages[2]": Fate.CHANGED}


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (
            f"data:image/png;base64,{PIXEL}",
            {"type": "base64", "media_type": "image/png", "data": PIXEL},
        ),
        ("https://x.test/a.png", {"type": "url", "url": "https://x.test/a.png"}),
    ],
    ids=["data", "address"],
)
def test_an_image_becomes_a_source(url: str, source: dict[str, str]) -> None:
    text = {"type": "text", "text": "See"}
    image = {"type": "image_url", "image_url": {"url": url, "detail": "high"}}

    twin = to_messages(chat(user([text, image])))

    assert twin.body["messages"] == [user([text, {"type": "image", "source": source}])]
    where = "messages[0].content[1].image_url.detail"
    assert told(twin) == {where: Fate.LOST}


def test_a_file_is_left_out_and_told() -> None:
    part = {"type": "file", "file": {"file_id": "f"}}

    twin = to_messages(chat(user([{"type": "text", "text": "See"}, part])))

    assert twin.body["messages"] == [user([{"type": "text", "text": "See"}])]
    assert told(twin) == {"messages[0].content[1]": Fate.LOST}


def test_tools_calls_and_results() -> None:
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "look", "arguments": '{"at": "sea"}'},
    }
    function = {
        "name": "look",
        "description": "Looks",
        "parameters": {"type": "object"},
    }

    twin = to_messages(
        chat(
            user(),
            {"role": "assistant", "content": None, "tool_calls": [call, call]},
            {"role": "tool", "tool_call_id": "c1", "content": "Waves"},
            {"role": "tool", "tool_call_id": "c2", "content": "More"},
            tools=[{"type": "function", "function": {**function, "strict": True}}],
            tool_choice={"type": "function", "function": {"name": "look"}},
        )
    )

    use = {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": "sea"}}
    assert twin.body["messages"] == [
        user(),
        {"role": "assistant", "content": [use, use]},
        user(
            [
                {"type": "tool_result", "tool_use_id": "c1", "content": "Waves"},
                {"type": "tool_result", "tool_use_id": "c2", "content": "More"},
            ]
        ),
    ]
    assert twin.body["tools"] == [
        {"name": "look", "description": "Looks", "input_schema": {"type": "object"}}
    ]
    assert twin.body["tool_choice"] == {"type": "tool", "name": "look"}
    assert told(twin) == {"tools[0].function.strict": Fate.LOST}


@pytest.mark.parametrize(
    ("choice", "there"), [("auto", {"type": "auto"}), ("required", {"type": "any"})]
)
def test_a_word_for_the_choice_of_tools(choice: str, there: dict[str, str]) -> None:
    assert to_messages(chat(tool_choice=choice)).body["tool_choice"] == there


def test_forbidden_tools_are_left_out() -> None:
    tool = {"type": "function", "function": {"name": "look"}}

    twin = to_messages(chat(tools=[tool], tool_choice="none"))

    assert {"tools", "tool_choice"}.isdisjoint(twin.body)
    assert told(twin) == {"tools": Fate.LOST}


def test_reasoning_becomes_thinking_before_the_text() -> None:
    said = {"role": "assistant", "content": "97", "reasoning_content": "Hm"}

    twin = to_messages(chat(user(), said, user()))

    assert twin.body["messages"][1] == {  # type: ignore[index]
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Hm", "signature": ""},
            {"type": "text", "text": "97"},
        ],
    }


def test_names_are_left_out_and_the_person_stays() -> None:
    twin = to_messages(chat(user(name="Ann"), user="u-1"))

    assert twin.body["metadata"] == {"user_id": "u-1"}
    assert told(twin) == {"messages[0].name": Fate.LOST}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param({}, ("messages",), id="nothing"),
        pytest.param({"messages": []}, ("messages",), id="empty"),
        pytest.param({"messages": "Hi"}, ("messages",), id="text"),
        pytest.param({"messages": ["Hi"]}, ("messages", 0), id="no turn"),
        pytest.param(
            {"messages": [user(), {"role": "developer"}]},
            ("messages", 1, "role"),
            id="role",
        ),
        pytest.param(
            {"messages": [user([{"type": "text"}])]},
            ("messages", 0, "content", 0, "text"),
            id="no text",
        ),
        pytest.param(
            {"messages": [user(7)]}, ("messages", 0, "content"), id="odd content"
        ),
        pytest.param(
            {"messages": [user([{"type": "file"}])]},
            ("messages", 0, "content"),
            id="nothing left",
        ),
        pytest.param(
            {"messages": [{"role": "system", "content": "x"}]},
            ("messages",),
            id="system alone",
        ),
        pytest.param(
            {"messages": [user(), {"role": "assistant", "content": None}]},
            ("messages", 1, "content"),
            id="says nothing",
        ),
        pytest.param(
            {
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [
                            {"id": "c", "function": {"name": "f", "arguments": "{"}}
                        ],
                    }
                ]
            },
            ("messages", 0, "tool_calls", 0, "function", "arguments"),
            id="odd arguments",
        ),
        pytest.param(
            {"messages": [user()], "tool_choice": 7}, ("tool_choice",), id="choice"
        ),
        pytest.param(
            {"messages": [user()], "tools": [{}]}, ("tools", 0, "function"), id="tool"
        ),
    ],
)
def test_what_cannot_be_read_has_a_place(
    body: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    with pytest.raises(Unreadable) as caught:
        to_messages(body)

    assert caught.value.path == path

"""From messages to chat, and there and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playground.twin.notes import Fate, Unreadable
from console.playground.twin.to_chat import to_chat
from console.playground.twin.to_messages import to_messages
from tests.playground.twin.test_to_messages import PIXEL, told, user

TEXT = st.text(min_size=1)
BLOCK = {"type": "text", "text": "See"}
IMAGE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": PIXEL},
}


def messages(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "model": "grok-4.3",
        "max_tokens": 9,
        "messages": list(turns) or [user()],
        **more,
    }


def test_a_plain_conversation_is_lossless() -> None:
    twin = to_chat(messages(user(), system="Be brief", stop_sequences=["END"]))

    assert twin.body == {
        "model": "grok-4.3",
        "max_tokens": 9,
        "messages": [{"role": "system", "content": "Be brief"}, user()],
        "stop": ["END"],
    }
    assert twin.notes == ()


def test_a_stream_tells_its_usage_there_too() -> None:
    twin = to_chat(messages(stream=True))

    assert twin.body["stream_options"] == {"include_usage": True}
    assert twin.notes == ()
    assert to_messages(twin.body).body == messages(stream=True)


@pytest.mark.parametrize("name", ["top_k", "thinking", "container"])
def test_what_has_no_counterpart_is_left_out_and_told(name: str) -> None:
    twin = to_chat(messages(**{name: 4}))

    assert name not in twin.body
    assert told(twin) == {name: Fate.LOST}


def test_images_become_data_urls() -> None:
    by_url = {"type": "image", "source": {"type": "url", "url": "https://x.test/a"}}

    twin = to_chat(messages(user([BLOCK, IMAGE, by_url])))

    assert twin.body["messages"] == [
        user(
            [
                BLOCK,
                {
                    "type": "image_url",
                    "image_url": {"url": f"data:image/png;base64,{PIXEL}"},
                },
                {"type": "image_url", "image_url": {"url": "https://x.test/a"}},
            ]
        )
    ]


def test_what_tools_gave_becomes_turns_before_the_rest() -> None:
    result = {
        "type": "tool_result",
        "tool_use_id": "c1",
        "content": [BLOCK],
        "is_error": True,
    }

    twin = to_chat(messages(user([BLOCK, result])))

    assert twin.body["messages"] == [
        {"role": "tool", "tool_call_id": "c1", "content": [BLOCK]},
        user([BLOCK]),
    ]
    assert told(twin) == {
        "messages[0]": Fate.CHANGED,
        "messages[0].content[1].is_error": Fate.LOST,
    }


def test_what_the_assistant_thought_and_called() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm", "signature": "abc"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": "97"},
        {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": "sea"}},
    ]

    twin = to_chat(messages(user(), {"role": "assistant", "content": blocks}))

    assert twin.body["messages"][1] == {  # type: ignore[index]
        "role": "assistant",
        "content": "97",
        "reasoning_content": "Hm",
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "look", "arguments": '{"at": "sea"}'},
            }
        ],
    }
    assert told(twin) == {
        "messages[1].content[0].signature": Fate.LOST,
        "messages[1].content[1]": Fate.LOST,
    }


def test_cache_control_and_other_metadata_are_told() -> None:
    cached = BLOCK | {"cache_control": {"type": "ephemeral"}}

    twin = to_chat(
        messages(
            user([cached]), metadata={"user_id": "u", "plan": "x"}, system=[cached]
        )
    )

    assert twin.body["user"] == "u"
    assert twin.body["messages"] == [
        {"role": "system", "content": [BLOCK]},
        user([BLOCK]),
    ]
    assert told(twin) == {
        "metadata.plan": Fate.LOST,
        "messages[0].content[0].cache_control": Fate.LOST,
        "system[0].cache_control": Fate.LOST,
    }


@pytest.mark.parametrize(
    ("choice", "there"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        (
            {"type": "tool", "name": "look"},
            {"type": "function", "function": {"name": "look"}},
        ),
    ],
)
def test_the_choice_of_tools(choice: dict[str, str], there: Any) -> None:
    assert to_chat(messages(tool_choice=choice)).body["tool_choice"] == there


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param({"messages": [user()]}, ("max_tokens",), id="no limit"),
        pytest.param(
            messages({"role": "system", "content": "x"}),
            ("messages", 0, "role"),
            id="system as a turn",
        ),
        pytest.param(messages(user([])), ("messages", 0, "content"), id="no blocks"),
        pytest.param(
            messages(user([{"type": "tool_use"}])),
            ("messages", 0, "content", 0, "type"),
            id="a call by the user",
        ),
        pytest.param(
            messages(user([{"type": "image", "source": {"type": "file"}}])),
            ("messages", 0, "content", 0, "source", "type"),
            id="odd source",
        ),
        pytest.param(
            messages(tool_choice={"type": "maybe"}),
            ("tool_choice", "type"),
            id="odd choice",
        ),
        pytest.param(messages(metadata=7), ("metadata",), id="odd metadata"),
    ],
)
def test_what_cannot_be_read_has_a_place(
    body: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    with pytest.raises(Unreadable) as caught:
        to_chat(body)

    assert caught.value.path == path


TURN = st.one_of(
    st.builds(user, TEXT),
    st.builds(user, st.lists(st.sampled_from([BLOCK, IMAGE]), min_size=1)),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": TEXT}),
)
ASKED = st.fixed_dictionaries(
    {
        "model": TEXT,
        "max_tokens": st.integers(1),
        "messages": st.lists(TURN, min_size=1),
    },
    optional={
        "system": TEXT | st.lists(st.just(BLOCK), min_size=1),
        "stop_sequences": st.lists(TEXT, min_size=1, max_size=4),
        "temperature": st.floats(0, 2),
        "stream": st.just(True),
        "metadata": st.fixed_dictionaries({"user_id": TEXT}),
        "tools": st.just([{"name": "look", "input_schema": {"type": "object"}}]),
        "tool_choice": st.sampled_from(
            [{"type": "auto"}, {"type": "tool", "name": "l"}]
        ),
    },
)


@given(ASKED)
def test_there_and_back_is_the_same(body: dict[str, Any]) -> None:
    there = to_chat(body)
    back = to_messages(there.body)

    assert back.body == body
    assert there.notes == back.notes == ()
    assert to_chat(back.body).body == there.body

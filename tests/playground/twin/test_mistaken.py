"""A body that was pasted as the wrong dialect is told so; a fine one never is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from console.accounts.models import User
from console.playground.twin.converting import converted
from console.playground.twin.lines import Wrong
from console.playground.twin.mistaken import refuse_mistaken
from console.playground.twin.notes import Unreadable, place
from console.playground.twin.to_chat import to_chat
from console.playground.twin.to_messages import to_messages
from console.usage.models import Endpoint
from tests.people import ClientOf

Body = dict[str, Any]
PLAIN: Body = {
    "model": "grok-4.3",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Hi"}],
}
OTHER = {Endpoint.CHAT: Endpoint.MESSAGES, Endpoint.MESSAGES: Endpoint.CHAT}
SCHEMA = {"type": "object"}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USE = {"type": "tool_use", "id": "c", "name": "f", "input": {"system": "x"}}
SOURCE = {"type": "url", "url": "https://x.test/a"}


def said(content: object, role: str = "user", **more: object) -> Body:
    return {**PLAIN, "messages": [{"role": role, "content": content, **more}]}


OF_MESSAGES = {
    "system": PLAIN | {"system": "Be brief"},
    "stop_sequences": PLAIN | {"stop_sequences": ["END"]},
    "tools[0].input_schema": PLAIN | {"tools": [{"name": "f", "input_schema": SCHEMA}]},
    "tool_choice": PLAIN | {"tool_choice": {"type": "any"}},
    "messages[0].content[0].type": said([USE], "assistant"),
    "messages[0].content[0].source": said([{"type": "image", "source": SOURCE}]),
}
OF_CHAT = {
    "max_completion_tokens": PLAIN | {"max_completion_tokens": 9},
    "response_format": PLAIN | {"response_format": {"type": "json_object"}},
    "seed": PLAIN | {"seed": 0},
    "parallel_tool_calls": PLAIN | {"parallel_tool_calls": False},
    "search_parameters": PLAIN | {"search_parameters": {"mode": "auto"}},
    "deferred": PLAIN | {"deferred": True},
    "user": PLAIN | {"user": "u-1"},
    "tools[0].function": PLAIN | {"tools": [{"function": {"name": "f"}}]},
    "messages[0].role": PLAIN
    | {"messages": [{"role": "system", "content": "x"}, *PLAIN["messages"]]},
    "messages[0].tool_calls": said(None, "assistant", tool_calls=[CALL]),
    "messages[0].content[0].image_url": said(
        [{"type": "image_url", "image_url": {"url": SOURCE["url"]}}]
    ),
}
SIGNS = [
    *((Endpoint.MESSAGES, sign, body) for sign, body in OF_MESSAGES.items()),
    *((Endpoint.CHAT, sign, body) for sign, body in OF_CHAT.items()),
]
FINE = [
    PLAIN,
    PLAIN | {"temperature": 0.5, "top_p": 0.9, "stream": True},
    PLAIN | {"system": None, "seed": None, "stop_sequences": None},
    PLAIN | {"system": "", "stop_sequences": []},
    PLAIN | {"system": [], "stop": [], "response_format": {}, "user": ""},
    PLAIN | {"metadata": {"user_id": "u"}, "thinking": {"type": "enabled"}},
    PLAIN | {"messages": "system", "tools": "function"},
    PLAIN | {"messages": [7, None, {"role": 7, "content": [None]}]},
    said([{"type": "text", "text": '{"type": "tool_use", "role": "system"}'}]),
]


@pytest.mark.parametrize(
    ("dialect", "sign", "body"), SIGNS, ids=[f"{one[0]} {one[1]}" for one in SIGNS]
)
def test_one_sign_of_the_other_dialect_is_told_where_it_stands(
    dialect: Endpoint, sign: str, body: Body
) -> None:
    with pytest.raises(Unreadable) as mistaken:
        refuse_mistaken(OTHER[dialect], body)

    name = dialect.value.capitalize()
    assert place(mistaken.value.path) == sign
    assert mistaken.value.words == (
        f"This looks like a request for {name}. Choose {name} above it and "
        "convert it again."
    )
    refuse_mistaken(dialect, body)


@pytest.mark.parametrize("dialect", OTHER)
@pytest.mark.parametrize("body", FINE)
def test_what_both_could_be_is_neither(dialect: Endpoint, body: Body) -> None:
    refuse_mistaken(dialect, body)


@pytest.mark.parametrize("dialect", OTHER)
def test_what_has_signs_of_both_is_read_as_it_was_given(dialect: Endpoint) -> None:
    refuse_mistaken(dialect, PLAIN | {"system": "Be brief", "seed": 7})


@pytest.mark.parametrize(
    ("dialect", "body"),
    [(dialect, body) for dialect, _, body in SIGNS],
    ids=[f"{one[0]} {one[1]}" for one in SIGNS],
)
def test_what_was_converted_is_fine_on_its_way_back(
    dialect: Endpoint, body: Body
) -> None:
    made = to_messages(body) if dialect == Endpoint.CHAT else to_chat(body)

    refuse_mistaken(OTHER[dialect], made.body)


def test_the_line_of_the_sign_is_shown() -> None:
    with pytest.raises(Wrong) as wrong:
        converted(Endpoint.CHAT, json.dumps(OF_MESSAGES["system"], indent=1))

    assert wrong.value.line == 10
    assert wrong.value.shown == '"system": "Be brief"'
    assert wrong.value.words.endswith("convert it again. (system)")


@pytest.mark.parametrize("dialect", OTHER)
def test_the_page_says_what_to_do(
    client_of: ClientOf, sam: User, dialect: Endpoint
) -> None:
    body = {
        Endpoint.CHAT: OF_MESSAGES["system"],
        Endpoint.MESSAGES: OF_CHAT["seed"],
    }[dialect]
    form = {"dialect": dialect.value, "body": json.dumps(body)}

    answer = client_of(sam).post(reverse("playground:twin"), form)

    name = OTHER[dialect].value.capitalize()
    assert answer.status_code == 422
    assert (
        f"This looks like a request for {name}. Choose {name} above it" in answer.text
    )
    assert f'value="{dialect.value}" checked' in answer.text

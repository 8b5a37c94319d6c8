"""What the browser may send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.playground.forms import (
    LONGEST_TEXT,
    LONGEST_TO_COUNT,
    ChatForm,
    MessagesForm,
    TokenizeForm,
    sentence_of,
)

HELLO = [{"role": "user", "content": "Hello"}]
LONG = "x" * LONGEST_TEXT


def data(turns: object = HELLO, **changes: Any) -> dict[str, Any]:
    usual = {"model": "grok-4.3", "max_tokens": "100", "turns": json.dumps(turns)}
    return usual | changes


def test_a_chat_is_exactly_what_was_typed() -> None:
    turns = [*HELLO, {"role": "assistant", "content": "Hi"}, HELLO[0]]
    form = ChatForm(data(turns, system="Be brief", temperature="0.5", top_p="0.9"))

    assert form.is_valid(), form.errors
    assert form.body().to_json() == {
        "model": "grok-4.3",
        "messages": [{"role": "system", "content": "Be brief"}, *turns],
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 100,
    }


def test_what_is_left_empty_is_not_sent() -> None:
    form = ChatForm(data(system="  ", temperature="", top_p=""))

    assert form.is_valid()
    assert set(form.body().to_json()) == {"model", "messages", "max_tokens"}


def test_messages_have_the_system_prompt_beside_the_turns() -> None:
    form = MessagesForm(data(system="Be brief", temperature="0"))

    assert form.is_valid()
    assert form.body().to_json() == {
        "model": "grok-4.3",
        "max_tokens": 100,
        "messages": HELLO,
        "system": "Be brief",
        "temperature": 0.0,
    }


def test_fields_that_only_we_know_are_dropped() -> None:
    turns = [{"role": "user", "content": "Hello", "name": "x", "tool_calls": []}]
    form = ChatForm(data(turns, stream="true", n="9", deferred="1"))

    assert form.is_valid()
    assert form.body().to_json()["messages"] == HELLO
    assert "n" not in form.body().to_json()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param({"turns": ""}, "Write a prompt.", id="nothing"),
        pytest.param({"turns": "[]"}, "Write a prompt.", id="no turns"),
        pytest.param({"turns": "{nonsense"}, "cannot be read", id="no JSON"),
        pytest.param({"turns": "[" * 5000}, "cannot be read", id="deep JSON"),
        pytest.param({"turns": '"text"'}, "cannot be read", id="no list"),
        pytest.param({"turns": "[7]"}, "cannot be read", id="no turn"),
        pytest.param(
            {"turns": '[{"role":"system","content":"x"}]'}, "cannot be read", id="role"
        ),
        pytest.param(
            {"turns": '[{"role":"user","content":["x"]}]'}, "cannot be read", id="parts"
        ),
        pytest.param(
            {"turns": '[{"role":"user","content":" "}]'}, "Write a prompt.", id="blank"
        ),
        pytest.param(
            {"turns": '[{"role":["user"],"content":"x"}]'},
            "cannot be read",
            id="a list as role",
        ),
        pytest.param(
            {"turns": '[{"role":"assistant","content":"x"}]'},
            "Write a prompt.",
            id="not the person's turn",
        ),
        pytest.param(
            {"turns": json.dumps(HELLO * 401)}, "more than 400 turns", id="many turns"
        ),
        pytest.param(
            {
                "turns": json.dumps(
                    [{"role": "user", "content": "x" * LONGEST_TEXT}] * 2
                )
            },
            "longer than 200 KB",
            id="long",
        ),
        pytest.param({"model": ""}, "Choose a model", id="no model"),
        pytest.param({"model": "x" * 201}, "at most 200", id="long model"),
        pytest.param({"temperature": "hot"}, "Temperature: ", id="no number"),
        pytest.param({"temperature": "2.1"}, "Temperature: ", id="too hot"),
        pytest.param({"temperature": "-1"}, "Temperature: ", id="too cold"),
        pytest.param({"temperature": "nan"}, "Temperature: ", id="not a number"),
        pytest.param({"temperature": "inf"}, "Temperature: ", id="infinite"),
        pytest.param({"top_p": "0"}, "Top p: ", id="no p"),
        pytest.param({"top_p": "1.1"}, "Top p: ", id="large p"),
        pytest.param({"max_tokens": ""}, "Max output: ", id="no limit"),
        pytest.param({"max_tokens": "0"}, "Max output: ", id="zero tokens"),
        pytest.param({"max_tokens": "16385"}, "Max output: ", id="many tokens"),
        pytest.param({"max_tokens": "1.5"}, "Max output: ", id="half a token"),
    ],
)
@pytest.mark.parametrize("form_class", [ChatForm, MessagesForm])
def test_wrong_input_gets_a_sentence(
    form_class: type[ChatForm | MessagesForm], wrong: dict[str, str], words: str
) -> None:
    form = form_class(data() | wrong)

    assert not form.is_valid()
    assert words in sentence_of(form)


def test_half_a_character_is_replaced() -> None:
    form = ChatForm(data() | {"turns": r'[{"role":"user","content":"\ud83d"}]'})

    assert form.is_valid()
    assert form.body().messages == [{"role": "user", "content": "?"}]


def test_the_bound_of_the_prompt_counts_bytes_and_messages() -> None:
    form = ChatForm(data([{"role": "user", "content": "ü"}], system="ab"))

    assert form.is_valid()
    assert form.prompt_bytes == 4 + 2 * 64


def test_a_text_to_tokenize_is_kept_as_it_is() -> None:
    form = TokenizeForm({"model": "grok-4.3", "text": "  a\r\nb\t"})

    assert form.is_valid()
    assert form.cleaned_data["text"] == "  a\nb\t"


def test_a_megabyte_of_text_can_be_counted_however_its_lines_end() -> None:
    form = TokenizeForm({"model": "grok-4.3", "text": "\r\n" * LONGEST_TO_COUNT})

    assert form.is_valid()
    assert len(form.cleaned_data["text"]) == LONGEST_TO_COUNT


def test_half_a_character_is_counted_as_a_question_mark() -> None:
    form = TokenizeForm({"model": "grok-4.3", "text": "a\ud83db"})

    assert form.is_valid()
    assert form.cleaned_data["text"] == "a?b"


@pytest.mark.parametrize("text", ["", "ü" * (LONGEST_TO_COUNT // 2 + 1)])
def test_no_text_and_too_long_a_text_are_refused(text: str) -> None:
    form = TokenizeForm({"model": "grok-4.3", "text": text})

    assert not form.is_valid()
    assert sentence_of(form)

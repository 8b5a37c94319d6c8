"""What the browser may send."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from console.playground import images
from console.playground.forms import (
    KIB,
    LONGEST_TO_COUNT,
    ChatForm,
    MessagesForm,
    TokenizeForm,
    sentence_of,
)
from console.relay.parameters import Extras
from tests.playground.pictures import picture

HELLO = [{"role": "user", "content": "Hello"}]
LONG = "x" * (256 * KIB)


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
    more = {"deferred": "1", "logprobs": "1", "logit_bias": "{}", "top_k": "4"}
    form = ChatForm(data(turns, stream="true", search_parameters="{}", **more))

    assert form.is_valid()
    assert form.body().to_json()["messages"] == HELLO
    assert set(form.body().to_json()) == {"model", "messages", "max_tokens"}


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
            {"turns": json.dumps([{"role": "user", "content": "x" * (256 * KIB)}] * 2)},
            "longer than 256 KB",
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
        pytest.param({"stop": "a\nb\nc\nd\ne"}, "Stop: At most 4", id="five stops"),
        pytest.param({"user": "x" * 129}, "User id: ", id="long user"),
        pytest.param(
            {"team": "Search"}, "Choose one of your teams.", id="no id of a team"
        ),
        pytest.param({"tools": "{}"}, "The tools have to be a list", id="no tools"),
        pytest.param({"tool_choice": "auto"}, "Describe a tool first", id="no tool"),
        pytest.param({"tool_choice": "weather"}, "Tool choice: ", id="odd choice"),
    ],
)
@pytest.mark.parametrize("form_class", [ChatForm, MessagesForm])
def test_wrong_input_gets_a_sentence(
    form_class: type[ChatForm | MessagesForm], wrong: dict[str, str], words: str
) -> None:
    form = form_class(data() | wrong)

    assert not form.is_valid()
    assert words in sentence_of(form)


SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}}
TOOLS = [{"name": "now", "description": "The time"}]
NOW = {"name": "now", "description": "The time", "parameters": {}}
SENT_TOOLS = [{"type": "function", "function": NOW}]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param({"temperature": "0"}, {"temperature": 0.0}, id="temperature"),
        pytest.param({"top_p": "0.5"}, {"top_p": 0.5}, id="top_p"),
        pytest.param({"seed": "0"}, {"seed": 0}, id="seed"),
        pytest.param({"n": "3"}, {"n": 3}, id="n"),
        pytest.param(
            {"stop": "END\r\n\r\n  two"}, {"stop": ["END", "  two"]}, id="stop"
        ),
        pytest.param(
            {"frequency_penalty": "-0.5"}, {"frequency_penalty": -0.5}, id="frequency"
        ),
        pytest.param(
            {"presence_penalty": "0"}, {"presence_penalty": 0.0}, id="presence"
        ),
        pytest.param(
            {"reasoning_effort": "high"}, {"reasoning_effort": "high"}, id="effort"
        ),
        pytest.param(
            {"service_tier": "priority"}, {"service_tier": "priority"}, id="tier"
        ),
        pytest.param({"response_format": "text"}, {}, id="text is the usual"),
        pytest.param(
            {"response_format": "json_object", "schema": "nonsense"},
            {"response_format": {"type": "json_object"}},
            id="JSON",
        ),
        pytest.param(
            {"response_format": "json_schema", "schema": json.dumps(SCHEMA)},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "answer",
                        "schema": SCHEMA,
                        "strict": True,
                    },
                }
            },
            id="a schema",
        ),
        pytest.param(
            {"tools": json.dumps(TOOLS)}, {"tools": SENT_TOOLS}, id="tools alone"
        ),
        pytest.param(
            {
                "tools": json.dumps(TOOLS),
                "tool_choice": "required",
                "parallel_tool_calls": "false",
            },
            {
                "tools": SENT_TOOLS,
                "tool_choice": "required",
                "parallel_tool_calls": False,
            },
            id="tools and how",
        ),
        pytest.param({"parallel_tool_calls": "true"}, {}, id="no tools, no calls"),
        pytest.param({"user": " u-1 "}, {"user": "u-1"}, id="user"),
        pytest.param(
            {"prompt_cache_key": "k"}, {"prompt_cache_key": "k"}, id="cache key"
        ),
        pytest.param(
            {"safety_identifier": "s"}, {"safety_identifier": "s"}, id="safety"
        ),
        pytest.param({"team": str(uuid4())}, {}, id="the team is ours alone"),
    ],
)
def test_each_parameter_of_a_chat(given: dict[str, str], sent: dict[str, Any]) -> None:
    form = ChatForm(data(**given))

    assert form.is_valid(), form.errors
    usual = {"model": "grok-4.3", "messages": HELLO, "max_tokens": 100}
    assert form.body().to_json() == usual | sent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param({"top_p": "0.5"}, {"top_p": 0.5}, id="top_p"),
        pytest.param({"stop": "END"}, {"stop_sequences": ["END"]}, id="stop"),
        pytest.param({"user": "u-1"}, {"metadata": {"user_id": "u-1"}}, id="user"),
        pytest.param(
            {"tools": json.dumps(TOOLS), "tool_choice": "required"},
            {
                "tools": [
                    {"name": "now", "description": "The time", "input_schema": {}}
                ],
                "tool_choice": {"type": "any"},
            },
            id="tools",
        ),
        pytest.param(
            {"tools": json.dumps(TOOLS), "tool_choice": "none"}, {}, id="no tools"
        ),
        pytest.param(
            {"n": "3", "seed": "1", "reasoning_effort": "low", "top_k": "4"},
            {},
            id="what the dialect has not",
        ),
    ],
)
def test_each_parameter_of_messages(
    given: dict[str, str], sent: dict[str, Any]
) -> None:
    form = MessagesForm(data(**given))

    assert form.is_valid(), form.errors
    usual = {"model": "grok-4.3", "messages": HELLO, "max_tokens": 100}
    assert form.body().to_json() == usual | sent


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"seed": "-1"}, "Seed: "),
        ({"seed": str(2**53)}, "Seed: "),
        ({"n": "5"}, "Answers: "),
        ({"n": "0"}, "Answers: "),
        ({"frequency_penalty": "2.1"}, "Frequency penalty: "),
        ({"presence_penalty": "nan"}, "Presence penalty: "),
        ({"service_tier": "cheap"}, "Service tier: "),
        ({"response_format": "yaml"}, "Response format: "),
        ({"response_format": "json_schema"}, "Write a schema"),
        ({"response_format": "json_schema", "schema": "{"}, "The schema is no JSON"),
        ({"response_format": "json_schema", "schema": "{}"}, 'set "type": "object"'),
        ({"parallel_tool_calls": "maybe"}, "Parallel tool calls: "),
        ({"reasoning_effort": "x" * 129}, "Reasoning effort: "),
    ],
)
def test_wrong_parameters_of_a_chat_get_a_sentence(
    wrong: dict[str, str], words: str
) -> None:
    form = ChatForm(data(**wrong))

    assert not form.is_valid()
    assert sentence_of(form).startswith(words) or words in sentence_of(form)


def test_what_decides_on_model_and_cost_is_told_apart() -> None:
    more = {"stop": "END", "presence_penalty": "0", "reasoning_effort": "low"}
    form = ChatForm(data(n="2", service_tier="fast", temperature="1", **more))

    assert form.is_valid(), form.errors
    assert form.extras == Extras(
        choices=2,
        service_tier="fast",
        given={
            "stop": "('END',)",
            "presence_penalty": "0.0",
            "reasoning_effort": "low",
        },
    )


def test_a_plain_chat_asks_for_nothing_special() -> None:
    form, other = ChatForm(data()), MessagesForm(data())

    assert form.is_valid()
    assert other.is_valid()
    assert form.extras == other.extras == Extras()
    assert form.expected is None


def test_what_the_model_reads_beside_the_turns_is_in_the_bound() -> None:
    plain = ChatForm(data())
    schema = {"response_format": "json_schema", "schema": json.dumps(SCHEMA)}
    full = ChatForm(data(tools=json.dumps(TOOLS), **schema))

    assert plain.is_valid()
    assert full.is_valid()
    more = len(json.dumps(SENT_TOOLS)) + len(json.dumps(SCHEMA))
    assert full.prompt_bytes == plain.prompt_bytes + more


def test_images_are_counted_apart_from_the_text() -> None:
    url = images.drawn(picture()).url
    part = {"type": "image_url", "image_url": {"url": url}}
    text = {"type": "text", "text": "What is it?"}
    form = ChatForm(data([{"role": "user", "content": [part, part, text]}]))

    assert form.is_valid(), form.errors
    assert form.extras.images == 2
    assert form.text_bytes == len("What is it?")
    assert form.body().messages[0]["content"] == [part, part, text]


def test_what_is_wrong_with_the_turns_is_the_only_complaint() -> None:
    form = ChatForm(data(turns="nonsense"))

    assert not form.is_valid()
    assert "cannot be read" in sentence_of(form)


def test_half_a_character_is_replaced() -> None:
    form = ChatForm(data() | {"turns": r'[{"role":"user","content":"\ud83d"}]'})

    assert form.is_valid()
    assert form.body().messages == [{"role": "user", "content": "?"}]


def test_the_bound_of_the_prompt_counts_bytes_and_messages() -> None:
    form = ChatForm(data([{"role": "user", "content": "ü"}], system="ab"))

    assert form.is_valid()
    assert form.prompt_bytes == 4 + 2 * 64 + 512


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


def test_forms_share_their_fields_and_nothing_that_was_sent() -> None:
    turns = json.dumps([{"role": "user", "content": "Hello"}])
    one = ChatForm({"model": "grok-4.3", "max_tokens": "5", "turns": turns})
    other = ChatForm({"model": "", "max_tokens": "many", "turns": turns})

    assert not other.is_valid()
    assert one.is_valid(), one.errors
    assert set(other.errors) == {"model", "max_tokens"}
    assert one.cleaned_data["model"] == "grok-4.3"
    del other.fields["stop"]
    assert "stop" in one.fields
    assert "stop" in ChatForm().fields

"""Functions that a model may ask to have called."""

from __future__ import annotations

import json

import pytest
from django import forms

from console.playground.tools import ToolChoice, ToolsField, tools_in_messages

PARAMETERS = {"type": "object", "properties": {"town": {"type": "string"}}}
WEATHER = {"name": "weather", "description": "Of a town", "parameters": PARAMETERS}
AS_SENT = {"type": "function", "function": WEATHER}


def with_parameters(value: str) -> str:
    """Return a list with one function, with this JSON in its parameters."""
    return f'[{{"name": "x", "parameters": {{"x": {value}}}}}]'


def nested(levels: int) -> str:
    """Return the same with lists within one another there."""
    return with_parameters("[" * levels + "]" * levels)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(WEATHER, id="as itself"),
        pytest.param(AS_SENT, id="as OpenAI writes it"),
        pytest.param(
            {
                "name": "weather",
                "description": "Of a town",
                "input_schema": PARAMETERS,
            },
            id="as Anthropic writes it",
        ),
    ],
)
def test_a_function_may_be_written_in_three_ways(written: object) -> None:
    assert ToolsField().clean(json.dumps([written])) == [AS_SENT]


def test_functions_may_be_as_deep_as_they_are_read() -> None:
    assert ToolsField().clean(nested(29))


def test_half_a_character_is_replaced() -> None:
    tools = ToolsField().clean(with_parameters('{"\\ud800": "a\\udfff"}'))

    assert tools
    assert tools[0]["function"]["parameters"] == {"x": {"?": "a?"}}


@pytest.mark.parametrize("text", ["", "  ", "[]"])
def test_none_is_none(text: str) -> None:
    assert ToolsField().clean(text) is None


def test_what_only_we_know_is_dropped() -> None:
    assert ToolsField().clean(json.dumps([{"name": "now", "strict": 1}])) == [
        {"type": "function", "function": {"name": "now", "parameters": {}}}
    ]


def test_messages_have_another_shape() -> None:
    (tool,) = tools_in_messages([AS_SENT])

    assert tool == {
        "name": "weather",
        "description": "Of a town",
        "input_schema": PARAMETERS,
    }


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (ToolChoice.UNSET, None),
        (ToolChoice.AUTO, {"type": "auto"}),
        (ToolChoice.REQUIRED, {"type": "any"}),
        (ToolChoice.NONE, None),
    ],
)
def test_the_choice_has_other_words_in_messages(
    choice: ToolChoice, told: dict[str, str] | None
) -> None:
    assert choice.in_messages == told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[{", "no JSON: Expecting", id="no JSON"),
        pytest.param("[" * 5000, "more than 32 levels", id="too deep to be read"),
        pytest.param(nested(900), "more than 32 levels deep", id="deep"),
        pytest.param(nested(30), "more than 32 levels deep", id="one too deep"),
        pytest.param(with_parameters("NaN"), "a number in them is none", id="NaN"),
        pytest.param(with_parameters("-Infinity"), "a number in them", id="Infinity"),
        pytest.param(with_parameters("1e999"), "a number in them is", id="too large"),
        pytest.param(with_parameters("9" * 5000), "a number in them", id="too long"),
        pytest.param('{"name": "x"}', "have to be a list", id="no list"),
        pytest.param("[7]", "have to be a list", id="no object"),
        pytest.param('[{"name": "a b"}]', "have to be a list", id="name"),
        pytest.param('[{"name": "x" , "parameters": 1}]', "have to be", id="schema"),
        pytest.param('[{"name": "x" , "description": 1}]', "have to be", id="words"),
        pytest.param('[{"name": "x"}]' + " " * 70_000 + "x", "64 KB", id="long"),
        pytest.param(json.dumps([WEATHER] * 65), "have to be a list", id="many"),
    ],
)
def test_wrong_tools_get_a_sentence(text: str, words: str) -> None:
    with pytest.raises(forms.ValidationError) as refused:
        ToolsField().clean(text)

    assert words in refused.value.messages[0]

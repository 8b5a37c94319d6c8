"""An answer as HTML and as text: choices, JSON with a verdict, calls of tools."""

from __future__ import annotations

from typing import Any

import pytest

from console.playground import parts
from console.playground.structured.expected import Expected
from console.relay.ended import Ended
from console.relay.hearing import ToolCall
from console.usage.models import Outcome
from tests.playground.hostile import HOSTILE
from tests.playground.structured.test_expected import NESTED
from tests.playground.structured.test_schema import PERSON


def ended(text: str = "**Hi**", **more: Any) -> Ended:
    return Ended(
        outcome=Outcome.COMPLETE,
        text=text,
        reasoning="",
        finish="stop",
        model="grok-4.3",
        usage=None,
        cost=None,
        problem=None,
        first_token_after=None,
        seconds=1.0,
        **more,
    )


def test_an_ordinary_answer_is_markdown() -> None:
    assert parts.html_of(ended(), None) == "<p><strong>Hi</strong></p>\n"
    assert parts.text_of(ended()) == "**Hi**"


def test_an_answer_that_matches_says_so_and_is_readable() -> None:
    html = parts.html_of(ended('{"name":"Ada"}'), Expected(PERSON))

    assert "Matches the schema" in html
    assert "&quot;name&quot;: &quot;Ada&quot;" in html
    assert "data-copy-code" in html


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ('{"age": 1}', Expected(PERSON), "Does not match the schema"),
        ('{"age": 1}', Expected(PERSON), "<code>$.name</code> is missing"),
        ("Ada", Expected(PERSON), "so it cannot match the schema"),
        ("Ada", Expected(), "No JSON"),
        ("[]", Expected(), "No JSON object"),
        ("{}", Expected(), "A JSON object"),
        (
            '{"at": 1}',
            Expected({"type": "object", "patternProperties": {}}),
            "Not checked: patternProperties.",
        ),
    ],
)
def test_the_verdict_is_said(text: str, expected: Expected, words: str) -> None:
    assert words in parts.html_of(ended(text), expected)


def test_an_answer_that_never_began_has_no_verdict() -> None:
    assert parts.html_of(ended(""), Expected()) == ""


def test_other_choices_follow_the_first() -> None:
    html = parts.html_of(ended(others=("*two*", "three")), None)

    assert html.index("<strong>Hi") < html.index("Answer 2 of 3")
    assert html.index("<em>two") < html.index("Answer 3 of 3")
    assert parts.text_of(ended(others=("*two*",))) == "**Hi**"


def test_calls_of_tools_are_shown_and_the_conversation_can_go_on() -> None:
    asked = ended("", tool_calls=(ToolCall("weather", '{"town":"Bern"}'),))

    html = parts.html_of(asked, None)

    assert "weather" in html
    assert "&quot;town&quot;: &quot;Bern&quot;" in html
    assert "Gatehouse calls nothing" in html
    assert parts.text_of(asked) == 'weather({"town":"Bern"})'


def test_arguments_that_would_be_mostly_indentation_are_shown_as_they_came() -> None:
    asked = ended("", tool_calls=(ToolCall("nest", NESTED),))

    assert NESTED in parts.html_of(asked, None)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_gets_out_of_its_block(text: str) -> None:
    odd = ended(text, others=(text,), tool_calls=(ToolCall(text, text),))

    for expected in (None, Expected(), Expected(PERSON)):
        html = parts.html_of(odd, expected)
        for tag in ("<script", "<img", "<iframe", "<form", "<style", "<object"):
            assert tag not in html.lower()
        assert html.count("<button") == html.count(" data-copy-code>")

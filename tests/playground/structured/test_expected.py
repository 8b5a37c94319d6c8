"""What kind of answer was asked for, and what came of it."""

from __future__ import annotations

import pytest

from console.playground.structured.expected import Expected
from tests.playground.structured.test_schema import PERSON


def test_how_it_is_asked_for() -> None:
    assert Expected().to_json() == {"type": "json_object"}
    assert Expected(PERSON).to_json() == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": PERSON, "strict": True},
    }


def test_an_answer_that_matches_is_made_readable() -> None:
    verdict = Expected(PERSON).judge('{"name":"Zoë"}')

    assert verdict.matches
    assert verdict.pretty == '{\n  "name": "Zoë"\n}'


@pytest.mark.parametrize(
    "text", ["", "Here it is: {}", '{"name": ', "[" * 9000, '{"name": NaN}']
)
@pytest.mark.parametrize("expected", [Expected(), Expected(PERSON)])
def test_what_is_no_json_is_shown_as_it_came(expected: Expected, text: str) -> None:
    verdict = expected.judge(text)

    assert not verdict.matches
    assert not verdict.is_json
    assert verdict.pretty == text


def test_json_mode_wants_an_object() -> None:
    assert Expected().judge("{}").matches
    assert not Expected().judge("[]").matches


def test_what_is_not_checked_is_said() -> None:
    schema = {"type": "object", "properties": {"at": {"format": "date"}}}

    assert Expected(schema).judge('{"at": "soon"}').unchecked == ("format",)

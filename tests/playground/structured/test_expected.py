"""What kind of answer was asked for, and what came of it."""

from __future__ import annotations

import json

import pytest

from console.playground.structured import expected
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


NESTED = "[" * 100 + "[0]," * 10_000 + "0" + "]" * 100  # 40 KB


def test_json_that_would_be_mostly_indentation_is_shown_as_it_came() -> None:
    verdict = Expected().judge(NESTED)

    assert verdict.is_json
    assert verdict.pretty == NESTED


@pytest.mark.parametrize("value", [[[[0] * 30_000]], {"a": "x" * 500_000}, 1, {}, []])
def test_long_json_of_few_levels_is_made_readable(value: object) -> None:
    verdict = Expected().judge(json.dumps(value))

    assert verdict.pretty == json.dumps(value, indent=2)


@pytest.mark.parametrize("more", [0, 1])
def test_indentation_is_counted_as_it_is_written(
    more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '{"a": [1, [2, {"b": 3}]], "c": {"d": []}}'
    pretty = json.dumps(json.loads(text), indent=2)
    written = sum(len(line) - len(line.lstrip()) for line in pretty.splitlines())
    # An empty list gets none; it is counted with that of its end.
    monkeypatch.setattr(expected, "MOST_INDENTATION", written + 4 - more)

    assert Expected().judge(text).pretty == (text if more else pretty)


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

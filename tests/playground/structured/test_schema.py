"""Schemas: what may be sent as one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.playground.structured.schema import BadSchema, read, unchecked

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": ["integer", "null"], "minimum": 0},
        "friends": {"type": "array", "items": {"$ref": "#/$defs/friend"}},
    },
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {"friend": {"type": "object", "properties": {"name": {"const": "Bo"}}}},
}


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        inner = {"type": "object", "properties": {"x": inner}}
    return inner


def test_a_schema_is_read_as_it_is() -> None:
    assert read(json.dumps(PERSON)) == PERSON
    assert unchecked(PERSON) == []


def test_half_a_character_is_replaced() -> None:
    text = '{"type": "object", "title": "\\ud800", "x\\udfff": ["\\ud83d\\ude00"]}'

    assert read(text) == {"type": "object", "title": "?", "x?": ["\U0001f600"]}


def test_keywords_that_answers_are_not_held_to_are_named() -> None:
    more = {"email": {"type": "string", "format": "email", "pattern": "@"}}

    assert unchecked({**PERSON, "properties": more}) == ["format", "pattern"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "no JSON: Expecting value at line 1, column 1", id="nothing"),
        pytest.param('{"type":', "no JSON: Expecting value at line 1", id="half"),
        pytest.param('{"type": NaN}', "a number in it is none", id="NaN"),
        pytest.param('{"minimum": 1e999}', "a number in it is none", id="too large"),
        pytest.param('{"minimum": -1e999}', "a number in it is none", id="too small"),
        pytest.param("[]", "is no object", id="a list"),
        pytest.param('"object"', "is no object", id="a text"),
        pytest.param("{}", 'set "type": "object"', id="any answer"),
        pytest.param('{"type": "array"}', 'set "type": "object"', id="a list of it"),
        pytest.param(" " * 33_000, "longer than 32 KB", id="long"),
        pytest.param("[" * 20_000, "24 levels deep", id="too deep to be read"),
        pytest.param(json.dumps(nested(20)), "24 levels deep", id="deep"),
    ],
)
def test_what_is_no_schema_gets_a_sentence(text: str, words: str) -> None:
    with pytest.raises(BadSchema) as refused:
        read(text)

    assert words in refused.value.sentence
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "text"}, "type of $.properties.x has to be one or more of object"),
        ({"type": []}, "type of $.properties.x"),
        ({"required": "name"}, "required of $.properties.x has to be a list of names"),
        ({"properties": []}, "properties of $.properties.x has to be an object"),
        ({"properties": {"y": True}}, "properties of $.properties.x"),
        ({"items": {"enum": []}}, "enum of $.properties.x.items has to be a list"),
        ({"items": []}, "items of $.properties.x has to be a schema"),
        ({"additionalProperties": "no"}, "has to be true, false or a schema"),
        ({"anyOf": []}, "anyOf of $.properties.x has to be a list of schemas"),
        ({"oneOf": [{"type": 1}]}, "type of $.properties.x.oneOf[0]"),
        ({"minimum": "1"}, "minimum of $.properties.x has to be a number"),
        ({"maximum": True}, "maximum of $.properties.x has to be a number"),
        ({"minLength": -1}, "minLength of $.properties.x has to be a whole number"),
        ({"$ref": "#/$defs/none"}, "$ref of $.properties.x leads to no schema"),
        ({"$ref": "https://evil.test/s"}, "$ref of $.properties.x leads to no schema"),
        (
            {"$ref": "#/properties"},
            "$ref of $.properties.x leads to no schema",
        ),
        (
            {"items": {"$ref": "#/properties/x/const"}, "const": {"type": "odd"}},
            "$ref of $.properties.x.items leads to no schema",
        ),
        ({"$ref": 7}, "$ref of $.properties.x has to be a text"),
    ],
)
def test_a_wrong_part_is_named_with_its_place(part: object, words: str) -> None:
    with pytest.raises(BadSchema) as refused:
        read(json.dumps({"type": "object", "properties": {"x": part}}))

    assert words in refused.value.sentence

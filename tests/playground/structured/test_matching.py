"""Whether an answer matches a schema, and where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from console.playground.structured.matching import Fault, faults
from tests.playground.structured.test_schema import PERSON


def of(part: dict[str, Any], value: object) -> list[str]:
    """Return what is wrong with one member of an answer."""
    schema = {"type": "object", "properties": {"x": part}}
    return [f"{one.place} {one.words}" for one in faults(schema, {"x": value})]


def test_what_matches_has_no_faults() -> None:
    value = {"name": "Ada", "age": None, "friends": [{"name": "Bo"}]}

    assert faults(PERSON, value) == []


def test_every_fault_has_its_place() -> None:
    value = {"age": -1, "friends": [{"name": "Bo"}, {"name": "Al"}], "x": 1}

    assert faults(PERSON, value) == [
        Fault("$.name", "is missing"),
        Fault("$.age", "is below 0"),
        Fault("$.friends[1].name", "is not the value of const"),
        Fault("$.x", "is not in the schema"),
    ]


@pytest.mark.parametrize(
    ("part", "good", "bad", "words"),
    [
        ({"type": "string"}, "a", 1, "is no string"),
        ({"type": "number"}, 1.5, True, "is no number"),
        ({"type": "integer"}, 2.0, 1.5, "is no integer"),
        ({"type": "integer"}, 2, False, "is no integer"),
        ({"type": "boolean"}, False, 0, "is no boolean"),
        ({"type": "null"}, None, "", "is no null"),
        ({"type": "array"}, [], {}, "is no array"),
        ({"type": ["string", "null"]}, None, 1, "is no string or null"),
        ({"enum": ["a", 1]}, 1, True, "is none of the values of enum"),
        ({"const": {"a": [1]}}, {"a": [1]}, {"a": [2]}, "is not the value of const"),
        ({"minimum": 1}, 1, 0, "is below 1"),
        ({"maximum": 1}, 1, 2, "is above 1"),
        ({"exclusiveMinimum": 1}, 2, 1, "is not above 1"),
        ({"exclusiveMaximum": 1}, 0, 1, "is not below 1"),
        ({"minLength": 2}, "ab", "a", "has fewer than 2 characters"),
        ({"maxLength": 1}, "ü", "üü", "has more than 1 characters"),
        ({"minItems": 1}, [1], [], "has fewer than 1 items"),
        ({"maxItems": 1}, [1], [1, 2], "has more than 1 items"),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 2, 3, "is above 2"),
        ({"anyOf": [{"const": 1}, {"const": 2}]}, 2, 3, "matches none of the 2"),
        ({"oneOf": [{"minimum": 1}, {"minimum": 5}]}, 2, 7, "matches 2 of oneOf"),
    ],
)
def test_each_keyword(
    part: dict[str, Any], good: object, bad: object, words: str
) -> None:
    assert of(part, good) == []
    (fault,) = of(part, bad)
    assert fault.startswith(f"$.x {words}")


def test_items_and_further_members_have_schemas_of_their_own() -> None:
    part = {"items": {"additionalProperties": {"type": "string"}}}

    assert of(part, [{"a": "b"}]) == []
    assert of(part, [{"a": "b"}, {"c": 1}]) == ["$.x[1].c is no string"]


def test_no_more_than_20_faults_are_told() -> None:
    assert len(of({"items": {"type": "string"}}, list(range(50)))) == 20


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "#"}, id="itself"),
        pytest.param({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}, id="itself, twice"),
        pytest.param(
            {"anyOf": [{"items": {"$ref": "#"}}] * 9, "items": {"$ref": "#"}},
            id="more and more",
        ),
    ],
)
def test_a_check_that_would_not_end_is_given_up(schema: dict[str, Any]) -> None:
    value: list[Any] = []
    for _ in range(60):
        value = [value, value]

    (fault,) = faults(schema, value)

    assert fault.words == "is too large to be checked in full"


MANY = 10_000


@pytest.mark.parametrize(
    ("part", "value"),
    [
        pytest.param({"items": {"enum": [0] * MANY + [1]}}, [1] * 400, id="entries"),
        pytest.param({"items": {"const": [0] * MANY}}, [[0] * MANY] * 400, id="const"),
        pytest.param(
            {"items": {"required": [f"{number}" for number in range(MANY)]}},
            [{f"{number}": 0 for number in range(MANY)}] * 400,
            id="names",
        ),
        pytest.param({"items": {"type": ["null"] * MANY}}, [None] * 400, id="types"),
        pytest.param(
            {"allOf": [{}] * MANY}, dict.fromkeys(map(str, range(400))), id="members"
        ),
        pytest.param(
            {"items": {"anyOf": [{"minimum": 10**4_000}, {}]}},
            [0] * 4_000,
            id="long numbers",
        ),
    ],
)
def test_the_work_within_a_schema_counts(part: dict[str, Any], value: object) -> None:
    assert of(part, value) == ["$ is too large to be checked in full"]


def test_what_was_found_before_a_check_is_given_up_is_told() -> None:
    part = {"items": {"enum": [0] * MANY + [1]}}

    first, last = of(part, [2] + [1] * 400)

    assert first == "$.x[0] is none of the values of enum"
    assert last == "$ is too large to be checked in full"


def test_a_long_answer_is_checked_to_its_end() -> None:
    row = {
        "type": "object",
        "properties": {"kind": {"enum": [f"kind {at}" for at in range(50)]}},
        "required": ["kind"],
    }
    rows = [{"kind": "kind 49"}] * 3_000  # 60 KB

    assert of({"items": row}, rows) == []
    assert of({"items": row}, [*rows, {}]) == ["$.x[3000].kind is missing"]


def test_a_name_that_is_required_twice_is_missing_once() -> None:
    assert of({"required": ["a", "a"]}, {}) == ["$.x.a is missing"]
    assert of({"type": ["null", "null"]}, 1) == ["$.x is no null"]


def test_a_long_place_is_cut() -> None:
    part = {"additionalProperties": {"items": {"type": "null"}}}

    (fault,) = faults(part, {"a" * 60_000: [1]})

    assert fault == Fault("$." + "a" * 197 + "…", "is no null")


def test_a_schema_may_describe_a_tree() -> None:
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#"}}},
        "additionalProperties": False,
    }

    assert faults(tree, {"children": [{"children": []}, {}]}) == []
    assert faults(tree, {"children": [{"leaf": 1}]}) == [
        Fault("$.children[0].leaf", "is not in the schema")
    ]

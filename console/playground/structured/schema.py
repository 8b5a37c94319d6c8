"""JSON schemas: what may be sent as one.

A part of JSON Schema, the part that structured output uses. A keyword outside it is
sent, and what it demands of the answer is not checked; the page says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

Json = Any
Schema = Mapping[str, Any]

KIB = 1024
LONGEST = 32 * KIB  # bytes of the schema
DEEPEST = 24  # objects and lists within one another

TYPES: dict[str, Callable[[Json], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool)
    ),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, float) and value.is_integer())
    ),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
LENGTHS = ("minLength", "maxLength", "minItems", "maxItems")
WORDS = ("title", "description", "default", "examples", "$schema", "$id", "$comment")
CHECKED = {
    *("type", "properties", "required", "additionalProperties", "items", "enum"),
    *("const", "anyOf", "oneOf", "allOf", "$ref", "$defs", "definitions"),
    *NUMBERS,
    *LENGTHS,
    *WORDS,
}


class BadSchema(Exception):
    """This cannot be sent as a schema; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TooDeep(ValueError):
    """This is nested deeper than is read."""


def read_json(text: str, *, deepest: int) -> Json:
    """Return the JSON in `text`, as it can be sent on.

    Numbers that JSON cannot write raise ValueError, as what is no JSON does. Half of
    a character that needs two is replaced.
    """
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=refuse_constant)
    except RecursionError:
        raise TooDeep from None
    if _depth(value) > deepest:
        raise TooDeep
    written = json.dumps(value, ensure_ascii=False)
    return json.loads(written.encode("utf-8", "replace"))


def read(text: str) -> dict[str, Any]:
    """Return the schema that this text is. Raises BadSchema."""
    if len(text.encode()) > LONGEST:
        raise BadSchema("The schema is longer than 32 KB. Shorten it.")
    try:
        schema = read_json(text, deepest=DEEPEST)
    except TooDeep:
        raise BadSchema(f"The schema is more than {DEEPEST} levels deep.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadSchema(f"The schema is no JSON: {error.msg} at {where}.") from None
    except ValueError:
        raise BadSchema("The schema is no JSON: a number in it is none.") from None
    if not isinstance(schema, dict):
        raise BadSchema('The schema is no object: it has to begin with "{".')
    if schema.get("type") != "object":
        raise BadSchema('The answer has to be an object: set "type": "object".')
    parts = list(_parts(schema, "$"))
    for place, part in parts:
        _check_part(part, place)
    known = {id(part) for _, part in parts}
    for place, part in parts:
        if "$ref" in part and id(target(schema, part["$ref"])) not in known:
            raise BadSchema(f"In the schema, $ref of {place} leads to no schema in it.")
    return schema


def unchecked(schema: Schema) -> list[str]:
    """Return the keywords of a schema that answers are not held to, sorted."""
    found = {word for _, part in _parts(schema, "$") for word in part}
    return sorted(found - CHECKED)


def refuse_constant(_constant: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON has not."""
    raise ValueError


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError
    return number


def _depth(value: Json) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        one, level = waiting.pop()
        deepest = max(deepest, level)
        inner = one.values() if isinstance(one, dict) else one
        if isinstance(one, dict | list):
            waiting.extend((child, level + 1) for child in inner)
    return deepest


def _parts(schema: Json, place: str) -> Iterator[tuple[str, Schema]]:
    """Yield every schema within a schema, and itself, with its place."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for word in ("properties", "$defs", "definitions"):
        inner = schema.get(word)
        if isinstance(inner, dict):
            for name, child in inner.items():
                yield from _parts(child, f"{place}.{word}.{name}")
    for word in ("items", "additionalProperties"):
        yield from _parts(schema.get(word), f"{place}.{word}")
    for word in ("anyOf", "oneOf", "allOf"):
        inner = schema.get(word)
        for at, child in enumerate(inner if isinstance(inner, list) else ()):
            yield from _parts(child, f"{place}.{word}[{at}]")


def _check_part(part: Schema, place: str) -> None:
    for word, value in part.items():
        rule = _RULES.get(word)
        if rule and not rule[1](value):
            raise BadSchema(f"In the schema, {word} of {place} has to be {rule[0]}.")


def _are_types(value: Json) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(
        isinstance(name, str) and name in TYPES for name in names
    )


def _are_schemas(value: Json) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) for one in value)
    )


def _are_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_named_schemas(value: Json) -> bool:
    return isinstance(value, dict) and all(
        isinstance(one, dict) for one in value.values()
    )


def _is_count(value: Json) -> bool:
    return TYPES["integer"](value) and value >= 0


_RULES: dict[str, tuple[str, Callable[[Json], bool]]] = {
    "type": (f"one or more of {', '.join(TYPES)}", _are_types),
    "required": ("a list of names", _are_texts),
    "enum": ("a list", lambda value: isinstance(value, list) and bool(value)),
    "items": ("a schema", lambda value: isinstance(value, dict)),
    "additionalProperties": (
        "true, false or a schema",
        lambda value: isinstance(value, bool | dict),
    ),
    "$ref": ("a text", lambda value: isinstance(value, str)),
    **dict.fromkeys(("anyOf", "oneOf", "allOf"), ("a list of schemas", _are_schemas)),
    **dict.fromkeys(
        ("properties", "$defs", "definitions"),
        ("an object of schemas", _are_named_schemas),
    ),
    **dict.fromkeys(NUMBERS, ("a number", TYPES["number"])),
    **dict.fromkeys(LENGTHS, ("a whole number, not below 0", _is_count)),
}


def target(whole: Schema, ref: str) -> Schema | None:
    """Return what a reference within a schema leads to, if to anything."""
    if not ref.startswith("#"):
        return None
    found: Json = whole
    for step in ref[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None

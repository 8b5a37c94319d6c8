"""Whether a value matches a schema, and where it does not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from console.playground.structured.schema import (
    LENGTHS,
    NUMBERS,
    TYPES,
    Json,
    Schema,
    target,
)

MOST_STEPS = 400_000  # of one check: a tenth of a second; a schema may hold itself
STEPS = 20  # of looking at a value at all; each name, entry or member is one more
MOST_FAULTS = 20
LONGEST_PLACE = 200
WEIGHED = ("$ref", "type", "required", "enum", "const", *NUMBERS, *LENGTHS)


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where an answer does not match."""

    place: str  # such as $.people[2].age
    words: str


class _TooMuch(Exception):
    """A check would take too long."""


def faults(schema: Schema, value: Json) -> list[Fault]:
    """Return where a value does not match a schema that was `read`; at most 20.

    A check that takes too long is given up: the last fault says so.
    """
    found: list[Fault] = []
    try:
        found.extend(islice(_Check(schema).of(schema, value, "$"), MOST_FAULTS))
    except (_TooMuch, RecursionError):
        found.append(Fault("$", "is too large to be checked in full"))
    return found


class _Check:
    """One value against one schema; faults are looked for as they are asked for."""

    def __init__(self, whole: Schema) -> None:
        self._whole = whole
        self._steps = 0
        self._weights: dict[int, int] = {}  # of parts of the schema, by identity

    def of(self, schema: Schema, value: Json, place: str) -> Iterator[Fault]:
        self._count(schema, value)
        if "$ref" in schema and (meant := target(self._whole, schema["$ref"])):
            yield from self.of(meant, value, place)
        for words in _own(schema, value):
            yield Fault(place, words)
        for part in schema.get("allOf", ()):
            yield from self.of(part, value, place)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                yield from self._choices(word, schema[word], value, place)
        if isinstance(value, dict):
            yield from self._members(schema, value, place)
        if isinstance(value, list) and "items" in schema:
            for at, one in enumerate(value):
                yield from self.of(schema["items"], one, _within(place, f"[{at}]"))

    def _count(self, schema: Schema, value: Json) -> None:
        """Count what the keywords of one schema take for one value."""
        weight = self._weights.get(id(schema))
        if weight is None:
            weight = sum(_size(schema[word]) for word in WEIGHED if word in schema)
            self._weights[id(schema)] = weight
        self._steps += STEPS + weight + (len(value) if isinstance(value, dict) else 0)
        if self._steps > MOST_STEPS:
            raise _TooMuch

    def _choices(
        self, word: str, schemas: list[Schema], value: Json, place: str
    ) -> Iterator[Fault]:
        matching = sum(
            next(self.of(one, value, place), None) is None for one in schemas
        )
        if not matching:
            yield Fault(place, f"matches none of the {len(schemas)} of {word}")
        elif word == "oneOf" and matching > 1:
            yield Fault(place, f"matches {matching} of oneOf, not one")

    def _members(
        self, schema: Schema, value: dict[str, Json], place: str
    ) -> Iterator[Fault]:
        known, more = schema.get("properties", {}), schema.get("additionalProperties")
        for name in dict.fromkeys(schema.get("required", ())):
            if name not in value:
                yield Fault(_member(place, name), "is missing")
        for name, one in value.items():
            if name in known:
                yield from self.of(known[name], one, _member(place, name))
            elif more is False:
                yield Fault(_member(place, name), "is not in the schema")
            elif isinstance(more, dict):
                yield from self.of(more, one, _member(place, name))


def _member(place: str, name: str) -> str:
    return _within(place, f".{name[:LONGEST_PLACE]}")


def _within(place: str, step: str) -> str:
    inner = f"{place}{step}"
    if len(inner) <= LONGEST_PLACE:
        return inner
    return f"{inner[: LONGEST_PLACE - 1]}…"


def _size(value: Json) -> int:
    """Return how many steps it takes to compare with this, or to tell it."""
    if isinstance(value, dict):
        return 1 + sum(_size(name) + _size(one) for name, one in value.items())
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    if isinstance(value, str):
        return 1 + len(value) // 64
    if isinstance(value, int):
        return 1 + value.bit_length() // 16
    return 1


def _own(schema: Schema, value: Json) -> Iterator[str]:
    """Yield what a schema demands of a value itself and it does not meet."""
    told = schema.get("type")
    names = told if isinstance(told, list) else [told] if told else []
    if names and not any(TYPES[name](value) for name in names):
        yield f"is no {' or '.join(dict.fromkeys(names))}"
    if "enum" in schema and not _is_among(schema["enum"], value):
        yield "is none of the values of enum"
    if "const" in schema and not _same(schema["const"], value):
        yield "is not the value of const"
    if TYPES["number"](value):
        yield from _of_number(schema, value)
    if isinstance(value, str | list):
        noun = "characters" if isinstance(value, str) else "items"
        least, most = (
            ("minLength", "maxLength")
            if isinstance(value, str)
            else ("minItems", "maxItems")
        )
        if len(value) < schema.get(least, 0):
            yield f"has fewer than {schema[least]} {noun}"
        if most in schema and len(value) > schema[most]:
            yield f"has more than {schema[most]} {noun}"


def _of_number(schema: Schema, value: float) -> Iterator[str]:
    if "minimum" in schema and value < schema["minimum"]:
        yield f"is below {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"is above {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"is not above {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield f"is not below {schema['exclusiveMaximum']}"


def _same(one: Json, other: Json) -> bool:
    """Compare as JSON does: true is no 1."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _is_among(entries: list[Json], value: Json) -> bool:
    equal = [one for one in entries if one == value]
    return any(_same(one, value) for one in equal)

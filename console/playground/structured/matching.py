"""Whether a value matches a schema, and where it does not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console.playground.structured.schema import TYPES, Json, Schema, target

MOST_STEPS = 100_000  # of one check; a schema may refer to itself
MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where an answer does not match."""

    place: str  # such as $.people[2].age
    words: str


class _TooMuch(Exception):
    """A check would take too long."""


def faults(schema: Schema, value: Json) -> list[Fault]:
    """Return where a value does not match a schema that was `read`; at most 20."""
    check = _Check(schema)
    try:
        return check.of(schema, value, "$")[:MOST_FAULTS]
    except (_TooMuch, RecursionError):
        return [Fault("$", "is too large to be checked in full")]


class _Check:
    """One value against one schema."""

    def __init__(self, whole: Schema) -> None:
        self._whole = whole
        self._steps = 0

    def of(self, schema: Schema, value: Json, place: str) -> list[Fault]:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _TooMuch
        found: list[Fault] = []
        if "$ref" in schema and (meant := target(self._whole, schema["$ref"])):
            found += self.of(meant, value, place)
        found += [Fault(place, words) for words in _own(schema, value)]
        for part in schema.get("allOf", ()):
            found += self.of(part, value, place)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                found += self._choices(word, schema[word], value, place)
        if isinstance(value, dict):
            found += self._members(schema, value, place)
        if isinstance(value, list) and "items" in schema:
            for at, one in enumerate(value):
                found += self.of(schema["items"], one, f"{place}[{at}]")
        return found

    def _choices(
        self, word: str, schemas: list[Schema], value: Json, place: str
    ) -> list[Fault]:
        matching = sum(not self.of(one, value, place) for one in schemas)
        if not matching:
            return [Fault(place, f"matches none of the {len(schemas)} of {word}")]
        if word == "oneOf" and matching > 1:
            return [Fault(place, f"matches {matching} of oneOf, not one")]
        return []

    def _members(
        self, schema: Schema, value: dict[str, Json], place: str
    ) -> list[Fault]:
        known, more = schema.get("properties", {}), schema.get("additionalProperties")
        found = [
            Fault(f"{place}.{name}", "is missing")
            for name in schema.get("required", ())
            if name not in value
        ]
        for name, one in value.items():
            if name in known:
                found += self.of(known[name], one, f"{place}.{name}")
            elif more is False:
                found.append(Fault(f"{place}.{name}", "is not in the schema"))
            elif isinstance(more, dict):
                found += self.of(more, one, f"{place}.{name}")
        return found


def _own(schema: Schema, value: Json) -> Iterator[str]:
    """Yield what a schema demands of a value itself and it does not meet."""
    told = schema.get("type")
    names = told if isinstance(told, list) else [told] if told else []
    if names and not any(TYPES[name](value) for name in names):
        yield f"is no {' or '.join(names)}"
    if "enum" in schema and not any(_same(one, value) for one in schema["enum"]):
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

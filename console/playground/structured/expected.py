"""What kind of answer was asked for, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from console.playground.structured import matching
from console.playground.structured.matching import Fault
from console.playground.structured.schema import (
    Json,
    Schema,
    refuse_constant,
    unchecked,
)

NAME = "answer"  # xAI wants one for each schema
INDENT = 2
MOST_INDENTATION = 256 * 1024  # characters; beyond, JSON is shown as it came


class Format(StrEnum):
    """The kinds of answer, under xAI's names."""

    TEXT = "text"
    OBJECT = "json_object"
    SCHEMA = "json_schema"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer is, against what was asked for."""

    pretty: str  # the JSON to read; the text as it came, if it is none
    is_json: bool
    by_schema: bool
    faults: tuple[Fault, ...] = ()
    unchecked: tuple[str, ...] = ()  # keywords of the schema

    @property
    def matches(self) -> bool:
        """Whether it is what was asked for, as far as is checked."""
        return self.is_json and not self.faults


@dataclass(frozen=True, slots=True)
class Expected:
    """JSON that was asked for; with a schema, of that shape."""

    schema: Schema | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as `response_format`."""
        if self.schema is None:
            return {"type": Format.OBJECT.value}
        described = {"name": NAME, "schema": self.schema, "strict": True}
        return {"type": Format.SCHEMA.value, "json_schema": described}

    def judge(self, text: str) -> Verdict:
        """Return whether an answer is what was asked for."""
        try:
            value: Json = json.loads(text, parse_constant=refuse_constant)
            pretty = pretty_of(value, text)
        except (ValueError, RecursionError):
            return Verdict(text, is_json=False, by_schema=self.schema is not None)
        if self.schema is not None:
            found = matching.faults(self.schema, value)
            more = tuple(unchecked(self.schema))
            return Verdict(pretty, True, True, tuple(found), more)
        if not isinstance(value, dict):
            return Verdict(pretty, True, False, (Fault("$", "is no object"),))
        return Verdict(pretty, True, False)


def pretty_of(value: Json, text: str) -> str:
    """Return JSON to read; the text it came as, if it would be mostly indentation."""
    if _indentation(value) > MOST_INDENTATION:
        return text
    return json.dumps(value, indent=INDENT, ensure_ascii=False)


def _indentation(value: Json) -> int:
    """Return how many characters of indentation a value gets, or more than the most."""
    total, waiting = 0, [(value, 1)]
    while waiting and total <= MOST_INDENTATION:
        one, level = waiting.pop()
        if isinstance(one, dict | list):
            inner = one.values() if isinstance(one, dict) else one
            total += INDENT * (level * len(one) + level - 1)
            waiting.extend((child, level + 1) for child in inner)
    return total

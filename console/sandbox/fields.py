"""Typed reading of a JSON body, with problems told in the words of a deserializer.

Both sides use it: the API turns a problem into a 422 or 400, the control API into a 400
in JSON.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

NAMES = {
    dict: "a map",
    list: "a sequence",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    type(None): "null",
}


class FieldProblem(ValueError):
    """A field that is missing or has the wrong type."""


class OutOfRange(ValueError):
    """A field of the right type with a value that is not allowed."""


def read_json(body: bytes) -> object:
    """Parse a body; ValueError if it is no JSON, or holds half a character."""
    try:
        data = json.loads(body.decode())
        if b"\\ud" in body.lower():
            json.dumps(data, ensure_ascii=False).encode()  # refuses lone surrogates
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return data


class Fields:
    """One JSON object. `null` reads as absent, as xAI reads its nullable fields."""

    def __init__(self, data: object) -> None:
        if not isinstance(data, dict):
            raise FieldProblem(f"invalid type: {_named(data)}, expected a map")
        self.data: Mapping[str, Any] = data

    def has(self, name: str) -> bool:
        return self.data.get(name) is not None

    def text(self, name: str) -> str:
        """Return a string that must be there."""
        if name not in self.data:
            raise FieldProblem(f"missing field `{name}`")
        value: str = _expect(self.data[name], str, name)
        return value

    def text_or(self, name: str, otherwise: str = "") -> str:
        value = self.data.get(name)
        return otherwise if value is None else _expect(value, str, name)

    def flag(self, name: str, otherwise: bool = False) -> bool:
        value = self.data.get(name)
        return otherwise if value is None else _expect(value, bool, name)

    def items(self, name: str) -> list[Any] | None:
        value = self.data.get(name)
        return None if value is None else _expect(value, list, name)

    def texts(self, name: str) -> list[str] | None:
        items = self.items(name)
        if items is None:
            return None
        return [_expect(item, str, name) for item in items]

    def map(self, name: str) -> "Fields | None":
        value = self.data.get(name)
        return None if value is None else Fields(_expect(value, dict, name))

    def integer(
        self, name: str, low: int | None = None, high: int | None = None
    ) -> int | None:
        value = self.data.get(name)
        if value is None:
            return None
        number: int = _expect(value, int, name)
        _check_range(name, number, low, high)
        return number

    def number(
        self, name: str, low: float | None = None, high: float | None = None
    ) -> float | None:
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            _expect(value, float, name)
        if not math.isfinite(value):
            raise FieldProblem(f"{name}: invalid value, expected a finite number")
        _check_range(name, value, low, high)
        return float(value)

    def only(self, *names: str) -> None:
        """Refuse fields with any other name."""
        unknown = sorted(set(self.data) - set(names))
        if unknown:
            known = ", ".join(sorted(names))
            raise FieldProblem(f"unknown field `{unknown[0]}`, expected one of {known}")


def camel(name: str) -> str:
    """Return the spelling that xAI's error texts use for a parameter."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _expect(value: Any, kind: type, name: str) -> Any:
    # bool is an int to Python and not to JSON.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        problem = f"invalid type: {_named(value)}, expected {NAMES[kind]}"
        raise FieldProblem(f"{name}: {problem}")
    return value


def _named(value: object) -> str:
    return NAMES.get(type(value), "unknown")


def _check_range(
    name: str, value: float, low: float | None, high: float | None
) -> None:
    if (low is not None and value < low) or (high is not None and value > high):
        top = "" if high is None else f" and at most {high:g}"
        raise OutOfRange(f"{camel(name)} must be at least {low or 0:g}{top}.")

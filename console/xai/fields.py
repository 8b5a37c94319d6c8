"""From JSON to typed values, tolerant about the content.

A field that is missing, null or of a wrong type reads as None.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from console.xai.errors import BadAnswer, Cause
from console.xai.jsontext import signed_number, whole_number

JsonObject = Mapping[str, Any]
T = TypeVar("T")

MOST_NAMES, LONGEST_NAME = 100, 200
ID = re.compile(r"[^\s\x00-\x1f\x7f]{1,200}")


class Fields:
    """Typed reading of one JSON object; remembers the names of odd fields.

    Odd is a value of the wrong type or size. Missing and null are not odd: they
    are simply unknown.
    """

    def __init__(self, data: JsonObject) -> None:
        self._data = data
        self._odd: list[str] = []

    @property
    def odd(self) -> tuple[str, ...]:
        """Names of the odd fields among those read so far."""
        return tuple(self._odd)

    def identity(self, name: str) -> str:
        """Return the value that names the thing; without it there is no thing."""
        value = self._data.get(name)
        if not isinstance(value, str) or ID.fullmatch(value) is None:
            raise BadAnswer(Cause.MALFORMED)
        return value

    def text(self, name: str, *, longest: int | None = 1000) -> str | None:
        """Return a string; one longer than `longest` characters is odd."""
        value = self._data.get(name)
        if isinstance(value, str) and (longest is None or len(value) <= longest):
            return value
        return self._unless_odd(name, None)

    def flag(self, name: str) -> bool | None:
        """Return a boolean."""
        value = self._data.get(name)
        return self._unless_odd(name, value if isinstance(value, bool) else None)

    def number(self, name: str) -> int | None:
        """Return a whole number from 0 to 2^63 - 1."""
        return self._unless_odd(name, whole_number(self._data.get(name)))

    def price(self, name: str) -> int | None:
        """Return a price; a negative one is stored as told, and judged where it is."""
        return self._unless_odd(name, signed_number(self._data.get(name)))

    def instant(self, name: str) -> datetime | None:
        """Return an ISO time that says its offset, in UTC."""
        return self._unless_odd(name, _instant(self._data.get(name)))

    def texts(self, name: str) -> tuple[str, ...] | None:
        """Return a list of strings; one wrong member makes the whole list odd."""
        return self._unless_odd(name, _all_of(self._data.get(name), str))

    def names(self, name: str) -> tuple[str, ...] | None:
        """Return a list of names: MOST_NAMES, of LONGEST_NAME characters, or odd."""
        found = _all_of(self._data.get(name), str)
        if found and (len(found) > MOST_NAMES or max(map(len, found)) > LONGEST_NAME):
            found = None
        return self._unless_odd(name, found)

    def mapping(self, name: str) -> JsonObject | None:
        """Return an object."""
        value = self._data.get(name)
        return self._unless_odd(name, value if isinstance(value, dict) else None)

    def mappings(self, name: str) -> tuple[JsonObject, ...] | None:
        """Return a list of objects; one wrong member makes the whole list odd."""
        return self._unless_odd(name, _all_of(self._data.get(name), dict))

    def entries(self, name: str) -> Sequence[Any]:
        """Return the list that is the answer; without it there is no answer."""
        value = self._data.get(name)
        if not isinstance(value, list):
            raise BadAnswer(Cause.MALFORMED)
        return value

    def _unless_odd(self, name: str, read: T | None) -> T | None:
        """Return what was read, and note a value that could not be."""
        if read is None and self._data.get(name) is not None:
            self._odd.append(name)
        return read


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant.astimezone(UTC) if instant and instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _all_of(value: object, kind: type[T]) -> tuple[T, ...] | None:
    if isinstance(value, list) and all(isinstance(item, kind) for item in value):
        return tuple(value)
    return None

"""Reading JSON that others wrote, strict about its form."""

import json
import re
from math import isfinite

DEPTH = 32
LARGEST = 2**63 - 1  # what the database holds
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class BadJson(ValueError):
    """The text is not a JSON object, or not one that we accept."""


def parse_object(text: bytes | str) -> dict[str, object]:
    """Return the JSON object in `text`, or raise BadJson.

    Refused are duplicate keys, NaN, infinities and more than 32 levels.
    Characters that no database takes, NUL and lone surrogates, become U+FFFD.
    """
    written, value = "", None
    try:
        written = text.decode() if isinstance(text, bytes) else text
        value = _strict.decode(written)
    except (ValueError, RecursionError):
        pass
    if not isinstance(value, dict) or (_may_be_deep(written) and _is_deep(value)):
        raise BadJson("Not a JSON object.")
    if "\\u" in written:
        value = _storable(value)
    return value  # type: ignore[return-value]


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadJson("A key stands twice.")
    return made


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise BadJson("A number is too large.")
    return number


def _refuse(word: str) -> float:
    raise BadJson("Not a number.")


_strict = json.JSONDecoder(  # made once: that costs more than reading an event
    object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse
)


def _may_be_deep(text: str) -> bool:
    """Tell at once of most texts that they cannot be."""
    return text.count("{") + text.count("[") > DEPTH


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)  # type: ignore[attr-defined]
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _storable(value: object) -> object:
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {UNSTORABLE.sub("\ufffd", k): _storable(v) for k, v in value.items()}
    return value


def whole_number(value: object) -> int | None:
    """Return a count or an amount, or None for anything that is not one."""
    number = signed_number(value)
    return number if number is not None and number >= 0 else None


def signed_number(value: object) -> int | None:
    """Return a whole number whose size can be stored, or None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= LARGEST else None
    return None

"""JSON values as source text: exact, one line where it fits, and printable.

Text is escaped by `json.dumps`, whose escapes Python and JavaScript read alike. What
cannot be seen is escaped as well: code must not hide anything from who reads it, and
half of a character could not be saved in a file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

WIDTH = 80  # columns; a longer list or object has its entries on lines of their own
LARGEST_EXACT = 2**53 - 1  # of the numbers of JavaScript

Body = Mapping[str, object]
Escape = Callable[[str], str]


def quoted(text: str, escape: Escape) -> str:
    """Return text in double quotes."""
    return "".join(
        sign if sign.isprintable() else escape(sign)
        for sign in json.dumps(text, ensure_ascii=False)
    )


def as_json(sign: str) -> str:
    r"""Return one character as \uXXXX, or two of those."""
    return json.dumps(sign)[1:-1]


def as_python(sign: str) -> str:
    r"""Return one character as \xXX, \uXXXX or \UXXXXXXXX."""
    return sign.encode("unicode_escape").decode("ascii")


@dataclass(frozen=True, slots=True)
class Notation:
    """How a language writes values."""

    true: str
    false: str
    null: str
    escape: Escape
    last_comma: str  # after the last entry of what stands on several lines
    step: int  # columns of indentation

    def name(self, key: str) -> str:
        """Return the name of a field."""
        return quoted(key, self.escape)


class ScriptNotation(Notation):
    """JavaScript, where one name means something else than its field."""

    def name(self, key: str) -> str:
        """Return the name; `__proto__` alone would set no field."""
        written = Notation.name(self, key)
        return f"[{written}]" if key == "__proto__" else written


JSON = Notation("true", "false", "null", as_json, "", 2)
PYTHON = Notation("True", "False", "None", as_python, ",", 4)
SCRIPT = ScriptNotation("true", "false", "null", as_json, ",", 2)


def source(value: object, notation: Notation, column: int = 0, before: int = 0) -> str:
    """Return a value of JSON as source, its first line after `before` columns.

    `column` is where its last line begins.
    """
    line = _line(value, notation)
    if column + before + len(line) <= WIDTH or not _is_long(value):
        return line
    inner = column + notation.step
    if isinstance(value, Mapping):
        opening, closing = "{", "}"
        names = [f"{notation.name(key)}: " for key in value]
        values: Sequence[object] = list(value.values())
    else:
        assert isinstance(value, list)
        opening, closing = "[", "]"
        names, values = [""] * len(value), value
    pad = " " * inner
    entries = [
        pad + name + source(each, notation, inner, len(name) + 1)
        for name, each in zip(names, values, strict=True)
    ]
    body = ",\n".join(entries) + notation.last_comma
    return f"{opening}\n{body}\n{' ' * column}{closing}"


def _is_long(value: object) -> bool:
    return isinstance(value, Mapping | list) and len(value) > 0


def _line(value: object, notation: Notation) -> str:
    match value:
        case None:
            return notation.null
        case bool():
            return notation.true if value else notation.false
        case str():
            return quoted(value, notation.escape)
        case int():
            return str(value)
        case float() if isfinite(value):
            return repr(value)
        case Mapping():
            parts = (
                f"{notation.name(k)}: {_line(v, notation)}" for k, v in value.items()
            )
            return "{" + ", ".join(parts) + "}"
        case list():
            return "[" + ", ".join(_line(each, notation) for each in value) + "]"
    raise TypeError("This is no value of JSON.")


def is_exact_in_script(value: object) -> bool:
    """Tell whether the numbers of JavaScript hold every number in a value."""
    match value:
        case bool() | None | str() | float():
            return True
        case int():
            return abs(value) <= LARGEST_EXACT
        case Mapping():
            return all(map(is_exact_in_script, value.values()))
        case list():
            return all(map(is_exact_in_script, value))
    return False


def streams(body: Body) -> bool:
    """Tell whether the answer comes in parts."""
    return body.get("stream") is True

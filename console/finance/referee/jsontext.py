"""JSON that is read and written without losing a digit. Pure.

A number stays the text it was: `1e-06` is never a float and comes out as `1e-06`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NoReturn, TypeAlias

DEEPEST: Final = 64
LONGEST_NUMBER: Final = 64  # characters; a longer one is no price
WIDEST: Final = 40  # powers of ten, either way

Json: TypeAlias = Any  # dict, list, str, bool, None and Number


class BadJson(ValueError):
    """The text is no JSON. Says where and why, and repeats nothing of it."""


class TooDeep(BadJson):
    """It may be JSON, but is nested deeper than is read."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    text: str

    @property
    def value(self) -> Fraction | None:
        """The exact value; None for one that is too long or too far from 1."""
        if len(self.text) > LONGEST_NUMBER:
            return None
        _, _, exponent = self.text.lower().partition("e")
        if len(exponent) > 4:  # not a number to be written out
            return None
        exact = Decimal(self.text)
        if exact and abs(exact.adjusted()) > WIDEST:
            return None
        return Fraction(exact)


def parse(text: str) -> tuple[Json, list[str]]:
    """Return the value, and the names that stand twice in one object.

    Of those the last one counts, as for most readers. Raises BadJson.
    """
    doubled: list[str] = []

    def pairs(found: list[tuple[str, Json]]) -> dict[str, Json]:
        made = dict(found)
        if len(made) < len(found):
            seen: set[str] = set()
            for name, _ in found:
                if name in seen:
                    doubled.append(name)
                seen.add(name)
        return made

    try:
        value = json.loads(
            text,
            parse_float=Number,
            parse_int=Number,
            parse_constant=_refuse,
            object_pairs_hook=pairs,
        )
    except json.JSONDecodeError as problem:
        raise BadJson(
            f"Line {problem.lineno:,}, column {problem.colno:,}: {problem.msg}."
        ) from None
    except RecursionError:
        raise TooDeep(_TOO_DEEP) from None
    _check_depth(value)
    return value, doubled


def write(value: Json) -> str:
    """Return JSON in ASCII, indented by 2, its numbers as they were read."""
    return "".join(_pieces(value, "\n")) + "\n"


def decimal_text(value: Fraction) -> str:
    """Return a decimal fraction exactly, without an exponent: 0.00000125."""
    scale = 0
    while value.denominator != 1:  # decimal fractions only: 10^n is enough
        value, scale = value * 10, scale + 1
    digits = f"{abs(value.numerator):0{scale + 1}d}"
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits


_TOO_DEEP = f"Objects and lists are nested more than {DEEPEST} deep."


def _refuse(constant: str) -> NoReturn:
    raise BadJson(f"The file holds {constant}, which is no number of JSON.")


def _check_depth(value: Json) -> None:
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        if depth > DEEPEST:
            raise TooDeep(_TOO_DEEP)
        level = [inner for one in level for inner in _inside(one)]


def _inside(value: dict[str, Json] | list[Json]) -> list[Json]:
    return list(value.values()) if isinstance(value, dict) else value


def _pieces(value: Json, line: str) -> Iterator[str]:
    match value:
        case Number():
            yield value.text
        case dict() if value:
            yield "{"
            for number, (name, inner) in enumerate(value.items()):
                yield f"{',' if number else ''}{line}  {json.dumps(name)}: "
                yield from _pieces(inner, line + "  ")
            yield line + "}"
        case list() if value:
            yield "["
            for number, inner in enumerate(value):
                yield f"{',' if number else ''}{line}  "
                yield from _pieces(inner, line + "  ")
            yield line + "]"
        case _:
            yield json.dumps(value)

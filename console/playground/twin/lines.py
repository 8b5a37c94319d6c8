"""JSON as a person wrote it: where in it something stands. Pure."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]

from console.playground.twin.notes import Json, Unreadable, place
from console.xai.jsontext import BadJson, parse_object

BLANK = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()
Path = tuple[str | int, ...]


class Wrong(ValueError):
    """A text that cannot be converted; `line` is None if no line is to blame."""

    def __init__(self, words: str, line: int | None, shown: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.line = line  # from 1
        self.shown = shown[:200]  # the line itself


def parsed(text: str) -> Json:
    """Return the object that a text says. Raises Wrong."""
    try:
        json.loads(text)
        return parse_object(text)
    except json.JSONDecodeError as error:
        words = f"{error.msg}, at character {error.colno} of the line."
        wrong = _wrong(text, words, error.pos)
    except BadJson:
        words = (
            "This is no JSON object, or a key stands twice in it, a number is no"
            " number, or it is nested more than 32 deep."
        )
        wrong = Wrong(words, None)
    except RecursionError:
        wrong = Wrong("It is nested too deep.", None)
    raise wrong


def blamed(text: str, refusal: Unreadable) -> Wrong:
    """Return where in a text the thing stands that cannot be read.

    Something that is missing is missed where what should hold it begins.
    """
    found: dict[Path, int] = {}
    _walk(text, BLANK.match(text).end(), (), found)  # type: ignore[union-attr]
    path = refusal.path
    while path not in found:
        path = path[:-1]
    where = f" ({place(refusal.path)})" if refusal.path else ""
    return _wrong(text, f"{refusal.words}{where}", found[path])


def _wrong(text: str, words: str, at: int) -> Wrong:
    line = text.count("\n", 0, at) + 1
    return Wrong(words, line, text.split("\n")[line - 1].strip())


def _walk(text: str, at: int, path: Path, found: dict[Path, int]) -> int:
    """Note where each value below a path begins; return where it ends."""
    found[path] = at
    if text[at] not in "{[":
        _, end = DECODER.raw_decode(text, at)
        return end
    closing = "}" if text[at] == "{" else "]"
    number = 0
    at = _skip(text, at + 1)
    while text[at] != closing:
        step: str | int = number
        if closing == "}":
            step, at = scanstring(text, at + 1)
            at = _skip(text, _skip(text, at) + 1)  # the colon
        at = _skip(text, _walk(text, at, (*path, step), found))
        number += 1
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _skip(text: str, at: int) -> int:
    blank = BLANK.match(text, at)
    assert blank is not None
    return blank.end()

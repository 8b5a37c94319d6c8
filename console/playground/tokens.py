"""Tokens as the page draws them: text, id and bytes. Pure.

A token may be a part of a character, so what is shown is made of the bytes; a part
that is no text of its own is shown as bytes. What cannot be seen is named.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from console import xai

MARKS = {
    "\t": "TAB",
    "\r": "CR",
    "\u00a0": "NBSP",
    "\u00ad": "SHY",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u2028": "LSEP",
    "\u2029": "PSEP",
    "\u2060": "WJ",
    "\ufeff": "BOM",
}
WORDS = {  # where Unicode has no name, or one that says little
    "\x00": "null character",
    "\x07": "bell",
    "\x08": "backspace",
    "\t": "tab",
    "\x0b": "vertical tab",
    "\x0c": "form feed",
    "\r": "carriage return",
    "\x1b": "escape",
    "\x7f": "delete",
    "\x85": "next line",
    "\ufeff": "byte order mark",
}
HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}  # categories of Unicode

Part = tuple[str, bool]  # characters; whether they stand for what cannot be seen
Shown = tuple[int | None, str, list[Part], str]


def tokens_shown(tokens: Sequence[xai.Token]) -> list[Shown]:
    """Return, per token: id, bytes in hexadecimal, parts to draw, what is odd."""
    return [_shown(token) for token in tokens]


def _shown(token: xai.Token) -> Shown:
    data = token.token_bytes
    if data is None:
        label = token.string_token or ""
        return token.token_id, "", parts_of(label), "xAI told no bytes"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        parts = [(data.hex(" ").upper(), True)]
        return token.token_id, data.hex(), parts, "part of a character"
    return token.token_id, data.hex(), parts_of(text), oddity_of(text)


def parts_of(text: str) -> list[Part]:
    """Cut a text into what can be seen and marks for what cannot."""
    parts: list[Part] = []
    for character in text:
        mark = _mark(character)
        shown, hidden = mark or character, mark is not None
        if parts and parts[-1][1] == hidden and (not hidden or len(shown) == 1):
            parts[-1] = parts[-1][0] + shown, hidden
        else:
            parts.append((shown, hidden))
    return parts


def oddity_of(text: str) -> str:
    """Say what of a token costs without being seen; empty if nothing does."""
    unseen = [
        character
        for character in dict.fromkeys(text)
        if character not in " \n" and _mark(character) is not None
    ]
    if unseen:
        names = ", ".join(map(_name, unseen))
        # White space is seen, only not which.
        return names if "".join(unseen).isspace() else f"{names}: cannot be seen"
    if len(text) > 1 and not text.strip(" "):
        return f"{len(text)} spaces"
    return ""


def _name(character: str) -> str:
    known = WORDS.get(character) or unicodedata.name(character, "").lower()
    return known or f"U+{ord(character):04X}"


def _mark(character: str) -> str | None:
    """Return the mark that stands for a character that cannot be seen."""
    if character == " ":
        return "·"
    if character == "\n":
        return "↵"
    if character in MARKS:
        return MARKS[character]
    if unicodedata.category(character) in HIDDEN:
        return f"U+{ord(character):04X}"
    if character.isspace():
        return f"U+{ord(character):04X}"
    return None

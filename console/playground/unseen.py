"""Characters that cannot be seen, or not told from others: marks and names. Pure."""

from __future__ import annotations

import unicodedata

MARKS = {
    "\t": "TAB",
    "\r": "CR",
    "\u00a0": "NBSP",
    "\u00ad": "SHY",
    "\u034f": "CGJ",
    "\u061c": "ALM",
    "\u115f": "HCF",
    "\u1160": "HJF",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u2028": "LSEP",
    "\u2029": "PSEP",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u202f": "NNBSP",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u2800": "BLANK",
    "\u3164": "HF",
    "\ufe0e": "VS15",
    "\ufe0f": "VS16",
    "\ufeff": "BOM",
    "\uffa0": "HWHF",
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
    "\ufe0e": "variation selector 15, asks for text",
    "\ufe0f": "variation selector 16, asks for an emoji",
    "\ufeff": "byte order mark",
}
HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}  # categories of Unicode


def sign_of(character: str) -> tuple[str, str, bool] | None:
    """Return mark, name and whether nothing is seen; None for what can be seen."""
    mark = _mark(character)
    if mark is None:
        return None
    # White space is seen, only not which.
    return mark, name_of(character), not character.isspace()


def oddity_of(text: str) -> str:
    """Say what of a token costs without being seen; empty if nothing does."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return ""
    unseen = [
        character
        for character in dict.fromkeys(text)
        if character not in " \n" and _mark(character) is not None
    ]
    if unseen:
        names = ", ".join(map(name_of, unseen))
        return names if "".join(unseen).isspace() else f"{names}: cannot be seen"
    if len(text) > 1 and not text.strip(" "):
        return f"{len(text)} spaces"
    return ""


def name_of(character: str) -> str:
    """Return its name in Unicode or a better known one, else its number."""
    known = WORDS.get(character) or unicodedata.name(character, "").lower()
    return known or f"U+{ord(character):04X}"


def is_joiner(character: str) -> bool:
    """Return whether it only changes how the character before it looks."""
    if unicodedata.category(character).startswith("M") or character == "\u200d":
        return True
    return (
        "\U0001f3fb" <= character <= "\U0001f3ff"  # the colours of skin
        or "\U000e0020" <= character <= "\U000e007f"  # tags, of some flags
    )


def _mark(character: str) -> str | None:
    if character == " ":
        return "·"
    if character == "\n":
        return "↵"
    if character in MARKS:
        return MARKS[character]
    if unicodedata.category(character) in HIDDEN or character.isspace():
        return f"U+{ord(character):04X}"
    return None

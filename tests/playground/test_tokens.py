"""How tokens are drawn, what cannot be seen included."""

from __future__ import annotations

import pytest

from console import xai
from console.playground.tokens import oddity_of, parts_of, tokens_shown


def token(data: bytes | None, label: str = "", token_id: int | None = 7) -> xai.Token:
    return xai.Token(token_id=token_id, string_token=label, token_bytes=data)


def test_a_plain_token() -> None:
    assert tokens_shown([token(b"Hej")]) == [(7, "48656a", [("Hej", False)], "")]


def test_the_text_is_made_of_the_bytes_and_not_of_the_label() -> None:
    ((_, _, parts, _),) = tokens_shown([token("ü".encode(), label="wrong")])

    assert parts == [("ü", False)]


def test_a_part_of_a_character_is_shown_as_bytes() -> None:
    ((_, data, parts, odd),) = tokens_shown([token("📦".encode()[:2])])

    assert (data, parts) == ("f09f", [("F0 9F", True)])
    assert odd == "part of a character"


def test_a_token_without_bytes_shows_its_label() -> None:
    ((token_id, data, parts, odd),) = tokens_shown([token(None, "lab", None)])

    assert (token_id, data, parts) == (None, "", [("lab", False)])
    assert odd


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (" world", [("·", True), ("world", False)]),
        ("  ", [("··", True)]),
        ("a\nb", [("a", False), ("↵", True), ("b", False)]),
        ("\t", [("TAB", True)]),
        ("\u200b", [("ZWSP", True)]),
        ("\u200b\u200b", [("ZWSP", True), ("ZWSP", True)]),
        ("a\u202eb", [("a", False), ("U+202E", True), ("b", False)]),
        ("\x1b[0m", [("U+001B", True), ("[0m", False)]),
        ("\u3000", [("U+3000", True)]),
        ("📦", [("📦", False)]),
        ("", []),
    ],
)
def test_what_cannot_be_seen_gets_a_mark(
    text: str, parts: list[tuple[str, bool]]
) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" word", ""),
        (" ", ""),
        ("\n", ""),
        ("   ", "3 spaces"),
        ("\u200b", "zero width space: cannot be seen"),
        ("\u202e", "right-to-left override: cannot be seen"),
        ("\x00", "null character: cannot be seen"),
        ("\ue000", "U+E000: cannot be seen"),
        ("\ufeff", "byte order mark: cannot be seen"),
        ("\t\t", "tab"),
        ("\r\n", "carriage return"),
        ("a\u00a0\u00a0", "no-break space"),
        ("\t\u200b", "tab, zero width space: cannot be seen"),
    ],
)
def test_what_is_odd_is_said(text: str, words: str) -> None:
    assert oddity_of(text) == words

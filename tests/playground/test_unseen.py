"""Marks and names for what cannot be seen."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from console.playground.unseen import MARKS, is_joiner, oddity_of, sign_of


@pytest.mark.parametrize(
    ("character", "sign"),
    [
        ("\t", ("TAB", "tab", False)),
        ("\r", ("CR", "carriage return", False)),
        ("\u00a0", ("NBSP", "no-break space", False)),
        ("\u200b", ("ZWSP", "zero width space", True)),
        ("\u202e", ("RLO", "right-to-left override", True)),
        ("\u2066", ("LRI", "left-to-right isolate", True)),
        ("\ufeff", ("BOM", "byte order mark", True)),
        ("\u3164", ("HF", "hangul filler", True)),
        ("\x1b", ("U+001B", "escape", True)),
        ("\ue000", ("U+E000", "U+E000", True)),
        ("\u3000", ("U+3000", "ideographic space", False)),
    ],
)
def test_what_cannot_be_told_by_eye_has_a_mark_and_a_name(
    character: str, sign: tuple[str, str, bool]
) -> None:
    assert sign_of(character) == sign


@pytest.mark.parametrize("character", ["a", "ü", "\U0001f4e6", "中", "\u0301", "-"])
def test_what_can_be_seen_has_none(character: str) -> None:
    assert sign_of(character) is None


def test_every_control_and_format_character_has_one() -> None:
    missed = [
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Zs", "Zl", "Zp"}
        and sign_of(chr(code)) is None
    ]

    assert missed == []


def test_no_two_characters_have_the_same_mark() -> None:
    assert len(set(MARKS.values())) == len(MARKS)


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


@pytest.mark.parametrize(
    ("character", "joins"),
    [("\u0301", True), ("\u200d", True), ("\U0001f3fd", True), ("a", False)],
)
def test_joiners_change_the_character_before(character: str, joins: bool) -> None:
    assert is_joiner(character) is joins

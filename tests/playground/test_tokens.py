"""What the page is told of tokens: bytes, borders inside of characters, odd things."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import xai
from console.playground.tokens import NO_BYTES, NO_TEXT, Row, cuts, slices

ROCKET = "\U0001f680".encode()
FAMILY = "\U0001f468\u200d\U0001f469"  # a man, a joiner, a woman: one emoji


def token(data: bytes | None, label: str = "", token_id: int | None = 7) -> xai.Token:
    return xai.Token(token_id=token_id, string_token=label, token_bytes=data)


def rows_of(*datas: bytes) -> list[Row]:
    (part,) = slices([token(data) for data in datas])
    return part["tokens"]


def joined(*datas: bytes) -> list[bool]:
    """Return for each token whether it goes on with the character before."""
    return [len(row) > 3 and row[3] == 1 for row in rows_of(*datas)]


def notes(*datas: bytes) -> list[str]:
    return [str(row[2]) if len(row) > 2 else "" for row in rows_of(*datas)]


def test_a_plain_token_is_its_id_and_its_bytes() -> None:
    assert rows_of(b"Hej") == [[7, "48656a"]]


def test_the_text_is_made_of_the_bytes_and_not_of_the_label() -> None:
    (part,) = slices([token("ü".encode(), label="wrong")])

    assert part["tokens"] == [[7, "c3bc"]]


def test_a_token_without_bytes_has_its_label() -> None:
    (part,) = slices([token(None, "lab", None)])

    assert part["tokens"] == [[None, None, NO_BYTES, 0, "lab"]]


def test_a_label_turns_nothing_around() -> None:
    (part,) = slices([token(None, "a\u202eb")])

    assert part["tokens"][0][4] == "aRLOb"


@pytest.mark.parametrize(
    ("datas", "expected"),
    [
        pytest.param([ROCKET[:3], ROCKET[3:]], [False, True], id="two parts"),
        pytest.param(
            [ROCKET[:1], ROCKET[1:2], ROCKET[2:]], [False, True, True], id="three parts"
        ),
        pytest.param([ROCKET, ROCKET], [False, False], id="two whole ones"),
        pytest.param(
            [b"a" + ROCKET[:2], ROCKET[2:] + b"b", b"c"],
            [False, True, False],
            id="with letters beside",
        ),
        pytest.param(
            [ROCKET[:3], ROCKET[3:] + ROCKET[:2], ROCKET[2:]],
            [False, True, True],
            id="a token of two halves",
        ),
        pytest.param(["é".encode()[:1], "é".encode()[1:]], [False, True], id="2 bytes"),
        pytest.param([b"e", "\u0301".encode()], [False, True], id="combining mark"),
        pytest.param([b"\n", "\u0301".encode()], [False, False], id="mark on nothing"),
        pytest.param(
            [part.encode() for part in FAMILY], [False, True, True], id="joined emoji"
        ),
        pytest.param(
            ["\U0001f44d".encode(), "\U0001f3fd".encode()], [False, True], id="skin"
        ),
        pytest.param(
            ["\U0001f1f3".encode(), "\U0001f1f4".encode()] * 2,
            [False, True, False, True],
            id="flags",
        ),
        pytest.param(
            [b"x", "\u2764".encode(), "\ufe0f".encode()],
            [False, False, True],
            id="variation selector",
        ),
        pytest.param([b"a", b"\x80"], [False, False], id="a lone continuation"),
        pytest.param([b"\xc3", b"("], [False, False], id="a lone beginning"),
        pytest.param([b"\xed", b"\xa0\x80"], [False, False], id="half a surrogate"),
        pytest.param([b"\xf8", b"\x88"], [False, False], id="five bytes are none"),
        pytest.param([b"\xc0", b"\xaf"], [False, False], id="a longer form of a slash"),
    ],
)
def test_borders_inside_of_a_character_are_found(
    datas: list[bytes], expected: list[bool]
) -> None:
    assert joined(*datas) == expected


@pytest.mark.parametrize(
    "data",
    [b"\xff", b"\x80", b"\xed\xa0\x80", b"\xc3(", b"\xf4\x90\x80\x80", b"\xe2\x82"],
)
def test_bytes_that_are_no_text_are_called_so(data: bytes) -> None:
    assert notes(b"ok", data) == ["", NO_TEXT]


def test_the_parts_of_a_character_are_text_together() -> None:
    assert notes(ROCKET[:2], ROCKET[2:]) == ["", ""]


def test_a_hidden_character_is_named_in_each_of_its_parts() -> None:
    space = "\u200b".encode()

    assert notes(space[:2], space[2:]) == ["zero width space: cannot be seen"] * 2


@pytest.mark.parametrize(
    ("datas", "expected"),
    [
        ([b"p", "а".encode(), b"ypal"], "Cyrillic small letter a: looks like a"),
        ([b"p", "ο".encode(), b"x"], "Greek small letter omicron: looks like"),
    ],
)
def test_a_letter_that_looks_like_another_is_named(
    datas: list[bytes], expected: str
) -> None:
    first, fooling, last = notes(*datas)

    assert (first, last) == ("", "")
    assert fooling.startswith(expected)


@pytest.mark.parametrize("text", ["раура", "Привет, мир", "ο λόγος", "café"])
def test_a_word_of_one_script_is_nothing_odd(text: str) -> None:
    assert notes(text.encode()) == [""]


def test_signs_come_once_with_the_slice_that_needs_them() -> None:
    tokens = [token(b"a b\n"), token("\u200b\u200b\u00a0".encode())]

    (part,) = slices(tokens)

    assert part["signs"] == {
        "\u00a0": ("NBSP", "no-break space", False),
        "\u200b": ("ZWSP", "zero width space", True),
    }


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_no_slice_ends_inside_of_a_character(size: int) -> None:
    tokens = [token(part) for part in (b"a", ROCKET[:2], ROCKET[2:], b"b", b"c")]

    parts = list(slices(tokens, size))

    assert [row for part in parts for row in part["tokens"]] == rows_of(
        b"a", ROCKET[:2], ROCKET[2:], b"b", b"c"
    )
    assert all(len(part["tokens"][0]) < 4 for part in parts)


def test_no_tokens_make_no_slice() -> None:
    assert list(slices([])) == []


@given(st.text(max_size=60), st.data())
def test_however_text_is_cut_it_comes_back(text: str, data: st.DataObject) -> None:
    whole = text.encode("utf-8", "replace")
    cut = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=20)))
    borders = [0, *cut, len(whole)]
    datas = [whole[a:b] for a, b in pairwise(borders)]

    parts = list(slices([token(one) for one in datas], size=3))

    rows = [row for part in parts for row in part["tokens"]]
    assert b"".join(bytes.fromhex(str(row[1])) for row in rows) == whole
    assert NO_TEXT not in {row[2] for row in rows if len(row) > 2}
    assert json.loads(json.dumps(parts))


@given(st.binary(min_size=1, max_size=12), st.data())
def test_any_bytes_do(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))

    assert cuts(whole, at) in {True, False}
    assert rows_of(whole[:at], whole[at:])


def test_a_part_is_not_blamed_for_what_is_hidden_in_another() -> None:
    first, rest = FAMILY.encode()[:3], FAMILY.encode()[3:]

    assert notes(first, rest) == ["", "zero width joiner: cannot be seen"]

"""JSON without a lost digit."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.finance.referee import jsontext
from console.finance.referee.jsontext import BadJson, Number

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def plain(value: Any) -> Any:
    """Return the value with Python's own numbers."""
    if isinstance(value, Number):
        return int(value.text)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


@given(TREES)
def test_what_is_read_is_written_again(value: Any) -> None:
    read, doubled = jsontext.parse(json.dumps(value))

    assert doubled == []
    assert plain(read) == value
    assert json.loads(jsontext.write(read)) == value


@pytest.mark.parametrize("text", ["1.25e-06", "1E-6", "0.10", "-0", "1" * 5_000])
def test_numbers_keep_their_spelling(text: str) -> None:
    value, _ = jsontext.parse(f'{{"a": {text}}}')

    assert f'"a": {text}\n' in jsontext.write(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.25e-06", Fraction(5, 4_000_000)),
        ("0", Fraction(0)),
        ("-1.5", Fraction(-3, 2)),
        ("1e40", Fraction(10**40)),
        ("1e41", None),
        ("1e-41", None),
        ("1e999999999", None),
        ("1e-99999999999999999999", None),
        ("1" * 65, None),
    ],
)
def test_a_number_is_exact_or_none(text: str, value: Fraction | None) -> None:
    assert Number(text).value == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(5, 4_000_000), "0.00000125"),
        (Fraction(3), "3"),
        (Fraction(30), "30"),
        (Fraction(0), "0"),
        (Fraction(-1, 4), "-0.25"),
        (Fraction(25, 2), "12.5"),
    ],
)
def test_decimals_have_no_exponent(value: Fraction, text: str) -> None:
    assert jsontext.decimal_text(value) == text


@given(st.integers(min_value=0, max_value=2**63), st.integers(0, 12))
def test_decimals_are_exact(top: int, places: int) -> None:
    value = Fraction(top, 10**places)

    assert Number(jsontext.decimal_text(value)).value == value


def test_of_a_name_that_stands_twice_the_last_counts() -> None:
    value, doubled = jsontext.parse('{"a": {"b": 1, "b": 2, "b": 3}, "c": 4}')

    assert value["a"]["b"] == Number("3")
    assert doubled == ["b", "b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n "b" 2}', "Line 2, column 6: Expecting ':' delimiter."),
        ("", "Line 1, column 1: Expecting value."),
        ('{"a": "\x00"}', "Line 1, column 8: Invalid control character at."),
        ('{"a": NaN}', "holds NaN"),
        ('{"a": -Infinity}', "holds -Infinity"),
        ("[" * 65 + "]" * 65, "nested more than 64 deep"),
        ("[" * 100_000, "nested more than 64 deep"),
        ('{"a":' * 100_000, "nested more than 64 deep"),
    ],
)
def test_bad_text_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(BadJson) as refused:
        jsontext.parse(text)

    assert words in str(refused.value)


def test_64_levels_are_read() -> None:
    value, _ = jsontext.parse("[" * 64 + "1" + "]" * 64)

    assert jsontext.write(value).count("[") == 64

"""Values as source: exact in three languages, printable, and nothing else."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playground.snippets.literals import (
    JSON,
    PYTHON,
    SCRIPT,
    is_exact_in_script,
    source,
)
from tests.playground.snippets.bodies import CHATS, HOSTILE, MESSAGES

TEXT = st.text(st.characters())  # half characters too
VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=12,
)
LONE = "half \ud83d of \udc00 one"


@given(VALUE)
def test_json_says_the_value(value: Any) -> None:
    assert json.loads(source(value, JSON)) == value


@given(VALUE)
def test_python_says_the_value(value: Any) -> None:
    assert ast.literal_eval(source(value, PYTHON)) == value


@given(VALUE)
def test_what_is_written_can_be_seen_and_saved(value: Any) -> None:
    for notation in (JSON, PYTHON, SCRIPT):
        written = source(value, notation)

        assert written.replace("\n", "").isprintable()
        written.encode()


@pytest.mark.parametrize("text", [*HOSTILE.values(), LONE], ids=[*HOSTILE, "half"])
def test_no_text_ends_its_quotes(text: str) -> None:
    tree = ast.parse(f"x = {source(text, PYTHON)}")

    (statement,) = tree.body
    assert isinstance(statement, ast.Assign)
    assert isinstance(statement.value, ast.Constant)
    assert json.loads(source(text, JSON)) == text


def test_half_a_character_stays_half_in_python() -> None:
    assert source("\ud83d\ude00", PYTHON) == '"\\ud83d\\ude00"'
    assert source("\U0001f600", PYTHON) == '"\U0001f600"'


def test_short_values_stand_on_one_line_and_long_ones_below_each_other() -> None:
    body = {"model": "grok-4.3", "messages": [{"role": "user", "content": "x" * 60}]}

    assert source(body, PYTHON) == (
        "{\n"
        '    "model": "grok-4.3",\n'
        '    "messages": [\n'
        "        {\n"
        '            "role": "user",\n'
        f'            "content": "{"x" * 60}",\n'
        "        },\n"
        "    ],\n"
        "}"
    )
    assert source({"a": [1, 2.5, None, True]}, JSON) == '{"a": [1, 2.5, null, true]}'
    assert source({}, JSON) == "{}"


def test_the_name_that_means_something_else_in_javascript_is_computed() -> None:
    body = {"__proto__": {"x": 1}}

    assert source(body, SCRIPT) == '{["__proto__"]: {"x": 1}}'
    assert source(body, JSON) == '{"__proto__": {"x": 1}}'


@pytest.mark.parametrize("value", [float("inf"), float("nan"), object(), (1,), b""])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        source(value, JSON)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (2**53 - 1, True),
        (2**53, False),
        (-(2**53), False),
        ({"a": [{"seed": 2**63}]}, False),
        ([True, None, "x", 1e300], True),
        (object(), False),
    ],
)
def test_numbers_that_javascript_cannot_hold_are_known(
    value: object, exact: bool
) -> None:
    assert is_exact_in_script(value) is exact


@pytest.mark.parametrize("name", CHATS)
def test_bodies_come_back_from_their_source(name: str) -> None:
    assert ast.literal_eval(source(CHATS[name], PYTHON)) == CHATS[name]


@pytest.mark.parametrize("name", MESSAGES)
def test_bodies_of_messages_come_back_too(name: str) -> None:
    assert json.loads(source(MESSAGES[name], JSON)) == MESSAGES[name]

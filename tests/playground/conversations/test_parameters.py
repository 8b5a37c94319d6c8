"""What is kept of a request beside its turns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import QueryDict

from console.playground.conversations.parameters import (
    MOST_BESIDE,
    MOST_SHOWN_AGAIN,
    brief,
    from_file,
    shown_again,
    to_file,
    to_markdown,
)


def sent(**fields: str | list[str]) -> QueryDict:
    """Return what a browser sent in these fields."""
    made = QueryDict(mutable=True)
    for name, values in fields.items():
        made.setlist(name, [values] if isinstance(values, str) else values)
    return made


def test_fields_are_kept_as_they_were_sent() -> None:
    typed = {"model": "grok-4.3", "team": "", "system": " Be brief ", "schema": "{"}

    kept = shown_again(sent(**typed, tool_choice=["auto", "none"]))

    assert kept == {
        **{name: [value] for name, value in typed.items()},
        "tool_choice": ["auto", "none"],
    }


@pytest.mark.parametrize(
    "name",
    [
        *("csrfmiddlewaretoken", "turns", "conversation", "answer", "lane"),
        *("junk", "Model", "__proto__", ""),
    ],
)
def test_what_is_no_field_of_the_form_is_not_kept(name: str) -> None:
    kept = shown_again(sent(**{"model": "grok-4.3", name: "x"}))

    assert kept == {"model": ["grok-4.3"]}


def test_what_the_forms_take_at_most_is_kept() -> None:
    most = sent(model="m" * 200, system="s" * 200 * 1024, tools="t" * 64 * 1024)
    most["schema"] = "x" * 32 * 1024

    assert set(shown_again(most)) == {"model", "system", "tools", "schema"}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"system": "x" * MOST_SHOWN_AGAIN}, id="long"),
        pytest.param({"schema": "\u20ac" * 110_000}, id="long in bytes"),
        pytest.param({"user": ["x" * 99] * 9_000}, id="many"),
        pytest.param({"user": [""] * 90_000}, id="many and empty"),
        pytest.param({"model": ["x" * 400_000, "grok-4.3"]}, id="many models"),
    ],
)
def test_of_too_much_only_the_model_is_kept(more: dict[str, str | list[str]]) -> None:
    kept = shown_again(sent(**{"model": "grok-4.3"} | more))

    assert kept == {"model": ["grok-4.3"]}
    assert len(json.dumps(kept)) < 100


def test_beside_an_answer_stands_what_says_something_unless_it_is_large() -> None:
    told = {"model": ["grok-4.3"], "stop": ["", "x"], "user": [""], "tools": []}

    assert brief(told) == {"model": ["grok-4.3"], "stop": ["", "x"]}
    assert brief({"system": ["x" * MOST_BESIDE]}) is None


def test_a_file_tells_what_says_something_and_no_team() -> None:
    kept = {
        "0": {"model": ["grok-4.3"], "team": ["7"], "seed": [""], "stop": ["a", "b"]},
        "1": {"system": [""]},
    }

    told = to_file(kept)

    assert told == {"0": {"model": "grok-4.3", "stop": ["a", "b"]}}
    assert from_file(told) == {"0": {"model": ["grok-4.3"], "stop": ["a", "b"]}}


def test_of_a_file_only_known_fields_are_taken() -> None:
    fields = {"system": "Be brief", "team": "7", "turns": "[]", "csrf": {"x": 1}}

    assert from_file({"3": fields}) == {"3": {"system": ["Be brief"]}}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([], id="no object"),
        pytest.param({"4": {}}, id="a lane there is not"),
        pytest.param({"0": "system"}, id="a lane that is no object"),
        pytest.param({"0": {"seed": 7}}, id="a number"),
        pytest.param({"0": {"stop": ["a", None]}}, id="a list of others"),
        pytest.param({"0": {"system": {"a": "b"}}}, id="an object"),
        pytest.param({"0": {"system": "a\0"}}, id="a character that is not kept"),
        pytest.param({"0": {"system": "x" * MOST_SHOWN_AGAIN}}, id="long"),
        pytest.param({"0": {"stop": [""] * MOST_SHOWN_AGAIN}}, id="many"),
    ],
)
def test_of_a_file_that_tells_them_otherwise_none_are_taken(told: Any) -> None:
    assert from_file(told) is None


def test_markdown_quotes_the_system_prompt_and_lists_the_rest() -> None:
    fields = {"temperature": "0.2", "system": "Be\n\nbrief", "tools": "[\n1]"}

    assert to_markdown(fields) == [
        "System prompt:\n\n> Be\n>\n> brief",
        "Parameters:\n\n- temperature: 0.2\n- tools:\n\n      [\n      1]",
    ]
    assert to_markdown({}) == []

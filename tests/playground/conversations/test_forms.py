"""What is kept of a request beside its turns."""

from __future__ import annotations

import json

import pytest
from django.http import QueryDict

from console.playground.conversations.forms import (
    MOST_BESIDE,
    MOST_SHOWN_AGAIN,
    brief,
    shown_again,
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

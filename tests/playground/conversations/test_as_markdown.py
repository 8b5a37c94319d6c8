"""Conversations as Markdown and back, whatever was said in them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playground.conversations.as_markdown import (
    BadMark,
    from_markdown,
    is_markdown,
    to_markdown,
)

AT = "2026-05-06T07:08:09+00:00"

# What might be taken for what stands between turns.
PIECES = st.sampled_from(
    [
        *("\n", "\r\n", "\u2028", "\x0b", "words", "> ", "## ", "## Prompt\n\n"),
        *("Reasoning:\n\n", "(nothing)", "<!-- ", " -->"),
        '<!-- 01234567 {"role": "user"} -->\n',
    ]
)
TEXTS = st.lists(PIECES, max_size=6).map("".join)
SAID = TEXTS.filter(bool)
PROMPTS = st.fixed_dictionaries(
    {
        "role": st.just("user"),
        "at": st.just(AT),
        "content": SAID
        | st.lists(SAID, min_size=1, max_size=3).map(
            lambda texts: [{"type": "text", "text": text} for text in texts]
        ),
    }
)
ANSWERS = st.fixed_dictionaries(
    {
        "role": st.just("assistant"),
        "at": st.just(AT),
        "lane": st.integers(0, 3),
        "model": st.sampled_from(["", "grok-4.3", "a\nb"]),
        "state": st.just("whole"),
        "text": TEXTS,
        "reasoning": TEXTS,
    }
)
TURNS = st.lists(PROMPTS | ANSWERS, max_size=5)


def conversation(*turns: dict[str, Any], **changes: Any) -> dict[str, Any]:
    head = {"gatehouse": "conversation", "version": 1, "title": "Gates"}
    told = {"endpoint": "chat", "model": "grok-4.3", "created_at": AT}
    return head | told | {"turns": [*turns], "parameters": {}} | changes


def prompt(content: object = "Hello") -> dict[str, Any]:
    return {"role": "user", "at": AT, "content": content}


def answer(**changes: str) -> dict[str, Any]:
    told = {"role": "assistant", "at": AT, "lane": 0, "model": "", "state": "whole"}
    return told | {"text": "Hi", "reasoning": ""} | changes


@given(turns=TURNS, title=TEXTS)
def test_what_goes_out_comes_in_again(turns: list[dict[str, Any]], title: str) -> None:
    parameters = {"0": {"system": title}, "2": {"seed": "7"}}
    told = conversation(*turns, title=title, parameters=parameters)

    text = to_markdown(told)

    assert is_markdown(text)
    assert from_markdown(text) == told


def test_between_its_marks_a_text_may_be_edited() -> None:
    text = to_markdown(conversation(prompt(), answer(reasoning="Hm\n\nHm")))
    for before, after in (
        ("## Prompt\n\nHello", "\nGood day\n\n## Twice"),
        ("> Hm\n> \n> Hm", "> Well\n>\nwell"),
        ("Hi\n", "Hi!"),
    ):
        assert before in text
        text = text.replace(before, after)

    read = from_markdown(text)

    assert read["turns"] == [
        prompt("\nGood day\n\n## Twice"),
        answer(text="Hi!", reasoning="Well\n\nwell"),
    ]


def test_an_editor_may_change_the_ends_of_all_lines() -> None:
    told = conversation(prompt("one\ntwo"), answer())

    text = to_markdown(told).replace("\n", "\r\n")

    assert is_markdown(text)
    assert from_markdown(text) == told


def test_nothing_is_said_to_be_nothing_until_it_is_edited() -> None:
    text = to_markdown(conversation(answer(text="")))

    assert "## Answer\n\n(nothing)\n" in text
    (edited,) = from_markdown(text.replace("(nothing)", "some"))["turns"]
    assert edited == answer(text="some")


def test_a_reader_sees_no_mark() -> None:
    told = conversation(prompt("--> <b>"), title="--> x --!> y")

    marks = re.findall(r"<!--(.*?)-->", to_markdown(told), flags=re.DOTALL)

    assert len(marks) == 2
    assert all(mark.endswith("} ") and ">" not in mark for mark in marks)


def test_no_two_files_have_the_same_word() -> None:
    told = conversation(prompt())
    nested = conversation(prompt(to_markdown(told)), answer())

    assert from_markdown(to_markdown(nested)) == nested


@pytest.mark.parametrize("text", ["", "# Gates", "{}", "<!-- gatehouse {} -->\n"])
def test_other_texts_are_told_apart(text: str) -> None:
    assert not is_markdown(text)
    with pytest.raises(BadMark):
        from_markdown(text)

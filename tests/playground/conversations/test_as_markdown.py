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
    assert from_markdown(text) == told | {"had": len(turns)}


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


@pytest.mark.parametrize("lines", [-1, 6], ids=["all", "but-some"])
def test_an_editor_may_change_the_ends_of_lines(lines: int) -> None:
    told = conversation(prompt("one\ntwo"), answer())

    text = to_markdown(told)[::-1].replace("\n", "\n\r", lines)[::-1]

    assert is_markdown(text)
    assert from_markdown(text) == told | {"had": 2}


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

    assert from_markdown(to_markdown(nested)) == nested | {"had": 2}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("} -->\n", "} -->  \n"),
        ("\n<!-- ", "\n \t<!-- "),
        ("} -->", "}-->"),
        ("## Prompt\n\n", "## Prompt\n"),
        ("## Prompt\n\n", "### Prompt\n\n"),
        ("## Answer", "## What came"),
    ],
)
def test_blanks_and_headings_say_nothing(before: str, after: str) -> None:
    told = conversation(prompt(), answer(reasoning="Hm"), prompt("And?"))
    text = to_markdown(told)

    assert before in text
    assert from_markdown(text.replace(before, after)) == told | {"had": 3}


def test_the_title_may_be_edited() -> None:
    text = to_markdown(conversation(prompt("# Gates"), title="A\nb"))

    assert from_markdown(text)["title"] == "A\nb"
    assert from_markdown(text.replace("# A b\n", "# New \n"))["title"] == "New"
    assert from_markdown(text.replace("# A b\n", ""))["title"] == "A\nb"


def test_a_title_that_is_empty_is_not_sought_elsewhere() -> None:
    told = conversation(prompt(), title="", parameters={"0": {"system": "a # b"}})

    assert from_markdown(to_markdown(told)) == told | {"had": 1}


@pytest.mark.parametrize("number", [2, 3], ids=["of-reasoning", "of-the-text"])
def test_without_the_mark_of_a_part_its_words_stay(number: int) -> None:
    text = to_markdown(conversation(answer(reasoning="Hm")))
    marks = re.findall(r"<!--.*?-->\n", text)

    (turn,) = from_markdown(text.replace(marks[number], "", 1))["turns"]

    assert "Hm" in turn["text"] + turn["reasoning"]
    assert "Hi" in turn["text"] + turn["reasoning"]


def test_without_the_mark_of_the_first_part_of_a_prompt_its_words_stay() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    text = to_markdown(conversation(prompt(parts)))
    mark = re.findall(r"<!--.*?-->\n\n", text)[2]

    assert from_markdown(text.replace(mark, "", 1))["turns"] == [prompt(parts)]


@pytest.mark.parametrize(
    "mark", ['{"part": "tool"}', '{"part": ["text"]}', '{"part"}', "words"]
)
def test_a_mark_that_says_nothing_is_not_passed_over(mark: str) -> None:
    text = to_markdown(conversation(answer(reasoning="Hm")))

    with pytest.raises(BadMark):
        from_markdown(text.replace('{"part": "reasoning"}', mark))


def test_a_mark_on_no_line_of_its_own_is_not_passed_over() -> None:
    text = to_markdown(conversation(prompt(), answer()))

    with pytest.raises(BadMark, match=r"^<!-- [0-9a-f]{8} "):
        from_markdown(re.sub(r"\n+(?=<!-- \w+ {\"role\": \"assistant)", "", text))


def test_a_part_of_no_turn_is_not_passed_over() -> None:
    text = to_markdown(conversation(answer(reasoning="Hm")))
    mark = re.findall(r"<!--.*?-->\n", text)[1]

    with pytest.raises(BadMark):
        from_markdown(text.replace(mark, ""))


@pytest.mark.parametrize("text", ["", "# Gates", "{}", "<!-- gatehouse {} -->\n"])
def test_other_texts_are_told_apart(text: str) -> None:
    assert not is_markdown(text)
    with pytest.raises(BadMark):
        from_markdown(text)

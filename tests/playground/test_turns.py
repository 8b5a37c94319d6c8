"""Conversations as a page sends them, with images, in both dialects."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms

from console.playground import images
from console.playground.turns import (
    TurnsField,
    answered,
    as_messages,
    images_of,
    texts_of,
)
from tests.playground.pictures import (
    HOSTILE_FILES,
    SECRET,
    picture,
    url_of,
    with_secrets,
)

PICTURE = images.drawn(picture())


def image(url: str = PICTURE.url) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def text(words: str = "What is it?") -> dict[str, Any]:
    return {"type": "text", "text": words}


def said(*parts: dict[str, Any], role: str = "user") -> list[dict[str, Any]]:
    return [{"role": role, "content": list(parts)}]


def cleaned(turns: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = TurnsField().clean(json.dumps(turns))
    return found


def refusal_of(turns: object) -> str:
    with pytest.raises(forms.ValidationError) as refused:
        cleaned(turns)
    return str(refused.value.messages[0])


def test_a_picture_goes_on_as_xai_takes_it() -> None:
    turns = cleaned(said(image(), text()))

    assert turns == said(image(), text())
    assert list(images_of(turns)) == [PICTURE.url]
    assert list(texts_of(turns[0])) == ["What is it?"]


def test_a_picture_alone_is_a_prompt() -> None:
    assert cleaned(said(image())) == said(image())


def test_a_picture_of_somebody_else_is_drawn_anew() -> None:
    (url,) = images_of(cleaned(said(image(url_of(with_secrets("PNG"))))))

    assert SECRET.encode() not in images.from_url(url).data


def test_what_only_we_know_of_a_part_is_dropped() -> None:
    part = image() | {"cache_control": {}, "image_url": {"url": PICTURE.url, "x": 1}}

    assert cleaned(said(part, text())) == said(image(), text())


def test_images_are_blocks_with_a_source_in_messages() -> None:
    turns = [*said(image(), text()), {"role": "assistant", "content": "A dot"}]

    assert as_messages(turns) == [
        {
            "role": "user",
            "content": [
                {
                    "type": "image",
                    "source": {
                        "type": "base64",
                        "media_type": "image/png",
                        "data": PICTURE.url.partition(",")[2],
                    },
                },
                text(),
            ],
        },
        {"role": "assistant", "content": "A dot"},
    ]


@pytest.mark.parametrize(
    ("turns", "words"),
    [
        pytest.param(said(), "cannot be read", id="no parts"),
        pytest.param(said(*[text()] * 33), "cannot be read", id="many parts"),
        pytest.param(said(text(" ")), "Write a prompt.", id="blank"),
        pytest.param(said({"type": "file"}), "cannot be read", id="a file"),
        pytest.param(said({"type": "text", "text": 7}), "cannot be read", id="no text"),
        pytest.param(
            said({"type": "image_url", "image_url": "x"}), "cannot be read", id="bare"
        ),
        pytest.param(said(image(), role="assistant"), "cannot be read", id="its image"),
        pytest.param(said(*[image()] * 5), "may have 4 images", id="five images"),
        pytest.param(
            said(image("https://ok.test/x.png")), "Gatehouse fetches none", id="remote"
        ),
        pytest.param(
            said(*[image("data:image/png;base64," + "A" * 4_500_000)] * 4),
            "more than 12 MB together",
            id="too large together",
        ),
    ],
)
def test_wrong_parts_get_a_sentence(turns: object, words: str) -> None:
    assert words in refusal_of(turns)


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_hostile_files_go_nowhere(name: str) -> None:
    assert refusal_of(said(image(url_of(HOSTILE_FILES[name])), text()))


def test_an_answer_without_words_keeps_its_place_and_is_not_sent() -> None:
    pairs = [("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", " ")]
    turns = [{"role": role, "content": words} for role, words in pairs]

    found = cleaned([*turns, {"role": "user", "content": "three"}])

    assert [turn["content"] for turn in found] == ["one", "1", "two", "", "three"]
    assert [turn["content"] for turn in answered(found)] == ["one", "1", "three"]
    assert refusal_of([*turns, {"role": "user", "content": " "}]) == "Write a prompt."

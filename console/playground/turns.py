"""The turns of a conversation: as a page sends them, and as each dialect takes them.

A turn is {"role": "user" or "assistant", "content": text or parts}. A part is
{"type": "text", "text"} or {"type": "image_url", "image_url": {"url"}}, where the URL
holds the image itself. An answer without words stands there with empty text: it keeps
its place, and nothing is sent of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms

from console.playground import images

MOST_TURNS = 400
MOST_PARTS = 32
UNREADABLE = "The conversation cannot be read. Reload the page and start a new one."
NO_PROMPT = "Write a prompt."

Json = dict[str, Any]
Turn = dict[str, Any]


class TurnsField(forms.Field):
    """A conversation as JSON. Its images are checked and drawn anew."""

    def to_python(self, value: object) -> list[Turn]:
        """Return the turns; the last one is the person's."""
        try:
            turns = json.loads(str(value or "[]"))
        except (ValueError, RecursionError):
            turns = None
        if not isinstance(turns, list):
            raise forms.ValidationError(UNREADABLE)
        if not turns:
            raise forms.ValidationError(NO_PROMPT)
        if len(turns) > MOST_TURNS:
            raise forms.ValidationError(
                f"The conversation has more than {MOST_TURNS} turns. Start a new one."
            )
        _count_images(turns)
        cleaned = [_turn(turn) for turn in turns]
        if cleaned[-1]["role"] != "user":
            raise forms.ValidationError(NO_PROMPT)
        return cleaned


def answered(turns: Sequence[Turn]) -> list[Turn]:
    """Return the turns to send: an answer without words is left out with its prompt."""
    sent: list[Turn] = []
    for turn in turns:
        if turn["content"]:
            sent.append(turn)
        elif sent and sent[-1]["role"] == "user":
            sent.pop()
    return sent


def texts_of(turn: Turn) -> Iterator[str]:
    """Yield the texts of a turn, images left out."""
    content = turn["content"]
    if isinstance(content, str):
        yield content
        return
    for part in content:
        if part["type"] == "text":
            yield part["text"]


def images_of(turns: Sequence[Turn]) -> Iterator[str]:
    """Yield the images of a conversation, as data URLs."""
    for turn in turns:
        if isinstance(turn["content"], list):
            for part in turn["content"]:
                if part["type"] == "image_url":
                    yield part["image_url"]["url"]


def as_messages(turns: Sequence[Turn]) -> list[Turn]:
    """Return the turns as /v1/messages takes them: images are blocks with a source."""
    return [
        turn
        if isinstance(turn["content"], str)
        else {**turn, "content": [_block(part) for part in turn["content"]]}
        for turn in turns
    ]


def storable(text: str) -> str:
    """Half of a character that needs two cannot be sent anywhere."""
    return text.encode("utf-8", "replace").decode()


def _turn(turn: object) -> Turn:
    role = turn.get("role") if isinstance(turn, dict) else None
    content = turn.get("content") if isinstance(turn, dict) else None
    # A tuple: what was sent as a role may be unhashable.
    if role not in ("user", "assistant"):
        raise forms.ValidationError(UNREADABLE)
    if isinstance(content, str):
        if role == "user" and not content.strip():
            raise forms.ValidationError(NO_PROMPT)
        words = storable(content) if content.strip() else ""
        return {"role": str(role), "content": words}
    if not isinstance(content, list) or not 0 < len(content) <= MOST_PARTS:
        raise forms.ValidationError(UNREADABLE)
    parts = [_part(part) for part in content]
    if role == "assistant" and any(part["type"] != "text" for part in parts):
        raise forms.ValidationError(UNREADABLE)
    if not any(part["type"] != "text" or part["text"].strip() for part in parts):
        raise forms.ValidationError(NO_PROMPT)
    return {"role": str(role), "content": parts}


def _part(part: object) -> Json:
    if isinstance(part, dict):
        text, url = part.get("text"), _url(part)
        if part.get("type") == "text" and isinstance(text, str):
            return {"type": "text", "text": storable(text)}
        if url is not None:
            return {"type": "image_url", "image_url": {"url": _redrawn(url)}}
    raise forms.ValidationError(UNREADABLE)


def _redrawn(url: str) -> str:
    try:
        return images.from_url(url).url
    except images.BadImage as bad:
        raise forms.ValidationError(f"{bad.sentence}") from None


def _url(part: Mapping[str, object]) -> str | None:
    described = part.get("image_url") if part.get("type") == "image_url" else None
    url = described.get("url") if isinstance(described, dict) else None
    return url if isinstance(url, str) else None


def _count_images(turns: list[object]) -> None:
    """Refuse too many or too large images before any of them is drawn."""
    found = [
        url
        for turn in turns
        if isinstance(turn, dict) and isinstance(turn.get("content"), list)
        for part in turn["content"]
        if isinstance(part, dict) and (url := _url(part)) is not None
    ]
    if len(found) > images.MOST_IMAGES:
        raise forms.ValidationError(
            f"A conversation may have {images.MOST_IMAGES} images, since each turn "
            "sends them again. Remove one, or start a new conversation."
        )
    if sum(len(url) for url in found) * 3 // 4 > images.LARGEST_TOGETHER:
        raise forms.ValidationError(
            "The images of the conversation have more than 12 MB together. Remove "
            "one, or start a new conversation."
        )


def _block(part: Json) -> Json:
    if part["type"] == "text":
        return part
    head, _, data = part["image_url"]["url"].partition(",")
    media_type = head.removeprefix(images.PREFIX).removesuffix(";base64")
    source = {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "image", "source": source}

"""A conversation as Markdown that reads as it was said, and can be read in again.

    <!-- gatehouse 5f0c9a1e {"version": 1, "title", "endpoint", "parameters", ...} -->

    # Gates

    <!-- 5f0c9a1e {"role": "user", "at"} -->

    ## Prompt

    Which gate stands at house 7?

Anything may have been said, headings as well, so what tells the turns apart are marks
on lines of their own, which no renderer shows. Their word is new in every file: nobody
can have said it before. Between two marks the text may be edited.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

from console.playground.conversations import contents, parameters, reading
from console.playground.models import Role
from console.xai.jsontext import BadJson, parse_object

FIRST = re.compile(r"<!-- gatehouse ([0-9a-f]{8}) (\{.*\}) -->\n")
HEADING = re.compile(r"\A## .*(\n\n|\Z)")
END = re.compile(r"\n{0,2}\Z")  # what stands before the next mark
NOTHING = "(nothing)"
REASONING = "Reasoning:"
HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e"})  # a mark must not end early

Json = dict[str, Any]
Part = tuple[str, str]  # its kind and its words


class BadMark(ValueError):
    """A mark cannot be read: somebody edited it."""


def to_markdown(data: Json) -> str:
    """Return what `files.exported` told as one text."""
    word = secrets.token_hex(4)
    head = {name: value for name, value in data.items() if name != "turns"}
    parts = [
        _mark(f"gatehouse {word}", head),
        f"# {_line(data['title'])}",
        f"{data['endpoint']}, {data['created_at']}",
    ]
    for lane, fields in data["parameters"].items():
        if len(data["parameters"]) > 1:
            parts.append(f"## Column {reading.LETTERS[int(lane)]}")
        parts += parameters.to_markdown(fields)
    for turn in data["turns"]:
        parts += _turn(turn, word)
    return "\n\n".join(parts) + "\n"


def _turn(turn: Json, word: str) -> Iterator[str]:
    said = ("content", "text", "reasoning")
    told = {name: value for name, value in turn.items() if name not in said}
    text = contents.text_of(turn)
    yield _mark(word, told if text else told | {"empty": True})
    who = "Prompt" if turn["role"] == Role.USER else turn["model"] or "Answer"
    yield f"## {_line(who)}"
    content = turn.get("content")
    if isinstance(content, list):
        for part in content:
            yield _mark(word, {"part": "text"})
            yield part["text"]
        return
    if reasoning := turn.get("reasoning"):
        quoted = "\n".join(f"> {line}" for line in reasoning.split("\n"))
        yield _mark(word, {"part": "reasoning"})
        yield f"{REASONING}\n\n{quoted}"
        yield _mark(word, {"part": "text"})
    yield text or NOTHING


def _line(text: str) -> str:
    return " ".join(text.split())


def _mark(word: str, told: Json) -> str:
    return f"<!-- {word} {json.dumps(told).translate(HTML)} -->"


def is_markdown(text: str) -> bool:
    """Return whether a text begins as `to_markdown` begins."""
    return FIRST.match(_lines(text)) is not None


def from_markdown(text: str) -> Json:
    """Return what `to_markdown` was given, or what an editor made of it.

    Nothing is checked but that its marks can be read. Raises BadMark.
    """
    text = _lines(text)
    first = FIRST.match(text)
    if first is None:
        raise BadMark("the first line")
    mark = re.compile(rf"^<!-- {first[1]} (\{{.*\}}) -->\n", re.MULTILINE)
    _, *found = mark.split(text + "\n")  # so that the last part ends as all do
    turns: list[tuple[Json, list[Part]]] = []
    for told, body in zip(map(_read, found[::2]), found[1::2], strict=True):
        body = END.sub("", body.removeprefix("\n"))
        if "part" not in told:
            turns.append((told, [("", HEADING.sub("", body))]))
        elif turns:
            turns[-1][1].append((told["part"], body))
    return _read(first[2]) | {"turns": [_said(*turn) for turn in turns]}


def _said(told: Json, parts: list[Part]) -> Json:
    texts = [body for kind, body in parts if kind == "text"]
    text = "\n\n".join(texts) if texts else parts[0][1]
    if told.pop("empty", False) and text == NOTHING:
        text = ""
    if told.get("role") == Role.USER:
        in_parts = [{"type": "text", "text": body} for body in texts]
        return told | {"content": in_parts or text}
    quoted = "\n".join(body for kind, body in parts if kind == "reasoning")
    lines = quoted.removeprefix(f"{REASONING}\n\n").split("\n")
    reasoning = "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)
    return told | {"text": text, "reasoning": reasoning}


def _lines(text: str) -> str:
    """Return the text with ends of lines as ours, where an editor made others."""
    first = text[: text.find("\n") + 1]
    return text.replace("\r\n", "\n") if first.endswith("\r\n") else text


def _read(mark: str) -> Json:
    try:
        return parse_object(mark)
    except BadJson:
        raise BadMark(mark[:80]) from None

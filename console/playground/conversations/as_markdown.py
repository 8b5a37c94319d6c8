"""A conversation as Markdown that reads as it was said, and can be read in again.

    <!-- gatehouse 5f0c9a1e {"version": 1, "title", "endpoint", "parameters", ...} -->

    # Gates

    <!-- 5f0c9a1e {"role": "user", "at"} -->

    ## Prompt

    Which gate stands at house 7?

Anything may have been said, headings as well, so what tells the turns apart are marks
on lines of their own, which no renderer shows. Their word is new in every file: nobody
can have said it before. Between two marks the text may be edited, and the title; a turn
may be taken out with its mark.
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

FIRST = re.compile(r"[ \t]*<!-- gatehouse ([0-9a-f]{8}) (\{.*\})[ \t]*-->[ \t]*\r?\n")
TITLE = re.compile(r"\s*# (.+)\n")
END = re.compile(r"\n{0,2}\Z")  # what stands before the next mark
NOTHING = "(nothing)"
REASONING = "Reasoning:"
PARTS = ("text", "reasoning")
HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e"})  # a mark must not end early

Json = dict[str, Any]
Part = tuple[str, str]  # its kind and its words


class BadMark(ValueError):
    """A mark cannot be read, or stands where it says nothing."""


def to_markdown(data: Json) -> str:
    """Return what `files.exported` told as one text."""
    word = secrets.token_hex(4)
    head = {name: value for name, value in data.items() if name != "turns"}
    parts = [
        _mark(f"gatehouse {word}", head | {"had": len(data["turns"])}),
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
    yield f"## {_who(turn)}"
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


def _who(turn: Json) -> str:
    is_prompt = turn.get("role") == Role.USER
    return "Prompt" if is_prompt else _line(str(turn.get("model") or "")) or "Answer"


def _line(text: str) -> str:
    return " ".join(text.split())


def _mark(word: str, told: Json) -> str:
    return f"<!-- {word} {json.dumps(told).translate(HTML)} -->"


def is_markdown(text: str) -> bool:
    """Return whether a text begins as `to_markdown` begins."""
    return FIRST.match(text) is not None


def from_markdown(text: str) -> Json:
    """Return what `to_markdown` was given, or what an editor made of it.

    `had` tells how many turns there were. Nothing is checked but that the marks can be
    read. Raises BadMark.
    """
    first = FIRST.match(text)
    if first is None:
        raise BadMark("the first line")
    word = first[1]
    if re.search(rf"^[ \t]*<!-- (gatehouse )?{word} .*\r$", text, re.MULTILINE):
        text = text.replace("\r\n", "\n")  # the ends that an editor gave all lines
    mark = re.compile(rf"^[ \t]*<!-- {word} (.*)-->[ \t]*\n", re.MULTILINE)
    head, *found = mark.split(text + "\n")  # so that the last part ends as all do
    turns: list[tuple[Json, list[Part]]] = []
    for told, body in zip(map(_read, found[::2]), found[1::2], strict=True):
        body = END.sub("", body.removeprefix("\n"))
        if (at := body.find(f"<!-- {word}")) >= 0:  # on no line of its own any more
            raise BadMark(body[at : at + 80])
        if "part" not in told:
            turns.append((told, [("text", _without_heading(body, told))]))
        elif turns and told["part"] in PARTS:
            turns[-1][1].append((told["part"], body))
        else:
            raise BadMark(json.dumps(told)[:80])
    data = _read(first[2])
    title, heading = str(data.get("title") or ""), TITLE.match(head.partition("\n")[2])
    if heading and heading[1].strip() != _line(title):
        data["title"] = heading[1].strip()
    return data | {"turns": [_said(*turn) for turn in turns]}


def _without_heading(body: str, told: Json) -> str:
    """Take off the heading that was written, also where an editor moved it a little."""
    ours = rf"\A#{{1,6}} {re.escape(_who(told))}[ \t]*(\n{{1,2}}|\Z)"
    return re.sub(rf"{ours}|\A## .*(\n\n|\Z)", "", body, count=1)


def _said(told: Json, parts: list[Part]) -> Json:
    (_, text), *more = parts
    if more and not text:
        parts = more
    texts = [body for kind, body in parts if kind == "text"]
    text = "\n\n".join(texts)
    if told.pop("empty", False) and text == NOTHING:
        text = ""
    if told.get("role") == Role.USER:
        in_parts = [{"type": "text", "text": body} for body in texts]
        return told | {"content": in_parts if more else text}
    quoted = "\n".join(body for kind, body in parts if kind == "reasoning")
    lines = quoted.removeprefix(f"{REASONING}\n\n").split("\n")
    reasoning = "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)
    return told | {"text": text, "reasoning": reasoning}


def _read(mark: str) -> Json:
    try:
        return parse_object(mark)
    except BadJson:
        raise BadMark(mark[:80]) from None

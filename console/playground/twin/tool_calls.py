"""Tools in both dialects: what is offered, what is called. Pure."""

from __future__ import annotations

import json

from console.playground.twin.notes import Given, Json, Notes, Unreadable, place
from console.playground.twin.reading import (
    Path,
    maybe_text,
    object_at,
    objects,
    text,
    without_none,
)
from console.xai.jsontext import BadJson, parse_object

CHOICES = {"auto": "auto", "required": "any"}  # chat: messages


def tool_to_messages(tool: Given, path: Path, notes: Notes) -> Json:
    """Return a function of chat as a tool of messages."""
    where = (*path, "function")
    function = object_at(tool.get("function"), where)
    if function.get("strict") is not None:
        notes.lost(place((*where, "strict")), "Messages does not promise a schema.")
    schema = function.get("parameters")
    return without_none(
        name=text(function, "name", where),
        description=maybe_text(function, "description", where),
        input_schema={"type": "object"} if schema is None else schema,
    )


def tool_to_chat(tool: Given, path: Path, notes: Notes) -> Json:
    """Return a tool of messages as a function of chat."""
    if tool.get("cache_control") is not None:
        where = place((*path, "cache_control"))
        notes.lost(where, "Chat has none, and xAI ignores it in Messages too.")
    return {
        "type": "function",
        "function": without_none(
            name=text(tool, "name", path),
            description=maybe_text(tool, "description", path),
            parameters=tool.get("input_schema"),
        ),
    }


def choice_to_messages(choice: object) -> Json | None:
    """Return which tool is to be called."""
    if choice is None:
        return None
    if isinstance(choice, str) and choice in CHOICES:
        return {"type": CHOICES[choice]}
    where: Path = ("tool_choice",)
    named = object_at(choice, where)
    function = object_at(named.get("function"), (*where, "function"))
    return {"type": "tool", "name": text(function, "name", (*where, "function"))}


def choice_to_chat(choice: object) -> str | Json | None:
    """Return which function is to be called."""
    if choice is None:
        return None
    where: Path = ("tool_choice",)
    found = object_at(choice, where)
    kind = text(found, "type", where)
    for ours, theirs in CHOICES.items():
        if kind == theirs:
            return ours
    if kind == "none":
        return "none"
    if kind != "tool":
        words = "type must be one of: auto, any, tool, none."
        raise Unreadable((*where, "type"), words)
    return {"type": "function", "function": {"name": text(found, "name", where)}}


def uses_of(turn: Given, path: Path) -> list[Json]:
    """Return the calls of a turn of chat as blocks."""
    uses: list[Json] = []
    for at, call in objects(turn, "tool_calls", path):
        where = (*at, "function")
        function = object_at(call.get("function"), where)
        uses.append(
            {
                "type": "tool_use",
                "id": text(call, "id", at),
                "name": text(function, "name", where),
                "input": _input(text(function, "arguments", where), where),
            }
        )
    return uses


def _input(arguments: str, path: Path) -> Json:
    try:
        return parse_object(arguments) if arguments.strip() else {}
    except BadJson:
        words = "arguments must be a JSON object, written as a text."
        raise Unreadable((*path, "arguments"), words) from None


def call_of(block: Given, path: Path) -> Json:
    """Return a block of messages as a call of chat."""
    given = block.get("input")
    arguments = json.dumps({} if given is None else object_at(given, (*path, "input")))
    name = text(block, "name", path)
    return {
        "id": text(block, "id", path),
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }

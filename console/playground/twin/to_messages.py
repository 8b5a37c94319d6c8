"""From the chat dialect to the messages dialect. Pure."""

from __future__ import annotations

import re
from typing import Final

from console.playground.twin.notes import Given, Json, Notes, Twin, Unreadable, place
from console.playground.twin.reading import (
    Path,
    maybe_text,
    object_at,
    objects,
    text,
    turns,
    without_none,
)
from console.playground.twin.tool_calls import (
    choice_to_messages,
    tool_to_messages,
    uses_of,
)

ROLES = ("system", "user", "assistant", "tool")
USUAL_TOKENS = 2048
DATA_URL: Final = re.compile(r"data:(image/[\w.+-]+);base64,(.*)", re.DOTALL)
SAME = ("model", "stream", "temperature", "top_p")
LOST = {
    "response_format": "Messages has no JSON mode and no schema. Ask for JSON in the "
    "system prompt, or describe it as a tool.",
    "n": "Messages gives one answer. Send it again for another.",
    "seed": "Messages has no seed, so the same answer cannot be asked for again.",
    "reasoning_effort": "Messages has no word for the effort: the model takes its own.",
    "frequency_penalty": "Messages has no penalties.",
    "presence_penalty": "Messages has no penalties.",
    "logprobs": "Messages tells no probabilities.",
    "top_logprobs": "Messages tells no probabilities.",
    "logit_bias": "Messages cannot steer single tokens.",
    "parallel_tool_calls": "Messages does not say whether tools may be called at once.",
    "service_tier": "Messages has no tiers.",
    "prompt_cache_key": "Messages has none; xAI finds cached prompts by itself.",
    "safety_identifier": "Messages knows one id of a person, which is user here.",
    "deferred": "Messages cannot be asked to answer later.",
    "search_parameters": "Messages has no search, and xAI has withdrawn this one.",
}
KNOWN = {
    *SAME,
    *LOST,
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "stream_options",
    "tools",
    "tool_choice",
    "user",
}


def to_messages(body: Given) -> Twin:
    """Return the same request for /v1/messages. Raises Unreadable."""
    notes = Notes()
    twin: Json = {name: body[name] for name in SAME if body.get(name) is not None}
    twin["max_tokens"] = _limit(body, notes)
    system, said = _conversation(turns(body, ROLES), notes)
    if system is not None:
        twin["system"] = system
    twin["messages"] = said
    if body.get("stop") is not None:
        stop = body["stop"]
        twin["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    if body.get("user") is not None:
        twin["metadata"] = {"user_id": body["user"]}
    twin |= _tools(body, notes)
    _tell_lost(body, notes)
    return Twin(twin, tuple(notes.found))


def _limit(body: Given, notes: Notes) -> object:
    newer, older = body.get("max_completion_tokens"), body.get("max_tokens")
    if newer is not None and older is not None:
        notes.lost("max_tokens", "max_completion_tokens stands for it.")
    if newer is not None:
        words = (
            "It is called max_tokens in Messages, where it counts reasoning as well."
        )
        notes.changed("max_completion_tokens", words)
        return newer
    if older is not None:
        return older
    words = f"Messages cannot do without a limit: {USUAL_TOKENS:,} was put in."
    notes.added("max_tokens", words)
    return USUAL_TOKENS


def _tell_lost(body: Given, notes: Notes) -> None:
    for name, value in body.items():
        if value is None or (name == "n" and value == 1):
            continue
        if name == "stream_options":
            if value != {"include_usage": True}:
                notes.changed(name, "Messages always tells the usage of a stream.")
        elif name in LOST:
            notes.lost(name, LOST[name])
        elif name not in KNOWN:
            notes.lost(name, "Messages has no field of this name.")


def _conversation(
    found: list[tuple[Path, Given]], notes: Notes
) -> tuple[object, list[object]]:
    """Return the system prompt, or None, and the turns."""
    system: list[object] = []
    said: list[object] = []
    for path, turn in found:
        _tell_lost_of(turn, path, notes)
        match turn["role"]:
            case "system":
                if said:
                    words = "Messages has one system prompt, before all turns."
                    notes.changed(place(path), words)
                system.append(_content(turn, path, notes))
            case "tool":
                _add_result(said, turn, path, notes)
            case "assistant":
                said.append({"role": "assistant", "content": _said(turn, path, notes)})
            case role:
                said.append({"role": role, "content": _content(turn, path, notes)})
    if not said:
        raise Unreadable(("messages",), "There must be a turn of the user.")
    return _joined(system), said


def _joined(system: list[object]) -> object:
    if len(system) <= 1:
        return system[0] if system else None
    blocks: list[object] = []
    for content in system:
        blocks += content if isinstance(content, list) else [_text(str(content))]
    return blocks


def _tell_lost_of(turn: Given, path: Path, notes: Notes) -> None:
    for name in ("name", "refusal"):
        if turn.get(name) is not None:
            words = "Messages has no such field of a turn."
            notes.lost(place((*path, name)), words)


def _content(turn: Given, path: Path, notes: Notes) -> object:
    if isinstance(turn.get("content"), str):
        return turn["content"]
    found = objects(turn, "content", path)
    blocks = [_block(part, at, notes) for at, part in found]
    kept = [block for block in blocks if block is not None]
    if not kept:
        raise Unreadable((*path, "content"), "Nothing of it can be said in Messages.")
    return kept


def _block(part: Given, path: Path, notes: Notes) -> Json | None:
    kind = text(part, "type", path)
    if kind in {"text", "input_text"}:
        return _text(text(part, "text", path))
    if kind == "image_url":
        where = (*path, "image_url")
        image = object_at(part.get("image_url"), where)
        if image.get("detail") is not None:
            words = "Messages has no word for the detail of an image."
            notes.lost(place((*where, "detail")), words)
        return {"type": "image", "source": _source(text(image, "url", where))}
    notes.lost(place(path), f"Messages has no counterpart to a part of type {kind}.")
    return None


def _source(url: str) -> Json:
    data = DATA_URL.fullmatch(url)
    if data is None:
        return {"type": "url", "url": url}
    return {"type": "base64", "media_type": data[1], "data": data[2]}


def _text(words: str) -> Json:
    return {"type": "text", "text": words}


def _said(turn: Given, path: Path, notes: Notes) -> object:
    """Return what the assistant said: text alone stays a text."""
    thought = maybe_text(turn, "reasoning_content", path)
    uses = uses_of(turn, path)
    content = turn.get("content")
    if thought is None and not uses and content is not None:
        return _content(turn, path, notes)
    blocks: list[object] = []
    if thought is not None:
        blocks.append({"type": "thinking", "thinking": thought, "signature": ""})
    if content is not None:
        made = _content(turn, path, notes)
        blocks += made if isinstance(made, list) else [_text(str(made))]
    blocks += uses
    if not blocks:
        raise Unreadable((*path, "content"), "The assistant says nothing in this turn.")
    return blocks


def _add_result(said: list[object], turn: Given, path: Path, notes: Notes) -> None:
    """Add what a tool gave; several after each other are one turn."""
    result = {
        "type": "tool_result",
        "tool_use_id": text(turn, "tool_call_id", path),
        "content": _content(turn, path, notes),
    }
    last = said[-1] if said else None
    blocks = last.get("content") if isinstance(last, dict) else None
    if isinstance(blocks, list) and blocks and _is_result(blocks[-1]):
        blocks.append(result)
    else:
        said.append({"role": "user", "content": [result]})


def _is_result(block: object) -> bool:
    return isinstance(block, dict) and block.get("type") == "tool_result"


def _tools(body: Given, notes: Notes) -> Json:
    tools = [
        tool_to_messages(tool, path, notes) for path, tool in objects(body, "tools", ())
    ]
    if body.get("tool_choice") == "none":
        words = "Messages cannot forbid tools: they are left out, which is the same."
        notes.lost("tools" if tools else "tool_choice", words)
        return {}
    return without_none(
        tools=tools or None,
        tool_choice=choice_to_messages(body.get("tool_choice")),
    )

"""From the messages dialect to the chat dialect. Pure."""

from __future__ import annotations

from console.playground.twin.notes import Given, Json, Notes, Twin, Unreadable, place
from console.playground.twin.reading import (
    Path,
    object_at,
    objects,
    text,
    turns,
    without_none,
)
from console.playground.twin.tool_calls import call_of, choice_to_chat, tool_to_chat

ROLES = ("user", "assistant")
SAME = ("model", "max_tokens", "stream", "temperature", "top_p")
LOST = {
    "top_k": "Chat has no top_k, and xAI does not support it in Messages either.",
    "thinking": "Chat asks for reasoning by reasoning_effort, which has no budget.",
}
KNOWN = {
    *SAME,
    *LOST,
    "messages",
    "metadata",
    "stop_sequences",
    "system",
    "tools",
    "tool_choice",
}
IGNORED = "Chat has none, and xAI ignores it in Messages too."


def to_chat(body: Given) -> Twin:
    """Return the same request for /v1/chat/completions. Raises Unreadable."""
    notes = Notes()
    if body.get("max_tokens") is None:
        raise Unreadable(("max_tokens",), "max_tokens must be there in Messages.")
    twin: Json = {name: body[name] for name in SAME if body.get(name) is not None}
    said: list[object] = []
    if body.get("system") is not None:
        said.append({"role": "system", "content": _system(body, notes)})
    for path, turn in turns(body, ROLES):
        said += _turn(turn, path, notes)
    twin["messages"] = said
    if body.get("stream"):
        # Not worth a note: in Messages the usage always comes.
        twin["stream_options"] = {"include_usage": True}
    twin |= without_none(
        stop=body.get("stop_sequences"),
        user=_user(body, notes),
        tools=[tool_to_chat(t, at, notes) for at, t in objects(body, "tools", ())]
        or None,
        tool_choice=choice_to_chat(body.get("tool_choice")),
    )
    _tell_lost(body, notes)
    return Twin(twin, tuple(notes.found))


def _system(body: Given, notes: Notes) -> object:
    if isinstance(body["system"], str):
        return body["system"]
    return [_part(part, at, notes) for at, part in objects(body, "system", ())]


def _user(body: Given, notes: Notes) -> object:
    if body.get("metadata") is None:
        return None
    metadata = object_at(body["metadata"], ("metadata",))
    for name in metadata:
        if name != "user_id":
            notes.lost(f"metadata.{name}", "Chat has no field of this name.")
    return metadata.get("user_id")


def _tell_lost(body: Given, notes: Notes) -> None:
    for name, value in body.items():
        if value is None:
            continue
        if name in LOST:
            notes.lost(name, LOST[name])
        elif name not in KNOWN:
            notes.lost(name, "Chat has no field of this name.")


def _turn(turn: Given, path: Path, notes: Notes) -> list[Json]:
    """Return one turn; what tools gave becomes turns of their own, before the rest."""
    role, content = turn["role"], turn.get("content")
    if isinstance(content, str):
        return [{"role": role, "content": content}]
    blocks = objects(turn, "content", path)
    if not blocks:
        raise Unreadable((*path, "content"), "content must be a text or blocks.")
    if role == "assistant":
        return [_said(blocks, notes)]
    results = [_result(b, at, notes) for at, b in blocks if b.get("type") == RESULT]
    parts = [
        _part(block, at, notes) for at, block in blocks if block.get("type") != RESULT
    ]
    if results and parts and blocks[0][1].get("type") != RESULT:
        notes.changed(place(path), "What a tool gave now stands before the rest.")
    return results + ([{"role": role, "content": parts}] if parts else [])


RESULT = "tool_result"


def _result(block: Given, path: Path, notes: Notes) -> Json:
    if block.get("is_error"):
        words = "Chat does not say that a tool failed. Say it in the text."
        notes.lost(place((*path, "is_error")), words)
    content = block.get("content")
    if not isinstance(content, str):
        content = [
            _part(part, at, notes) for at, part in objects(block, "content", path)
        ]
    return {
        "role": "tool",
        "tool_call_id": text(block, "tool_use_id", path),
        "content": content,
    }


def _part(block: Given, path: Path, notes: Notes) -> Json:
    if block.get("cache_control") is not None:
        notes.lost(place((*path, "cache_control")), IGNORED)
    kind = text(block, "type", path)
    if kind == "text":
        return {"type": "text", "text": text(block, "text", path)}
    if kind == "image":
        where = (*path, "source")
        url = _url(object_at(block.get("source"), where), where)
        return {"type": "image_url", "image_url": {"url": url}}
    raise Unreadable((*path, "type"), f"A block of type {kind} cannot stand here.")


def _url(source: Given, path: Path) -> str:
    match source.get("type"):
        case "base64":
            media_type = text(source, "media_type", path)
            return f"data:{media_type};base64,{text(source, 'data', path)}"
        case "url":
            return text(source, "url", path)
    raise Unreadable((*path, "type"), "type must be base64 or url.")


def _said(blocks: list[tuple[Path, Given]], notes: Notes) -> Json:
    """Return what the assistant said, thought and called."""
    thoughts: list[str] = []
    calls: list[Json] = []
    parts: list[Json] = []
    for path, block in blocks:
        match block.get("type"):
            case "thinking":
                thoughts.append(text(block, "thinking", path))
                if block.get("signature"):
                    where = place((*path, "signature"))
                    notes.lost(where, "Chat has no signatures of reasoning.")
            case "redacted_thinking":
                notes.lost(place(path), "Chat has no hidden reasoning to send back.")
            case "tool_use":
                calls.append(call_of(block, path))
            case _:
                parts.append(_part(block, path, notes))
    return {"role": "assistant"} | without_none(
        content=_content(parts),
        reasoning_content="\n".join(thoughts) if thoughts else None,
        tool_calls=calls or None,
    )


def _content(parts: list[Json]) -> object:
    """Return text alone as a text, as chat itself answers."""
    if len(parts) == 1 and parts[0]["type"] == "text":
        return parts[0]["text"]
    return parts or None

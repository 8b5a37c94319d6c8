"""Whether a body was pasted as the wrong dialect, told by what one alone knows. Pure.

A body is taken for the other dialect only if something in it is of that dialect alone
and nothing is of its own. What is empty tells nothing; so do names that both have
somewhere, such as `metadata`, or that other vendors add to Chat, such as `thinking`.
"""

from __future__ import annotations

from collections.abc import Iterator

from console.playground.twin.notes import Given, Unreadable
from console.playground.twin.reading import Path
from console.usage.models import Endpoint

OF_MESSAGES = ("system", "stop_sequences")
OF_CHAT = (
    "max_completion_tokens",
    "stop",
    "n",
    "seed",
    "response_format",
    "reasoning_effort",
    "frequency_penalty",
    "presence_penalty",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "parallel_tool_calls",
    "stream_options",
    "search_parameters",
    "deferred",
    "user",
)
EMPTY: tuple[object, ...] = (None, "", [], {})
BLOCKS = ("tool_use", "tool_result", "thinking", "redacted_thinking")


def refuse_mistaken(dialect: Endpoint, body: Given) -> None:
    """Raise Unreadable, with the first sign, if a body is of the other dialect."""
    chat = dialect == Endpoint.CHAT
    own, others = (_of_chat, _of_messages) if chat else (_of_messages, _of_chat)
    sign = next(others(body), None)
    if sign is None or next(own(body), None) is not None:
        return
    other = "Messages" if chat else "Chat"
    raise Unreadable(
        sign,
        f"This looks like a request for {other}. Choose {other} above it and "
        "convert it again.",
    )


def _of_messages(body: Given) -> Iterator[Path]:
    yield from _named(body, OF_MESSAGES)
    for path, tool in _each(body, "tools"):
        yield from _named(tool, ("input_schema",), path)
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") in {"any", "tool"}:
        yield ("tool_choice",)
    for path, turn in _each(body, "messages"):
        for at, block in _each(turn, "content", path):
            if block.get("type") in BLOCKS:
                yield (*at, "type")
            if isinstance(block.get("source"), dict):
                yield (*at, "source")


def _of_chat(body: Given) -> Iterator[Path]:
    yield from _named(body, OF_CHAT)
    for path, tool in _each(body, "tools"):
        if isinstance(tool.get("function"), dict):
            yield (*path, "function")
    for path, turn in _each(body, "messages"):
        if turn.get("role") in {"system", "tool"}:
            yield (*path, "role")
        yield from _named(turn, ("tool_calls", "tool_call_id"), path)
        for at, part in _each(turn, "content", path):
            yield from _named(part, ("image_url",), at)


def _named(data: Given, names: tuple[str, ...], path: Path = ()) -> Iterator[Path]:
    return ((*path, name) for name in names if data.get(name) not in EMPTY)


def _each(data: Given, name: str, path: Path = ()) -> Iterator[tuple[Path, Given]]:
    """Return the objects of a list with their paths; what is none is left out."""
    value = data.get(name)
    for number, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, dict):
            yield (*path, name, number), one

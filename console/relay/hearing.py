"""What one event of a streamed answer says, in either dialect of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from console import xai
from console.xai.jsontext import BadJson, parse_object

Json = Mapping[str, object]

LONGEST_NAME = 200  # characters of what is no part of the answer


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of an answer."""

    kind: Literal["text", "reasoning"]
    text: str


@dataclass(slots=True)
class ToolCall:
    """A function that the model asks to have called."""

    name: str
    arguments: str  # JSON, as the model wrote it


@dataclass(slots=True)
class Heard:
    """An answer as far as it has come.

    Of several choices the first is `text`, and the only one that is told in pieces.
    """

    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    others: dict[int, list[str]] = field(default_factory=dict)  # by choice, from 1
    tool_calls: list[ToolCall] = field(default_factory=list)
    pieces: int = 0  # of all choices, as the next one
    size: int = 0  # characters
    usage: xai.Usage | None = None
    model: str = ""  # the one that served
    finish: str = ""  # why it ended: stop, length, end_turn, ...
    begun: bool = False  # at least one event came

    def take(self, event: xai.Event) -> list[Piece]:
        """Note what an event says and return its characters.

        Raises xai.BadAnswer for an event that is no JSON object.
        """
        try:
            data = parse_object(event.data)
        except BadJson:
            raise xai.BadAnswer(xai.Cause.MALFORMED, status=200) from None
        self.begun = True
        if told := xai.Usage.in_event(event):
            self.usage = self.usage.updated_by(told) if self.usage else told
        pieces = list(self._messages(data) if "type" in data else self._chat(data))
        for piece in pieces:
            kept = self.text if piece.kind == "text" else self.reasoning
            kept.append(piece.text)
            self._count(piece.text)
        return pieces

    def _chat(self, data: Json) -> Iterator[Piece]:
        self.model = _name(data, "model") or self.model
        for choice in _objects(data, "choices"):
            delta = _object(choice, "delta")
            if index := _index(choice):
                self._take_other(index, delta)
                continue
            self.finish = _name(choice, "finish_reason") or self.finish
            for call in _objects(delta, "tool_calls"):
                self._take_call(_object(call, "function"), at=_index(call))
            if reasoning := _text(delta, "reasoning_content"):
                yield Piece("reasoning", reasoning)
            if text := _text(delta, "content"):
                yield Piece("text", text)

    def _take_other(self, index: int, delta: Json) -> None:
        if text := _text(delta, "content"):
            self.others.setdefault(index, []).append(text)
        self._count(text + _text(delta, "reasoning_content"))

    def _take_call(self, call: Json, *, at: int | None) -> None:
        """Take a call, or more of the arguments of the one before it."""
        name, arguments = _text(call, "name"), _text(call, "arguments")
        if name and (at is None or at >= len(self.tool_calls)):
            self.tool_calls.append(ToolCall(name, arguments))
        elif self.tool_calls:
            self.tool_calls[-1].arguments += arguments
        self._count(name + arguments)

    def _count(self, text: str) -> None:
        self.pieces += bool(text)
        self.size += len(text)

    def _messages(self, data: Json) -> Iterator[Piece]:
        # Deltas come without a usable index; their own type tells where they belong.
        self.model = _name(_object(data, "message"), "model") or self.model
        delta = _object(data, "delta")
        self.finish = _name(delta, "stop_reason") or self.finish
        block = _object(data, "content_block")
        if block.get("type") == "tool_use":
            self._take_call(block, at=None)
        if more := _text(delta, "partial_json"):
            self._take_call({"arguments": more}, at=None)
        if thinking := _text(delta, "thinking") or _text(block, "thinking"):
            yield Piece("reasoning", thinking)
        if text := _text(delta, "text") or _text(block, "text"):
            yield Piece("text", text)


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _name(data: Json, name: str) -> str:
    return _text(data, name)[:LONGEST_NAME]


def _index(data: Json) -> int | None:
    value = data.get("index")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(data: Json, name: str) -> Json:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _objects(data: Json, name: str) -> list[Json]:
    value = data.get(name)
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]

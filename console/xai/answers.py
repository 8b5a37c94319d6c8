"""What xAI generates: the answers of the five POST endpoints.

Each class needs the part that is the answer itself; everything around it may be
missing, because a paid answer is never thrown away over a missing id.
"""

from dataclasses import dataclass, field
from typing import Self

from console.xai.errors import BadAnswer, Cause
from console.xai.fields import Fields, JsonObject
from console.xai.usage import Usage


def _objects(read: Fields, name: str) -> tuple[JsonObject, ...]:
    return tuple(item for item in read.entries(name) if isinstance(item, dict))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChoice:
    """One of the answers to a chat."""

    index: int | None
    role: str | None
    content: str | None  # None with pure tool calls
    reasoning_content: str | None
    refusal: str | None
    tool_calls: tuple[JsonObject, ...] = field(hash=False)
    finish_reason: str | None  # may also be empty

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read one choice; nothing in it is certain."""
        read = Fields(data)
        said = Fields(read.mapping("message") or {})
        return cls(
            index=read.number("index"),
            role=said.text("role"),
            content=said.text("content", longest=None),
            reasoning_content=said.text("reasoning_content", longest=None),
            refusal=said.text("refusal", longest=None),
            tool_calls=said.mappings("tool_calls") or (),
            finish_reason=read.text("finish_reason"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCompletion:
    """The answer of /v1/chat/completions."""

    choices: tuple[ChatChoice, ...]
    id: str | None
    created: int | None  # Unix seconds
    model: str | None  # the one that answered, perhaps not the one asked
    usage: Usage | None
    system_fingerprint: str | None
    service_tier: str | None  # decides the rate
    odd: tuple[str, ...] = ()
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The text of the first choice; empty if it has none."""
        return (self.choices[0].content or "") if self.choices else ""

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read the answer; `choices` must be there."""
        read = Fields(data)
        usage = read.mapping("usage")
        return cls(
            choices=tuple(map(ChatChoice.from_json, _objects(read, "choices"))),
            id=read.text("id"),
            created=read.number("created"),
            model=read.text("model"),
            usage=Usage.from_chat(usage) if usage is not None else None,
            system_fingerprint=read.text("system_fingerprint"),
            service_tier=read.text("service_tier"),
            odd=read.odd,
            raw=data,
            request_id=request_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One content block of a message."""

    type: str | None
    text: str | None  # of text blocks; of thinking blocks their thinking
    raw: JsonObject = field(repr=False, hash=False)

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read one block."""
        read = Fields(data)
        kind = read.text("type")
        name = "thinking" if kind == "thinking" else "text"
        return cls(type=kind, text=read.text(name, longest=None), raw=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The answer of /v1/messages."""

    content: tuple[Block, ...]
    id: str | None
    role: str | None
    model: str | None
    stop_reason: str | None
    stop_sequence: str | None
    usage: Usage | None  # never with a cost
    odd: tuple[str, ...] = ()
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The text blocks, joined."""
        return "".join(b.text or "" for b in self.content if b.type == "text")

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read the answer; `content` must be there."""
        read = Fields(data)
        usage = read.mapping("usage")
        return cls(
            content=tuple(map(Block.from_json, _objects(read, "content"))),
            id=read.text("id"),
            role=read.text("role"),
            model=read.text("model"),
            stop_reason=read.text("stop_reason"),
            stop_sequence=read.text("stop_sequence"),
            usage=Usage.from_messages(usage) if usage is not None else None,
            odd=read.odd,
            raw=data,
            request_id=request_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token; it may be a part of a character, so text is made of the bytes."""

    token_id: int | None
    string_token: str | None  # a label
    token_bytes: bytes | None

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read one token."""
        read = Fields(data)
        return cls(
            token_id=read.number("token_id"),
            string_token=read.text("string_token"),
            token_bytes=_bytes(data.get("token_bytes")),
        )


def _bytes(value: object) -> bytes | None:
    if not isinstance(value, list):
        return None  # bytes(n) would make n of them
    try:
        return bytes(value)
    except (TypeError, ValueError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenization:
    """The answer of /v1/tokenize-text."""

    tokens: tuple[Token, ...]
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read the answer; `token_ids` must be there, and hold objects only."""
        entries = Fields(data).entries("token_ids")
        tokens = [Token.from_json(item) for item in entries if isinstance(item, dict)]
        if len(tokens) != len(entries):
            raise BadAnswer(Cause.MALFORMED)  # a count that is short would mislead
        return cls(tokens=tuple(tokens), raw=data, request_id=request_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChoice:
    """One of the answers to a prompt."""

    index: int | None
    text: str | None
    finish_reason: str | None

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read one choice."""
        read = Fields(data)
        return cls(
            index=read.number("index"),
            text=read.text("text", longest=None),
            finish_reason=read.text("finish_reason"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCompletion:
    """The answer of /v1/completions."""

    choices: tuple[TextChoice, ...]
    id: str | None
    created: int | None  # Unix seconds
    model: str | None
    usage: Usage | None
    system_fingerprint: str | None
    odd: tuple[str, ...] = ()
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read the answer; `choices` must be there."""
        read = Fields(data)
        usage = read.mapping("usage")
        return cls(
            choices=tuple(map(TextChoice.from_json, _objects(read, "choices"))),
            id=read.text("id"),
            created=read.number("created"),
            model=read.text("model"),
            usage=Usage.from_chat(usage) if usage is not None else None,
            system_fingerprint=read.text("system_fingerprint"),
            odd=read.odd,
            raw=data,
            request_id=request_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyCompletion:
    """The answer of /v1/complete, which tells no usage at all."""

    completion: str
    id: str | None
    stop_reason: str | None
    model: str | None
    odd: tuple[str, ...] = ()
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read the answer; `completion` must be there."""
        read = Fields(data)
        completion = read.text("completion", longest=None)
        if completion is None:
            raise BadAnswer(Cause.MALFORMED)
        return cls(
            completion=completion,
            id=read.text("id"),
            stop_reason=read.text("stop_reason"),
            model=read.text("model"),
            odd=read.odd,
            raw=data,
            request_id=request_id,
        )

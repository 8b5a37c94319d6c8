"""What may be asked of xAI, one class per endpoint that takes a body.

A field that is None is left out: xAI refuses some parameters on some models even
with their default value. `stream` and its options are no fields, because the
method that is called decides them; neither is `deferred`, which changes the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

JsonObject = Mapping[str, object]


class _Body:
    """What the request classes share."""

    __slots__ = ()

    def to_json(self) -> dict[str, object]:
        """Return the body of the request."""
        body: dict[str, object] = {}
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if value is not None:
                body[field.name] = list(value) if isinstance(value, tuple) else value
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest(_Body):
    """POST /v1/chat/completions."""

    model: str
    messages: Sequence[JsonObject]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    seed: int | None = None
    stop: Sequence[str] | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias: JsonObject | None = None
    response_format: JsonObject | None = None
    tools: Sequence[JsonObject] | None = None
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: str | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    user: str | None = None
    search_parameters: JsonObject | None = None
    web_search_options: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesRequest(_Body):
    """POST /v1/messages."""

    model: str
    max_tokens: int
    messages: Sequence[JsonObject]
    system: str | Sequence[JsonObject] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: Sequence[str] | None = None
    tools: Sequence[JsonObject] | None = None
    tool_choice: JsonObject | None = None
    metadata: JsonObject | None = None
    thinking: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizeRequest(_Body):
    """POST /v1/tokenize-text."""

    model: str
    text: str
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest(_Body):
    """POST /v1/completions, a legacy endpoint."""

    model: str
    prompt: str | Sequence[str]
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    seed: int | None = None
    stop: Sequence[str] | None = None
    echo: bool | None = None
    logprobs: bool | None = None
    best_of: int | None = None
    suffix: str | None = None
    logit_bias: JsonObject | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteRequest(_Body):
    """POST /v1/complete, a legacy endpoint."""

    model: str
    prompt: str
    max_tokens_to_sample: int
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: Sequence[str] | None = None
    metadata: JsonObject | None = None

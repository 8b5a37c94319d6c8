"""The ten endpoints: address, size and reading of each, for both clients."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from console.xai import limits
from console.xai.answers import (
    ChatCompletion,
    LegacyCompletion,
    Message,
    TextCompletion,
    Tokenization,
)
from console.xai.errors import Cause, ModelNotFound
from console.xai.facts import (
    KeyInfo,
    LanguageModel,
    LanguageModelList,
    Model,
    ModelList,
)
from console.xai.requests import (
    ChatRequest,
    CompleteRequest,
    CompletionRequest,
    MessagesRequest,
    TokenizeRequest,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request as data; `read` makes the answer of its JSON and request id."""

    method: str
    path: str
    cap: int  # bytes of the answer
    read: Callable[[Mapping[str, Any], str | None], T]
    body: bytes | None = None
    patient: bool = False  # the answer is generated first
    accept: str = "application/json"
    about: str = ""  # "key" or "model", if nothing else in it can be refused


def _get(path: str, kind: Any, cap: int = limits.MODELS_CAP, **more: Any) -> Call[Any]:
    return Call(method="GET", path=path, cap=cap, read=_reader(kind), **more)


def _post(path: str, body: Mapping[str, object], kind: Any, **more: Any) -> Call[Any]:
    text = json.dumps(body, allow_nan=False, separators=(",", ":"))
    return Call(
        method="POST", path=path, read=_reader(kind), body=text.encode(), **more
    )


def _stream(path: str, body: Mapping[str, object], kind: Any) -> Call[Any]:
    return _post(
        path,
        body,
        kind,
        cap=limits.STREAM_CAP,
        accept="text/event-stream, application/json",
    )


def _reader(kind: Any) -> Callable[[Mapping[str, Any], str | None], Any]:
    return lambda data, request_id: kind.from_json(data, request_id=request_id)


def _segment(model_id: str) -> str:
    """Return the id as one path segment; one that cannot be one names no model."""
    if not model_id or model_id in {".", ".."}:
        raise ModelNotFound(Cause.MODEL_UNKNOWN)
    return quote(model_id.encode("utf-8", "replace"), safe="")


def key_info() -> Call[KeyInfo]:
    """Describe GET /v1/api-key."""
    return _get("/v1/api-key", KeyInfo, limits.KEY_INFO_CAP, about="key")


def models() -> Call[ModelList]:
    """Describe GET /v1/models."""
    return _get("/v1/models", ModelList)


def model(model_id: str) -> Call[Model]:
    """Describe GET /v1/models/{model_id}."""
    return _get(f"/v1/models/{_segment(model_id)}", Model, about="model")


def language_models() -> Call[LanguageModelList]:
    """Describe GET /v1/language-models."""
    return _get("/v1/language-models", LanguageModelList)


def language_model(model_id: str) -> Call[LanguageModel]:
    """Describe GET /v1/language-models/{model_id}."""
    path = f"/v1/language-models/{_segment(model_id)}"
    return _get(path, LanguageModel, about="model")


def chat(request: ChatRequest) -> Call[ChatCompletion]:
    """Describe POST /v1/chat/completions."""
    path, cap = "/v1/chat/completions", limits.CHAT_CAP
    return _post(path, request.to_json(), ChatCompletion, cap=cap, patient=True)


def chat_stream(request: ChatRequest) -> Call[ChatCompletion]:
    """Describe the same as a stream, which always tells its usage."""
    body = request.to_json()
    body |= {"stream": True, "stream_options": {"include_usage": True}}
    return _stream("/v1/chat/completions", body, ChatCompletion)


def messages(request: MessagesRequest) -> Call[Message]:
    """Describe POST /v1/messages."""
    path, cap = "/v1/messages", limits.CHAT_CAP
    return _post(path, request.to_json(), Message, cap=cap, patient=True)


def messages_stream(request: MessagesRequest) -> Call[Message]:
    """Describe the same as a stream."""
    return _stream("/v1/messages", request.to_json() | {"stream": True}, Message)


def tokenize(request: TokenizeRequest) -> Call[Tokenization]:
    """Describe POST /v1/tokenize-text."""
    body = request.to_json()
    return _post("/v1/tokenize-text", body, Tokenization, cap=limits.TOKENIZE_CAP)


def completions(request: CompletionRequest) -> Call[TextCompletion]:
    """Describe POST /v1/completions."""
    body = request.to_json()
    cap = limits.CHAT_CAP
    return _post("/v1/completions", body, TextCompletion, cap=cap, patient=True)


def complete(request: CompleteRequest) -> Call[LegacyCompletion]:
    """Describe POST /v1/complete."""
    body = request.to_json()
    cap = limits.CHAT_CAP
    return _post("/v1/complete", body, LegacyCompletion, cap=cap, patient=True)

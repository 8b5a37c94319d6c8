"""What xAI says about keys and models: the answers of the five GET endpoints."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, TypedDict, TypeVar

from console.xai.errors import BadAnswer, Cause
from console.xai.fields import Fields, JsonObject

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """What /v1/api-key says about the key that asks."""

    api_key_id: str
    redacted_api_key: str | None  # for display only, never to match on
    user_id: str | None
    name: str | None
    create_time: datetime | None
    modify_time: datetime | None
    modified_by: str | None
    team_id: str | None
    acls: tuple[str, ...] | None
    team_blocked: bool | None
    api_key_blocked: bool | None
    api_key_disabled: bool | None
    odd: tuple[str, ...] = ()  # fields that came with a wrong type
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read the answer; only `api_key_id` must be there."""
        read = Fields(data)
        return cls(
            api_key_id=read.identity("api_key_id"),
            redacted_api_key=read.text("redacted_api_key"),
            user_id=read.text("user_id"),
            name=read.text("name"),
            create_time=read.instant("create_time"),
            modify_time=read.instant("modify_time"),
            modified_by=read.text("modified_by"),
            team_id=read.text("team_id"),
            acls=read.texts("acls"),
            team_blocked=read.flag("team_blocked"),
            api_key_blocked=read.flag("api_key_blocked"),
            api_key_disabled=read.flag("api_key_disabled"),
            odd=read.odd,
            raw=data,
            request_id=request_id,
        )


MOST_MODELS = 1_000  # of one list


class _Shared(TypedDict):
    """Fields that both kinds of model entries have."""

    id: str
    created: int | None
    owned_by: str | None
    aliases: tuple[str, ...] | None
    prompt_text_token_price: int | None
    cached_prompt_text_token_price: int | None
    prompt_image_token_price: int | None
    completion_text_token_price: int | None
    prompt_text_token_price_long_context: int | None
    cached_prompt_text_token_price_long_context: int | None
    completion_text_token_price_long_context: int | None
    long_context_threshold: int | None
    capabilities: JsonObject | None


def _shared(read: Fields) -> _Shared:
    return {
        "id": read.identity("id"),
        "created": read.number("created"),
        "owned_by": read.text("owned_by"),
        "aliases": read.names("aliases"),
        "prompt_text_token_price": read.price("prompt_text_token_price"),
        "cached_prompt_text_token_price": read.price("cached_prompt_text_token_price"),
        "prompt_image_token_price": read.price("prompt_image_token_price"),
        "completion_text_token_price": read.price("completion_text_token_price"),
        "prompt_text_token_price_long_context": read.price(
            "prompt_text_token_price_long_context"
        ),
        "cached_prompt_text_token_price_long_context": read.price(
            "cached_prompt_text_token_price_long_context"
        ),
        "completion_text_token_price_long_context": read.price(
            "completion_text_token_price_long_context"
        ),
        "long_context_threshold": read.price("long_context_threshold"),
        "capabilities": read.mapping("capabilities"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Priced:
    """One model; prices are ticks per token, and 0 is not the same as None."""

    id: str
    created: int | None  # Unix seconds
    owned_by: str | None
    aliases: tuple[str, ...] | None
    prompt_text_token_price: int | None
    cached_prompt_text_token_price: int | None
    prompt_image_token_price: int | None
    completion_text_token_price: int | None
    prompt_text_token_price_long_context: int | None  # 0: no such tier
    cached_prompt_text_token_price_long_context: int | None
    completion_text_token_price_long_context: int | None
    long_context_threshold: int | None  # prompt tokens; 0: no such tier
    capabilities: JsonObject | None = field(hash=False)
    odd: tuple[str, ...] = ()
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(_Priced):
    """One entry of /v1/models, which lists image and video models as well."""

    context_length: int | None  # tokens; told nowhere else
    image_price: int | None  # ticks per image
    pricing: tuple[JsonObject, ...] | None = field(hash=False)

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read one model; only `id` must be there."""
        read = Fields(data)
        return cls(
            **_shared(read),
            context_length=read.number("context_length"),
            image_price=read.number("image_price"),
            pricing=read.mappings("pricing"),
            odd=read.odd,
            raw=data,
            request_id=request_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel(_Priced):
    """One entry of /v1/language-models."""

    fingerprint: str | None
    version: str | None
    input_modalities: tuple[str, ...] | None
    output_modalities: tuple[str, ...] | None
    search_price: int | None  # unit disputed; show it raw

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read one model; only `id` must be there."""
        read = Fields(data)
        return cls(
            **_shared(read),
            fingerprint=read.text("fingerprint"),
            version=read.text("version"),
            input_modalities=read.texts("input_modalities"),
            output_modalities=read.texts("output_modalities"),
            search_price=read.price("search_price"),
            odd=read.odd,
            raw=data,
            request_id=request_id,
        )


def _entries(
    listed: Fields, name: str, entry: Callable[[JsonObject], T]
) -> tuple[tuple[T, ...], int]:
    """Return the readable entries of a list, and the number of the others.

    Raises BadAnswer for one of more than MOST_MODELS: xAI has some dozens.
    """
    found, skipped = [], 0
    items = listed.entries(name)
    if len(items) > MOST_MODELS:
        raise BadAnswer(Cause.MALFORMED, status=200)
    for item in items:
        try:
            if not isinstance(item, dict):
                skipped += 1
                continue
            found.append(entry(item))
        except BadAnswer:
            skipped += 1
    return tuple(found), skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """The answer of /v1/models: what the key may use."""

    models: tuple[Model, ...]
    skipped: int  # entries without a usable id
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read the list; `data` must be there."""
        models, skipped = _entries(Fields(data), "data", Model.from_json)
        return cls(models=models, skipped=skipped, raw=data, request_id=request_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModelList:
    """The answer of /v1/language-models."""

    models: tuple[LanguageModel, ...]
    skipped: int  # entries without a usable id
    raw: JsonObject = field(repr=False, compare=False)
    request_id: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, data: JsonObject, *, request_id: str | None = None) -> Self:
        """Read the list; `models` must be there."""
        models, skipped = _entries(Fields(data), "models", LanguageModel.from_json)
        return cls(models=models, skipped=skipped, raw=data, request_id=request_id)

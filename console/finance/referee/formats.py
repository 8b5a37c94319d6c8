"""The two shapes of price files that are understood, and what xAI's part says. Pure.

LiteLLM's model_prices_and_context_window.json   USD per token, names `xai/<model>`
models.dev's api.json                            USD per 1M tokens, provider `xai`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from console.finance.referee import jsontext
from console.finance.referee.fields import Field
from console.finance.referee.jsontext import BadJson, Json, Number, TooDeep
from console.finance.referee.quotes import (
    LITELLM_STANDARD,
    Entry,
    litellm_entry,
    models_dev_entry,
    shown,
)

MOST_ENTRIES: Final = 1_000  # of xAI
MOST_DOUBLED: Final = 10  # that are named
NO_TEXT: Final = (  # how pictures, archives and documents begin
    b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"RIFF", b"PK\x03\x04", b"\x1f\x8b", b"BZh",
    b"%PDF", b"\0",
)  # fmt: skip
PROVIDER: Final = "xai"
PREFIX: Final = "xai/"
UNDERSTOOD: Final = (
    "Understood are LiteLLM's model_prices_and_context_window.json, an object of "
    "“xai/<model>” with input_cost_per_token and its kind, and models.dev's "
    "api.json, an object of providers with “models” and their “cost”."
)


class BadFile(ValueError):
    """The file cannot be compared. Says why, for the person who chose it."""


class Shape(StrEnum):
    """Whose shape a file has."""

    LITELLM = "litellm"
    MODELS_DEV = "models.dev"

    @property
    def label(self) -> str:
        """Its name, for people."""
        return {"litellm": "LiteLLM", "models.dev": "models.dev"}[self]

    @property
    def per_token(self) -> Fraction:
        """Dollars per 1M tokens for each 1 that is written."""
        return Fraction(1_000_000 if self is Shape.LITELLM else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a file says of xAI's language models, and what of it was left out."""

    shape: Shape
    entries: tuple[Entry, ...]
    provider: Mapping[str, Json]  # models.dev: the rest of xAI's block
    left_out: int  # entries of other providers
    other_kinds: int  # xAI's models that give images or videos
    doubled: tuple[str, ...]  # names that stand twice in one object; some of them

    def text(self) -> str:
        """Return a text that `again` makes the same feed of: xAI's part alone."""
        part = {entry.key: entry.raw for entry in self.entries}
        return jsontext.write(
            {
                "shape": self.shape.value,
                "left_out": self.left_out,
                "other_kinds": self.other_kinds,
                "doubled": list(self.doubled),
                "provider": dict(self.provider),
                "part": part,
            }
        )


def decode(data: bytes) -> str:
    """Return the text of a file, or raise BadFile."""
    if not data.strip():
        raise BadFile("The file is empty.")
    if _is_binary(data):
        raise BadFile(
            "This is no text file, but a picture, an archive or the like. Choose the "
            "JSON file itself."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadFile(
            f"The file is not text in UTF-8: its byte {problem.start + 1:,} is none."
        ) from None


def _is_binary(data: bytes) -> bool:
    """Tell whether no text begins like this."""
    return data.startswith(NO_TEXT)


def read(text: str) -> Feed:
    """Return xAI's part of a file of either shape. Raises BadFile."""
    try:
        value, doubled = jsontext.parse(text)
    except TooDeep as problem:
        raise BadFile(f"{problem} No price file is.") from None
    except BadJson as problem:
        raise BadFile(f"The file is not JSON. {problem}") from None
    if not isinstance(value, dict):
        raise BadFile(f"The file holds no JSON object. {UNDERSTOOD}")
    providers = _providers(value)
    names = tuple(shown(name) for name in dict.fromkeys(doubled))[:MOST_DOUBLED]
    if providers is not None:
        return _models_dev(providers, names)
    if any(_is_litellm(name, one) for name, one in value.items()):
        return _litellm(value, names)
    raise BadFile(f"No price in a shape that is known. {UNDERSTOOD}")


def again(text: str) -> Feed:
    """Return the feed that `Feed.text` wrote."""
    value, _ = jsontext.parse(text)
    shape = Shape(value["shape"])
    make = litellm_entry if shape is Shape.LITELLM else models_dev_entry
    return Feed(
        shape=shape,
        entries=tuple(make(key, raw) for key, raw in value["part"].items()),
        provider=value["provider"],
        left_out=int(value["left_out"].text),
        other_kinds=int(value["other_kinds"].text),
        doubled=tuple(value["doubled"]),
    )


def _providers(value: dict[str, Json]) -> dict[str, Json] | None:
    """Return models.dev's providers, however much of its file there is."""
    if value.get("id") == PROVIDER and isinstance(value.get("models"), dict):
        return {PROVIDER: value}
    inner = value.get("providers")  # of catalog.json
    for found in (value, inner if isinstance(inner, dict) else {}):
        if any(isinstance(one, dict) and "models" in one for one in found.values()):
            return found
    return None


def _models_dev(providers: dict[str, Json], doubled: tuple[str, ...]) -> Feed:
    block = providers.get(PROVIDER)
    if not isinstance(block, dict):
        block = {}
    models = block.get("models", {})
    if not isinstance(models, dict):
        raise BadFile(f"“models” of the provider xai is no object. {UNDERSTOOD}")
    _check_number(models)
    ours = {key: raw for key, raw in models.items() if not _other_kind(raw)}
    return Feed(
        shape=Shape.MODELS_DEV,
        entries=tuple(models_dev_entry(key, raw) for key, raw in ours.items()),
        provider={name: one for name, one in block.items() if name != "models"},
        left_out=sum(
            len(one["models"])
            for name, one in providers.items()
            if name != PROVIDER
            and isinstance(one, dict)
            and isinstance(one.get("models"), dict)
        ),
        other_kinds=len(models) - len(ours),
        doubled=doubled,
    )


def _litellm(value: dict[str, Json], doubled: tuple[str, ...]) -> Feed:
    named = {name: one for name, one in value.items() if name != "sample_spec"}
    of_xai = {name: one for name, one in named.items() if _is_of_xai(name, one)}
    _check_number(of_xai)
    ours = {name: one for name, one in of_xai.items() if not _other_kind(one)}
    return Feed(
        shape=Shape.LITELLM,
        entries=tuple(litellm_entry(name, one) for name, one in ours.items()),
        provider={},
        left_out=len(named) - len(of_xai),
        other_kinds=len(of_xai) - len(ours),
        doubled=doubled,
    )


def _check_number(entries: dict[str, Json]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise BadFile(
            f"The file has {len(entries):,} entries of xAI; more than "
            f"{MOST_ENTRIES:,} are not compared. Remove what is not xAI's."
        )


def _is_litellm(name: str, one: Json) -> bool:
    prices = {LITELLM_STANDARD[Field.INPUT], LITELLM_STANDARD[Field.OUTPUT]}
    return name.startswith(PREFIX) or (
        isinstance(one, dict) and bool({"litellm_provider", *prices} & one.keys())
    )


def _is_of_xai(name: str, one: Json) -> bool:
    provider = one.get("litellm_provider") if isinstance(one, dict) else None
    return name.startswith(PREFIX) or provider == PROVIDER


def _other_kind(raw: Json) -> bool:
    """Tell whether an entry says that it is no language model."""
    if not isinstance(raw, dict):
        return False
    mode = raw.get("mode", "chat")
    told = raw.get("modalities")
    gives = told.get("output") if isinstance(told, dict) else None
    return mode not in ("chat", "completion", "responses", None) or (
        isinstance(gives, list) and bool(gives) and "text" not in gives
    )


def number(value: Fraction, shape: Shape) -> Number:
    """Return dollars per 1M tokens as the shape writes them."""
    return Number(jsontext.decimal_text(value / shape.per_token))

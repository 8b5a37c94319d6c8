"""One model for sale: its names, its prices and how the lists show it."""

from dataclasses import dataclass, field
from typing import Any

from console.sandbox import tokens

TOKEN_PRICES = (
    "prompt_text_token_price",
    "cached_prompt_text_token_price",
    "prompt_image_token_price",
    "completion_text_token_price",
    "prompt_text_token_price_long_context",
    "cached_prompt_text_token_price_long_context",
    "completion_text_token_price_long_context",
    "long_context_threshold",
)


@dataclass(slots=True, kw_only=True)
class Model:
    """Prices are ticks per token; a long-context price of 0 means no such tier."""

    id: str
    created: int
    kind: str = "language"  # or "image", which only /v1/models lists
    aliases: list[str] = field(default_factory=list)
    redirected: list[str] = field(default_factory=list)  # retired names served by it
    fingerprint: str = ""
    version: str = "1.0.0"
    context_length: int = 131072
    input_modalities: list[str] = field(default_factory=lambda: ["text"])
    reasoning: bool = False
    reasoning_effort: list[str] = field(default_factory=list)
    default_reasoning_effort: str | None = None
    prompt_text_token_price: int = 0
    cached_prompt_text_token_price: int = 0
    prompt_image_token_price: int = 0
    completion_text_token_price: int = 0
    prompt_text_token_price_long_context: int = 0
    cached_prompt_text_token_price_long_context: int = 0
    completion_text_token_price_long_context: int = 0
    long_context_threshold: int = 0
    search_price: int = 0
    image_price: int | None = None  # ticks per image
    retired: bool = False
    retired_on: str = ""
    replacement: str = ""
    longest_token: int = tokens.LONGEST  # letters; another number: another tokenizer

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id, *self.aliases)

    @property
    def sees_images(self) -> bool:
        return "image" in self.input_modalities

    def listing(self, shown_as: str | None = None) -> dict[str, Any]:
        """Return the entry of /v1/models; an alias that was asked for is its id."""
        entry: dict[str, Any] = {
            "id": shown_as or self.id,
            "created": self.created,
            "object": "model",
            "owned_by": "xai",
            "aliases": self.aliases,
            "context_length": self.context_length,
        }
        if self.kind == "image":
            return entry | {"image_price": self.image_price}
        return entry | self._token_prices() | self._capabilities()

    def language_entry(self, shown_as: str | None = None) -> dict[str, Any]:
        """Return the entry of /v1/language-models, which has no context length."""
        return {
            "id": shown_as or self.id,
            "fingerprint": self.fingerprint,
            "created": self.created,
            "object": "model",
            "owned_by": "xai",
            "version": self.version,
            "input_modalities": self.input_modalities,
            "output_modalities": ["text"],
            **self._token_prices(),
            "search_price": self.search_price,
            "aliases": self.aliases,
            **self._capabilities(),
        }

    def _token_prices(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in TOKEN_PRICES}

    def _capabilities(self) -> dict[str, Any]:
        if not self.reasoning_effort:
            return {"capabilities": None}
        known: dict[str, Any] = {"reasoning_effort": self.reasoning_effort}
        if self.default_reasoning_effort:
            known["default_reasoning_effort"] = self.default_reasoning_effort
        return {"capabilities": known}

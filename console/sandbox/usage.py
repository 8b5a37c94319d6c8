"""Token counts of one call, what they cost, and both shapes in which xAI tells them."""

from dataclasses import dataclass
from typing import Any

from console.sandbox.models import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    text_tokens: int  # of the prompt, cached ones included
    image_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0  # visible output only
    reasoning_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        return self.text_tokens + self.image_tokens

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens + self.reasoning_tokens

    def ticks(self, model: Model) -> int:
        """Return the price of the call; the long-context tier is for all its tokens."""
        threshold = model.long_context_threshold
        long = 0 < threshold <= self.prompt_tokens

        def price(name: str) -> int:
            plain: int = getattr(model, name)
            return (long and getattr(model, f"{name}_long_context")) or plain

        fresh = max(0, self.text_tokens - self.cached_tokens)
        output = self.completion_tokens + self.reasoning_tokens
        return (
            fresh * price("prompt_text_token_price")
            + self.cached_tokens * price("cached_prompt_text_token_price")
            + self.image_tokens * model.prompt_image_token_price
            + output * price("completion_text_token_price")
        )

    def chat_json(self, model: Model) -> dict[str, Any]:
        """Return the `usage` of /v1/chat/completions and /v1/completions."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens,
            "prompt_tokens_details": {
                "text_tokens": self.text_tokens,
                "audio_tokens": 0,
                "image_tokens": self.image_tokens,
                "cached_tokens": self.cached_tokens,
            },
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
            "num_sources_used": 0,
            "cost_in_usd_ticks": self.ticks(model),
        }

    def messages_json(self) -> dict[str, int]:
        """Return the `usage` of /v1/messages: cached tokens stand apart, no cost."""
        return {
            "input_tokens": self.prompt_tokens - self.cached_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": self.cached_tokens,
            "output_tokens": self.completion_tokens + self.reasoning_tokens,
        }

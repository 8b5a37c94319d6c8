"""How prices are called and said on the page of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from console.finance.one_model.prices import Prices
from console.lib.templatetags.gatehouse import usd_per_million

NAMES: Final[Mapping[str, str]] = {
    "prompt_text_token_price": "input",
    "cached_prompt_text_token_price": "cached",
    "prompt_image_token_price": "image",
    "completion_text_token_price": "output",
    "search_price": "search",
    "prompt_text_token_price_long_context": "long input",
    "cached_prompt_text_token_price_long_context": "long cached",
    "completion_text_token_price_long_context": "long output",
    "long_context_threshold": "long from",
}
SAID: Final = {  # in this order, with these words
    "prompt_text_token_price": "in",
    "cached_prompt_text_token_price": "cached",
    "completion_text_token_price": "out",
}
PROVEN: Final = ("completion_text_token_price", "prompt_text_token_price")


@dataclass(frozen=True, slots=True)
class Proof:
    """How one shown price comes from what xAI told."""

    field: str
    told: int  # ticks per token
    dollars: str  # per million tokens


def dollars(price: int) -> str:
    """Write a price per million tokens."""
    return f"${usd_per_million(price)}"


def sentence(model_id: str, prices: Prices, *, listed: bool) -> str:
    """Say what a model costs, or cost when it was last told."""
    told = [
        f"{dollars(price)} {word}"
        for name, word in SAID.items()
        if (price := prices[name]) is not None
    ]
    if not told:
        return f"What {model_id} costs is not told by xAI"
    untold = [word for name, word in SAID.items() if prices[name] is None]
    costs = "costs" if listed else "cost, when it was last listed,"
    missing = f"; {' and '.join(untold)} not told" if untold else ""
    return f"{model_id} {costs} {', '.join(told)} per 1M tokens{missing}"


def proof(prices: Prices) -> Proof | None:
    """Return how the output price is made; of the input if there is none."""
    for name in PROVEN:
        price = prices[name]
        if price is not None:
            return Proof(name, price, dollars(price))
    return None

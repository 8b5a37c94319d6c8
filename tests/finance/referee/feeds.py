"""What tests compare: xAI's prices as the referee sees them, and files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.catalog.costs import Prices
from console.finance.referee.cases import Past
from console.finance.referee.compare import compare
from console.finance.referee.formats import read
from console.finance.referee.verdicts import Model, Row, Told, Verdict

FILES = Path(__file__).with_name("files")
LITELLM = (FILES / "litellm.json").read_text()
MODELS_DEV = (FILES / "models-dev.json").read_text()
JUNE_9 = datetime(2026, 6, 9, 6, 15, tzinfo=UTC)


def prices(**changes: int | None) -> Prices:
    """Return grok-4.3's prices of late 2026, in ticks per token."""
    known: dict[str, int | None] = {
        "prompt_text_token_price": 12_500,
        "cached_prompt_text_token_price": 2_000,
        "prompt_image_token_price": 12_500,
        "completion_text_token_price": 25_000,
        "prompt_text_token_price_long_context": 25_000,
        "cached_prompt_text_token_price_long_context": 4_000,
        "completion_text_token_price_long_context": 50_000,
        "long_context_threshold": 200_000,
    }
    return Prices(**{**known, **changes})


def standard(text: int | None, cached: int | None, out: int | None) -> Prices:
    """Return prices without a long-context tier."""
    return prices(
        prompt_text_token_price=text,
        cached_prompt_text_token_price=cached,
        completion_text_token_price=out,
        prompt_text_token_price_long_context=0,
        cached_prompt_text_token_price_long_context=0,
        completion_text_token_price_long_context=0,
        long_context_threshold=0,
    )


def model(
    model_id: str = "grok-4.3", *told: Prices, past: Prices | None = None, **facts: Any
) -> Model:
    """Return a model that teams 0, 1 and so on are told these prices of."""
    known: dict[str, Any] = {
        "aliases": (f"{model_id}-latest",),
        "context": 1_000_000,
        "told": tuple(
            Told(prices=one, teams=(f"team {number}",))
            for number, one in enumerate(told or (prices(),))
        ),
        "past": () if past is None else (Past(past, JUNE_9),),
    }
    return Model(model_id=model_id, **{**known, **facts})


GROK_45 = prices(
    prompt_text_token_price=20_000,
    cached_prompt_text_token_price=3_000,
    completion_text_token_price=60_000,
    prompt_text_token_price_long_context=40_000,
    cached_prompt_text_token_price_long_context=6_000,
    completion_text_token_price_long_context=120_000,
)
XAI = [
    model(),
    model("grok-4.5", GROK_45),
    model("grok-code-fast-1", standard(2_000, 200, 15_000)),
    model("grok-build-0.1", standard(10_000, 2_000, 20_000)),
]


def litellm(**entries: dict[str, Any]) -> str:
    """Return a file of LiteLLM's shape; `grok_4` is named xai/grok-4."""
    return json.dumps(
        {f"xai/{name.replace('_', '-')}": one for name, one in entries.items()}
    )


def models_dev(**costs: Any) -> str:
    """Return a file of models.dev's shape, by what stands in `cost`."""
    models = {
        name.replace("_", "-"): {"id": name, "cost": cost}
        for name, cost in costs.items()
    }
    return json.dumps({"xai": {"id": "xai", "models": models}})


def found(text: str, *models: Model) -> list[Row]:
    """Return the rows of a comparison."""
    return compare(read(text), models or XAI)


def wrong(text: str, *models: Model) -> list[Row]:
    """Return its mismatches."""
    return [row for row in found(text, *models) if row.verdict is Verdict.MISMATCH]

"""What one entry of a price file says, in dollars per 1M tokens. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from console.finance.referee.fields import LONG, Field
from console.finance.referee.jsontext import Json, Number
from console.lib.redact import escaped, redact

LONGEST_NAME: Final = 120
LONGEST_VALUE: Final = 40
MOST_TIERS: Final = 5
MILLION: Final = 1_000_000
LITELLM_STANDARD: Final = {
    Field.INPUT: "input_cost_per_token",
    Field.CACHED: "cache_read_input_token_cost",
    Field.OUTPUT: "output_cost_per_token",
    Field.REASONING: "output_cost_per_reasoning_token",
    Field.IMAGE: "input_cost_per_image_token",
}
LITELLM_TIERED: Final = {long: LITELLM_STANDARD[short] for long, short in LONG.items()}
LITELLM_TIER: Final = re.compile(
    rf"({'|'.join(LITELLM_TIERED.values())})_above_(\d{{1,9}})(k?)_tokens"
)
MODELS_DEV_STANDARD: Final = {
    Field.INPUT: "input",
    Field.CACHED: "cache_read",
    Field.OUTPUT: "output",
    Field.REASONING: "reasoning",
}
MODELS_DEV_TIERED: Final = {
    long: MODELS_DEV_STANDARD[short] for long, short in LONG.items()
}
LEGACY_THRESHOLD: Final = 200_000  # models.dev's `context_over_200k` names no other


@dataclass(frozen=True, slots=True)
class Quote:
    """One value of the file, with the place it stands at."""

    at: str  # the field's name in the file
    written: str = ""  # as it stands there; empty: missing
    usd: Fraction | None = None  # per 1M tokens; None: missing, or not a price

    @property
    def given(self) -> bool:
        """Whether the file has it at all."""
        return bool(self.written)


@dataclass(frozen=True, slots=True)
class QuotedTier:
    """The prices of long prompts. No threshold: it repeats another tier's prices."""

    at: str  # where the threshold stands
    threshold: int | None  # prompt tokens
    quotes: Mapping[Field, Quote]


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the file."""

    key: str  # its name there, verbatim
    name: str  # the same, fit to be shown
    model: str  # as xAI would name it: the key without its prefix
    raw: Mapping[str, Json]  # verbatim
    quotes: Mapping[Field, Quote]
    tiers: tuple[QuotedTier, ...] = field(default=())

    def usd(self, field: Field) -> Fraction | None:
        """Return a standard price; None when it is missing or none."""
        quote = self.quotes.get(field)
        return quote.usd if quote else None


def shown(name: str) -> str:
    """Return a name from a file as a page may show it."""
    short = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return escaped(redact(short))


def litellm_entry(key: str, raw: Json) -> Entry:
    """Read one entry of LiteLLM's map; one that is no object says nothing."""
    said = raw if isinstance(raw, dict) else {}
    places: dict[int, str] = {}  # by threshold, as it is written
    for name in said:
        if found := LITELLM_TIER.fullmatch(name):
            threshold = int(found[2]) * (1000 if found[3] else 1)
            places.setdefault(threshold, f"_above_{found[2]}{found[3]}_tokens")
    tiers = tuple(
        QuotedTier(
            f"…{place}",
            threshold,
            {
                field: _quote(said, name + place, name + place, MILLION)
                for field, name in LITELLM_TIERED.items()
            },
        )
        for threshold, place in sorted(places.items())[:MOST_TIERS]
    )
    quotes = {
        field: _quote(said, name, name, MILLION)
        for field, name in LITELLM_STANDARD.items()
    }
    return Entry(key, shown(key), key.removeprefix("xai/"), said, quotes, tiers)


def models_dev_entry(key: str, raw: Json) -> Entry:
    """Read one model of models.dev's provider `xai`."""
    said = raw if isinstance(raw, dict) else {}
    cost = object_of(said.get("cost"))
    quotes = {
        field: _quote(cost, name, f"cost.{name}")
        for field, name in MODELS_DEV_STANDARD.items()
    }
    tiers: list[QuotedTier] = []
    listed = cost.get("tiers")
    for number, one in enumerate(listed if isinstance(listed, list) else []):
        threshold = threshold_of(one)
        if threshold is not None and len(tiers) < MOST_TIERS:
            place = f"cost.tiers[{number}]"
            tiers.append(_models_dev_tier(one, place, f"{place}.tier.size", threshold))
    legacy = cost.get("context_over_200k")
    if isinstance(legacy, dict):
        place = "cost.context_over_200k"
        threshold = None if tiers else LEGACY_THRESHOLD
        tiers.append(_models_dev_tier(legacy, place, place, threshold))
    return Entry(key, shown(key), key.removeprefix("xai/"), said, quotes, tuple(tiers))


def object_of(value: Json) -> dict[str, Json]:
    """Return it if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def threshold_of(tier: Json) -> int | None:
    """Return from how many prompt tokens a tier of models.dev holds; None: no tier."""
    said = object_of(tier)
    size = object_of(said.get("tier")).get("size")
    if size is None:
        size = object_of(said.get("context")).get("min")
    exact = size.value if isinstance(size, Number) else None
    return int(exact) if exact is not None and 0 <= exact < 10**12 else None


def _models_dev_tier(
    said: dict[str, Json], place: str, at: str, threshold: int | None
) -> QuotedTier:
    return QuotedTier(
        at,
        threshold,
        {
            field: _quote(said, name, f"{place}.{name}")
            for field, name in MODELS_DEV_TIERED.items()
        },
    )


def _quote(said: Mapping[str, Json], name: str, at: str, scale: int = 1) -> Quote:
    value = said.get(name)
    if value is None:  # null says no more than no field
        return Quote(at)
    written = value.text if isinstance(value, Number) else _other(value)
    if len(written) > LONGEST_VALUE:
        written = f"{written[:LONGEST_VALUE]}…"
    exact = value.value if isinstance(value, Number) else None
    usd = exact * scale if exact is not None and exact >= 0 else None
    return Quote(at, escaped(redact(written)), usd)


def _other(value: Json) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return json.dumps(value)

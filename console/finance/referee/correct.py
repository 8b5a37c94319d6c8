"""Writing xAI's prices into xAI's part of a price file. Pure.

Only what xAI tells is written: a price that it has not told is left out, never 0.
Everything else of an entry stays as it was, to the digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from console.catalog.costs import Prices
from console.finance.referee import jsontext
from console.finance.referee.compare import Catalog, missing
from console.finance.referee.fields import LONG, Field, has_tier, worth
from console.finance.referee.formats import PREFIX, PROVIDER, Feed, Shape, number
from console.finance.referee.jsontext import Json, Number
from console.finance.referee.judge import matching
from console.finance.referee.quotes import (
    LEGACY_THRESHOLD,
    LITELLM_STANDARD,
    LITELLM_TIER,
    LITELLM_TIERED,
    MODELS_DEV_STANDARD,
    MODELS_DEV_TIERED,
    Entry,
    object_of,
    threshold_of,
)
from console.finance.referee.verdicts import Model, Told

NEEDED: Final = (Field.INPUT, Field.OUTPUT)  # less would be read as free of charge
OPTIONAL: Final = (Field.REASONING, Field.IMAGE)  # corrected where they stand


@dataclass(frozen=True, slots=True)
class Correction:
    """A file that holds xAI's entries with xAI's prices."""

    text: str
    entries: int
    added: int  # of them, models that the file did not have
    left: tuple[tuple[str, str], ...]  # entries of the file that are not in it, and why

    @property
    def left_out(self) -> int:
        """How many entries of the file are not in it."""
        return len(self.left)


def correct(feed: Feed, models: Sequence[Model]) -> Correction:
    """Return the override; comparing it again finds no mismatch.

    Where teams are told different prices, an entry gets those it is nearest to.
    Models that the file lacks are added for LiteLLM alone: models.dev asks for facts
    that xAI does not tell.
    """
    catalog = Catalog.of(models)
    made: dict[str, Json] = {}
    left: list[tuple[str, str]] = []
    for entry in feed.entries:
        model = catalog.find(entry)
        told = _nearest(entry, model.sound) if model else None
        if told is None:
            left.append((entry.name, _why_left(model)))
        else:
            write = _litellm if feed.shape is Shape.LITELLM else _models_dev
            made[entry.key] = write(entry.raw, told.prices)
    corrected = len(made)
    if feed.shape is Shape.LITELLM:
        made |= _added(missing(feed, models))
    part = made
    if feed.shape is Shape.MODELS_DEV:
        part = {PROVIDER: {"id": PROVIDER, **feed.provider, "models": made}}
    return Correction(
        jsontext.write(part),
        entries=len(made),
        added=len(made) - corrected,
        left=tuple(left),
    )


def _why_left(model: Model | None) -> str:
    if model is None or not model.told:
        return "xAI does not list it"
    if not model.sound:
        return "xAI's price is odd and not confirmed"
    return "xAI has not told its prices of input and output"


def _nearest(entry: Entry, sound: Iterable[Told]) -> Told | None:
    """Return whose prices the entry has most of; None where none can be written."""
    usable = [told for told in sound if _is_whole(told.prices)]
    return max(usable, key=lambda told: matching(entry, told.prices), default=None)


def _is_whole(prices: Prices) -> bool:
    return all(worth(prices, field) is not None for field in NEEDED)


def _litellm(raw: Mapping[str, Json], prices: Prices) -> dict[str, Json]:
    wanted = {
        name: worth(prices, field)
        for field, name in LITELLM_STANDARD.items()
        if name in raw or _is_added(prices, field)
    }
    if has_tier(prices):
        tokens = prices.long_context_threshold or 0
        place = f"{tokens // 1000}k" if tokens % 1000 == 0 else f"{tokens}"
        for field, name in LITELLM_TIERED.items():
            if f"{name}_above_{place}_tokens" in raw or _is_added(prices, field):
                wanted[f"{name}_above_{place}_tokens"] = worth(prices, field)
    others = {
        name: value
        for name, value in raw.items()
        if name in wanted or not LITELLM_TIER.fullmatch(name)
    }
    return _filled(others, wanted, Shape.LITELLM)


def _models_dev(raw: Mapping[str, Json], prices: Prices) -> dict[str, Json]:
    cost = object_of(raw.get("cost"))
    listed, legacy = cost.get("tiers"), cost.get("context_over_200k")
    rest = {
        name: value
        for name, value in cost.items()
        if name not in ("tiers", "context_over_200k")
    }
    made = _filled(rest, _named(cost, MODELS_DEV_STANDARD, prices), Shape.MODELS_DEV)
    tokens = prices.long_context_threshold or 0
    if has_tier(prices):
        if isinstance(listed, list) or legacy is None or tokens != LEGACY_THRESHOLD:
            made["tiers"] = [_tier(listed, tokens, prices)]
        if isinstance(legacy, dict) and tokens >= LEGACY_THRESHOLD:
            made["context_over_200k"] = _filled(
                legacy, _named(legacy, MODELS_DEV_TIERED, prices), Shape.MODELS_DEV
            )
        elif "tiers" not in made:
            made["tiers"] = [_tier(listed, tokens, prices)]
    return {**raw, "cost": made}


def _tier(listed: Json, tokens: int, prices: Prices) -> dict[str, Json]:
    """Return the tier from so many tokens on, with what else the file says of it."""
    listed = listed if isinstance(listed, list) else []
    tiers = [one for one in listed if isinstance(one, dict)]
    right = [one for one in tiers if threshold_of(one) == tokens]
    old: dict[str, Json] = next(iter(right or tiers), {})
    made = _filled(old, _named(old, MODELS_DEV_TIERED, prices), Shape.MODELS_DEV)
    if threshold_of(old) != tokens:
        made.pop("context", None)
        made["tier"] = {"type": "context", "size": Number(f"{tokens}")}
    return made


def _named(
    old: Mapping[str, Json], names: Mapping[Field, str], prices: Prices
) -> dict[str, Fraction | None]:
    """Return what is to stand under which name; None: nothing."""
    return {
        name: worth(prices, field)
        for field, name in names.items()
        if name in old or _is_added(prices, field)
    }


def _is_added(prices: Prices, field: Field) -> bool:
    """Tell whether a price is written where the file has none."""
    if field in OPTIONAL:
        return False
    cached = Field.LONG_CACHED if field in LONG else Field.CACHED
    return field is not cached or bool(worth(prices, field))


def _filled(
    old: Mapping[str, Json], wanted: Mapping[str, Fraction | None], shape: Shape
) -> dict[str, Json]:
    """Return `old` with these values, what is right already as it is written."""
    made: dict[str, Json] = {}
    for name, value in old.items():
        if name not in wanted:
            made[name] = value
        elif (usd := wanted[name]) is not None:
            exact = value.value if isinstance(value, Number) else None
            right = exact is not None and exact * shape.per_token == usd
            made[name] = value if right else number(usd, shape)
    for name, usd in wanted.items():
        if name not in made and usd is not None:
            made[name] = number(usd, shape)
    return made


def _added(models: Iterable[Model]) -> dict[str, Json]:
    """Return entries of LiteLLM for models that a file does not have."""
    made: dict[str, Json] = {}
    for model in models:
        told = next((one for one in model.sound if _is_whole(one.prices)), None)
        if told is not None:
            raw: dict[str, Json] = {"litellm_provider": PROVIDER, "mode": "chat"}
            if model.context is not None:
                raw["max_input_tokens"] = Number(f"{model.context}")
            made[PREFIX + model.model_id] = _litellm(raw, told.prices)
    return made

"""What incidents of changed prices and models say. Pure; ids are xAI's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from console.alerts.models import IncidentKind
from console.alerts.wording import capital, listed
from console.catalog.models import CatalogChange, ChangeKind
from console.lib.dollars import signed_usd
from console.lib.redact import escaped
from console.lib.templatetags.gatehouse import usd_per_million

NAMED: Final = 3  # prices, or changes; more are counted
PRICES: Final = {
    "prompt_text_token_price": "input",
    "cached_prompt_text_token_price": "cached input",
    "prompt_image_token_price": "image input",
    "completion_text_token_price": "output",
    "search_price": "search",
    "prompt_text_token_price_long_context": "input of long prompts",
    "cached_prompt_text_token_price_long_context": "cached input of long prompts",
    "completion_text_token_price_long_context": "output of long prompts",
    "long_context_threshold": "where long prompts begin",
}
FIRST: Final = (  # what most calls pay; the others come as xAI lists them
    "prompt_text_token_price",
    "completion_text_token_price",
    "cached_prompt_text_token_price",
)
BY_WEIGHT: Final = (*FIRST, *(field for field in PRICES if field not in FIRST))
NOT_A_TOKEN_PRICE: Final = ("search_price", "long_context_threshold")
FIELDS: Final = {
    "version": "version",
    "fingerprint": "fingerprint",
    "input_modalities": "kinds of input",
    "output_modalities": "kinds of output",
    "context_length": "context length",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would have cost one team in the 30 days before it."""

    team: str
    ticks: int  # new minus old
    calls: int


def of_changes(
    kind: IncidentKind,
    changes: Sequence[CatalogChange],
    effects: Mapping[UUID, Sequence[Effect]],
) -> tuple[str, str]:
    """Return title and sentence for changes of one model that one look found."""
    model_id = escaped(changes[0].model.model_id)
    told = [
        part
        for change in changes
        for part in (in_words(change), effect_in_words(effects.get(change.pk, ())))
        if part
    ]
    sentence = " ".join(told[: 2 * NAMED])
    if kind == IncidentKind.ODD_PRICE:
        sentence += (
            " Gatehouse computes no cost with it until a person confirms it on the "
            "page of the model."
        )
        return f"The new price of {model_id} is not plausible", sentence
    if kind == IncidentKind.PRICE_CHANGE:
        return f"The price of {model_id} changed", sentence
    if len(changes) == 1:
        return title_of(changes[0]), sentence
    return f"{model_id} changed", sentence


def title_of(change: CatalogChange) -> str:
    """Return a short sentence without its full stop."""
    model_id = escaped(change.model.model_id)
    match change.kind:
        case ChangeKind.PRICE:
            return f"The price of {model_id} changed"
        case ChangeKind.LISTED:
            return f"xAI lists a new model, {model_id}"
        case ChangeKind.UNLISTED:
            return f"{model_id} is no longer listed"
        case ChangeKind.RELISTED:
            return f"{model_id} is listed again"
        case ChangeKind.ALIAS:
            return f"The alias {escaped(change.field)} {_moved(change)}"
        case ChangeKind.TOKENIZER:
            return f"The tokenizer of {model_id} changed"
    return capital(f"the {FIELDS.get(change.field, change.kind)} of {model_id} changed")


def in_words(change: CatalogChange) -> str:
    """Say what changed, from what to what."""
    match change.kind:
        case ChangeKind.PRICE:
            told = steps_in_words(change.before or {}, change.after or {})
            return capital(f"{told}; in USD per million tokens.")
        case ChangeKind.ALIAS:
            return f"The alias {escaped(change.field)} {_moved(change)}."
        case ChangeKind.LISTED | ChangeKind.RELISTED:
            return "Teams may call it, as far as the rules of their keys allow."
        case ChangeKind.UNLISTED:
            return "Calls that name it may fail; look which keys and scripts do."
        case ChangeKind.TOKENIZER:
            return (
                f"The same test texts are {_value(change.after)} tokens, were "
                f"{_value(change.before)}."
            )
    what = FIELDS.get(change.field, change.field)
    told = f"{what} from {_value(change.before)} to {_value(change.after)}."
    return capital(told)


def effect_in_words(effects: Sequence[Effect]) -> str:
    """Say what it would have cost, and whom; empty without any use."""
    if not sum(effect.calls for effect in effects):
        return ""
    total = sum(effect.ticks for effect in effects)
    if total == 0:
        return "At the use of the last 30 days that costs the same."
    dearest = effects[0]
    whole = sum(abs(effect.ticks) for effect in effects)
    share = 100 * abs(dearest.ticks) // whole
    whose = f", {share}% of it from {dearest.team}" if len(effects) > 1 else ""
    return f"At the use of the last 30 days: {signed_usd(total)} per month{whose}."


def steps_in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Say the weightiest prices that moved, and how many others did."""
    told = [
        f"{PRICES[field]} from {_price(field, before.get(field))} to "
        f"{_price(field, after[field])}"
        for field in BY_WEIGHT
        if field in after
    ]
    named = told[:NAMED]
    if len(told) > NAMED:
        named.append(f"{len(told) - NAMED} more")
    return listed(named)


def _price(field: str, value: int | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:,}" if field in NOT_A_TOKEN_PRICE else usd_per_million(value)


def _moved(change: CatalogChange) -> str:
    if change.after is None:
        return f"no longer stands for {escaped(str(change.before))}"
    if change.before is None:
        return f"now stands for {escaped(change.after)}"
    return f"moved from {escaped(change.before)} to {escaped(change.after)}"


def _value(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return escaped(", ".join(map(str, value))) or "nothing"
    return escaped(str(value)[:100])

"""Models, prices and keys that calls need, made directly."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from console import xai
from console.accounts.models import Team
from console.audit.actors import SYSTEM
from console.catalog.models import LanguageModel, PriceVersion
from console.keys import custody
from console.keys.models import ApiKey, KeyModel, KeyState

EVERYTHING = ("api-key:model:*", "api-key:endpoint:*")
GROK = "grok-4.3"
PRICES = {  # ticks per token, as xAI sells grok-4.3
    "prompt_text_token_price": 12500,
    "cached_prompt_text_token_price": 2000,
    "prompt_image_token_price": 12500,
    "completion_text_token_price": 25000,
    "prompt_text_token_price_long_context": 25000,
    "cached_prompt_text_token_price_long_context": 4000,
    "completion_text_token_price_long_context": 50000,
    "long_context_threshold": 200000,
}


def language_model(
    model_id: str = GROK,
    *,
    aliases: Sequence[str] = (),
    host: str = "xai",
    context_length: int | None = 1_000_000,
    capabilities: dict[str, object] | None = None,
) -> LanguageModel:
    """Store one model of the catalogue."""
    now = timezone.now()
    return LanguageModel.objects.create(
        host=host,
        model_id=model_id,
        aliases=list(aliases),
        context_length=context_length,
        input_modalities=["text", "image"],
        capabilities=capabilities,
        first_seen_at=now,
        last_seen_at=now,
    )


def price(model: LanguageModel, team: Team, **changes: int | None) -> PriceVersion:
    """Store what a team sees as the price of a model, from now on."""
    now = timezone.now()
    facts: dict[str, int | None] = {**PRICES, **changes}
    PriceVersion.objects.newest().filter(model=model, team=team).update(
        superseded_at=now
    )
    return PriceVersion.objects.create(
        model=model, team=team, first_seen_at=now, last_seen_at=now, **facts
    )


def usable(
    key: ApiKey,
    *models: LanguageModel,
    acls: Sequence[str] | None = EVERYTHING,
    state: KeyState = KeyState.ACTIVE,
) -> ApiKey:
    """Let a key have been checked just now: its ACLs, state and models."""
    now = timezone.now()
    facts = {
        "acls": None if acls is None else list(acls),
        "state": state,
        "verified_at": now,
        "checked_at": now,
    }
    ApiKey.objects.filter(pk=key.pk).update(**facts)
    KeyModel.objects.bulk_create(
        KeyModel(key=key, model=model, seen_from=now) for model in models
    )
    key.refresh_from_db()
    return key


def stored(team: Team, label: str) -> ApiKey:
    """Store another key, with a secret of its own."""
    secret = f"xai-{label.replace('-', '')}{'Z' * 40}"
    return custody.store_unverified(
        team=team,
        label=label,
        owner="",
        note="",
        host="xai",
        secret=xai.Secret.parse(secret),
        actor=SYSTEM,
    )

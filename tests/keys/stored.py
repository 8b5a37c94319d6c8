"""Makes rows as the poller would have left them, for tests of the pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.utils import timezone

from console.accounts.models import Team
from console.catalog.differences import KEPT_FACTS
from console.catalog.models import FactsVersion, LanguageModel, PriceVersion
from console.keys.models import ApiKey, KeyModel, KeyState

CHAT_ONLY = ["api-key:model:grok-4.3", "api-key:endpoint:chat"]


def key(team: Team, label: str = "search-prod", **facts: Any) -> ApiKey:
    """Return a key row, not saved: usable, checked a minute ago, without a secret."""
    lately = timezone.now() - timedelta(minutes=1)
    known = {
        "state": KeyState.ACTIVE,
        "state_since": lately,
        "checked_at": lately,
        "verified_at": lately,
        "acls": CHAT_ONLY,
        "last_four": "x9Qf",
        "xai_name": f"{label} at xAI",
    }
    return ApiKey(team=team, host="xai", label=label, **{**known, **facts})


def stored_key(team: Team, label: str = "search-prod", **facts: Any) -> ApiKey:
    """Store one such key."""
    made = key(team, label, **facts)
    made.save(force_insert=True)
    return made


def stored_model(model_id: str = "grok-4.3", **facts: Any) -> LanguageModel:
    """Store one model that takes text and images."""
    known = {
        "version": "1.0",
        "fingerprint": "fp_156d35dcaa",
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "aliases": [f"{model_id}-latest"],
        "context_length": 1_000_000,
        "first_seen_at": timezone.now(),
        "last_seen_at": timezone.now(),
    }
    return LanguageModel.objects.create(
        host="xai", model_id=model_id, **{**known, **facts}
    )


def stored_price(model: LanguageModel, team: Team, **prices: Any) -> PriceVersion:
    """Store what one team is told: grok-4.3's prices of late 2026.

    It takes its place among the versions that are stored, older and newer ones.
    """
    known: dict[str, Any] = {
        "prompt_text_token_price": 12_500,
        "cached_prompt_text_token_price": 2_000,
        "prompt_image_token_price": 12_500,
        "completion_text_token_price": 25_000,
        "prompt_text_token_price_long_context": 25_000,
        "cached_prompt_text_token_price_long_context": 4_000,
        "completion_text_token_price_long_context": 50_000,
        "long_context_threshold": 200_000,
        "first_seen_at": timezone.now() - timedelta(days=3),
        "last_seen_at": timezone.now(),
    }
    known |= prices
    others = PriceVersion.objects.filter(model=model, team=team)
    newer = others.filter(first_seen_at__gt=known["first_seen_at"])
    known["superseded_at"] = newer.aggregate(Min("first_seen_at"))["first_seen_at__min"]
    before = others.filter(first_seen_at__lt=known["first_seen_at"]).first()
    if before is not None:
        before.superseded_at = known["first_seen_at"]
        just_before = known["first_seen_at"] - timedelta(seconds=1)
        before.last_seen_at = min(before.last_seen_at, just_before)
        before.save(update_fields=["superseded_at", "last_seen_at"])
    if known["superseded_at"] is not None:
        just_before = known["superseded_at"] - timedelta(seconds=1)
        known["last_seen_at"] = min(known["last_seen_at"], just_before)
    return PriceVersion.objects.create(model=model, team=team, **known)


def stored_facts(model: LanguageModel, team: Team) -> FactsVersion:
    """Store that one team is told what the model is."""
    return FactsVersion.objects.create(
        model=model,
        team=team,
        first_seen_at=model.first_seen_at,
        last_seen_at=model.last_seen_at,
        **{name: getattr(model, name) for name in KEPT_FACTS},
    )


def sees(api_key: ApiKey, model: LanguageModel, until: datetime | None = None) -> None:
    """Store that a key sees a model, or saw it until then."""
    KeyModel.objects.create(
        key=api_key,
        model=model,
        seen_from=timezone.now() - timedelta(days=9),
        seen_until=until,
    )

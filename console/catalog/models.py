"""Models and their prices, as xAI lists them."""

from __future__ import annotations

import uuid

from django.db import models

from console.accounts.models import Team


class LanguageModel(models.Model):
    """One model id on one upstream host, with the newest facts any key told us.

    `None` in a fact means xAI did not tell it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=64)  # a name of XAI_HOSTS
    model_id = models.CharField(max_length=200)
    created_upstream_at = models.DateTimeField(null=True)
    owned_by = models.CharField(max_length=100, null=True)  # noqa: DJ001
    version = models.CharField(max_length=100, null=True)  # noqa: DJ001
    fingerprint = models.CharField(max_length=100, null=True)  # noqa: DJ001
    input_modalities = models.JSONField(null=True)  # list of text
    output_modalities = models.JSONField(null=True)  # list of text
    aliases = models.JSONField(null=True)  # list of text
    context_length = models.BigIntegerField(null=True)  # tokens
    capabilities = models.JSONField(null=True)  # object, verbatim
    raw = models.JSONField(default=dict)  # /v1/language-models, verbatim
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ["model_id"]
        constraints = [
            models.UniqueConstraint(fields=["host", "model_id"], name="model_once")
        ]

    def __str__(self) -> str:
        return self.model_id


PRICE_FIELDS = (
    "prompt_text_token_price",
    "cached_prompt_text_token_price",
    "prompt_image_token_price",
    "completion_text_token_price",
    "search_price",
    "prompt_text_token_price_long_context",
    "cached_prompt_text_token_price_long_context",
    "completion_text_token_price_long_context",
    "long_context_threshold",
)


class PriceVersion(models.Model):
    """What one model cost from `first_seen_at` to `last_seen_at`, both included.

    As the keys of one team saw it; in ticks per token, as xAI names the fields.
    Append-only: a poll that sees the same prices only moves `last_seen_at`, other
    prices make a new row, and between two rows lies the gap in which it changed.
    None means not told; a long-context price or threshold of 0 means no such tier.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(
        LanguageModel, on_delete=models.PROTECT, related_name="prices"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="prices")
    prompt_text_token_price = models.BigIntegerField(null=True)
    cached_prompt_text_token_price = models.BigIntegerField(null=True)
    prompt_image_token_price = models.BigIntegerField(null=True)
    completion_text_token_price = models.BigIntegerField(null=True)
    search_price = models.BigIntegerField(null=True)
    prompt_text_token_price_long_context = models.BigIntegerField(null=True)
    cached_prompt_text_token_price_long_context = models.BigIntegerField(null=True)
    completion_text_token_price_long_context = models.BigIntegerField(null=True)
    long_context_threshold = models.BigIntegerField(null=True)  # tokens
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "team", "first_seen_at"], name="price_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")),
                name="price_version_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} from {self.first_seen_at:%Y-%m-%d %H:%M}"

"""What models cost."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models

from console.accounts.models import Team, User
from console.catalog.models.listing import LanguageModel

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

PER_TOKEN = tuple(
    field
    for field in PRICE_FIELDS
    if field not in ("search_price", "long_context_threshold")
)

# After the first look that told it, up to and with the next version's; for ever if
# there is none. An index holds it, since the past has very many versions.
HELD = models.Func(
    "first_seen_at",
    "superseded_at",
    models.Value("(]"),
    function="tstzrange",
    output_field=DateTimeRangeField(),
)


class PriceVersionQuerySet(models.QuerySet["PriceVersion"]):
    """Price versions, by who looks and by what they are good for."""

    def visible_to(self, user: User | AnonymousUser) -> PriceVersionQuerySet:
        """Keep what teams of this person were told."""
        if not isinstance(user, User):
            return self.none()
        return self if user.sees_all_teams else self.filter(team__in=user.team_ids())

    def newest(self) -> PriceVersionQuerySet:
        """Keep what each team was told last of each model."""
        return self.filter(superseded_at=None)

    def holding_at(self, moment: datetime) -> PriceVersionQuerySet:
        """Keep what each team was told last of each model before a moment."""
        return self.alias(held=HELD).filter(**{"held__contains": moment})

    def doubted(self) -> PriceVersionQuerySet:
        """Keep odd ones that nobody confirmed."""
        return self.exclude(odd=[]).filter(confirmed_at=None)

    def sound(self) -> PriceVersionQuerySet:
        """Keep what costs may be computed with: plausible, or confirmed."""
        return self.filter(models.Q(odd=[]) | models.Q(confirmed_at__isnull=False))


class PriceVersion(models.Model):
    """What one model cost from `first_seen_at` to `last_seen_at`, both included.

    As the keys of one team saw it; in ticks per token, as xAI names the fields.
    Append-only: a poll that sees the same prices only moves `last_seen_at`. Other
    prices make a new row, and so do the same ones after a time without any look
    or after a look that missed the model; between two rows lies the gap of which
    nothing is known but its ends. None means not told; a long-context price or
    threshold of 0 means no such tier.
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
    prices_digest = models.GeneratedField(  # the same for the same prices
        expression=models.Func(
            models.Func(*PRICE_FIELDS, function="ROW"),
            models.Value(0),
            function="hash_record_extended",
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)  # start of the next one
    missing_at = models.DateTimeField(null=True)  # of the first look without the model
    odd = ArrayField(  # fields whose step is not plausible
        models.CharField(max_length=64), default=list
    )
    confirmed_at = models.DateTimeField(null=True)  # by a person, though it is odd
    confirmed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = PriceVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "team", "first_seen_at"], name="price_version_once"
            ),
            models.UniqueConstraint(
                fields=["model", "team"],
                condition=models.Q(superseded_at=None),
                name="price_version_newest_once",
            ),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")),
                name="price_version_forward",
            ),
            models.CheckConstraint(
                condition=models.Q(superseded_at=None)
                | models.Q(superseded_at__gt=models.F("last_seen_at")),
                name="price_version_apart",
            ),
        ]
        indexes = [
            models.Index(  # few, so a page finds them at once
                fields=["model"],
                condition=~models.Q(odd=[]) & models.Q(confirmed_at=None),
                name="price_version_doubted",
            ),
            models.Index(fields=["prices_digest"], name="price_version_alike"),
            GistIndex(HELD, name="price_version_held"),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} from {self.first_seen_at:%Y-%m-%d %H:%M}"

    @property
    def is_sound(self) -> bool:
        """Whether costs may be computed with it."""
        return not self.odd or self.confirmed_at is not None

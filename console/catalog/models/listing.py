"""What a model is, beside its prices."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models

from console.accounts.models import Team, User


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


class FactsVersionQuerySet(models.QuerySet["FactsVersion"]):
    """Versions of facts, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> FactsVersionQuerySet:
        """Keep what teams of this person were told."""
        if not isinstance(user, User):
            return self.none()
        return self if user.sees_all_teams else self.filter(team__in=user.team_ids())


class FactsVersion(models.Model):
    """What one model was from `first_seen_at` to `last_seen_at`, both included.

    As the keys of one team were told; kept as prices are kept (`PriceVersion`), so
    that two teams that are told different things never look like a change. None
    means not told.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(
        LanguageModel, on_delete=models.PROTECT, related_name="facts"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=100, null=True)  # noqa: DJ001
    fingerprint = models.CharField(max_length=100, null=True)  # noqa: DJ001
    input_modalities = models.JSONField(null=True)  # list of text
    output_modalities = models.JSONField(null=True)  # list of text
    aliases = models.JSONField(null=True)  # list of text
    context_length = models.BigIntegerField(null=True)  # tokens
    raw_digest = models.CharField(max_length=64, blank=True)  # of its newest answer
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)  # start of the next one

    objects = FactsVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "team", "first_seen_at"], name="facts_version_once"
            ),
            models.UniqueConstraint(
                fields=["model", "team"],
                condition=models.Q(superseded_at=None),
                name="facts_version_newest_once",
            ),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")),
                name="facts_version_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"facts of {self.model_id} from {self.first_seen_at:%Y-%m-%d %H:%M}"

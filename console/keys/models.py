"""Stored keys, what xAI said of them, and what changed."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel


class KeyState(models.TextChoices):
    """The strongest thing known about a key. Staleness is judged beside it."""

    ACTIVE = "active", "Usable"
    TEAM_BLOCKED = "team_blocked", "Team blocked"
    KEY_BLOCKED = "key_blocked", "Key blocked"
    REJECTED = "rejected", "Rejected"
    DISABLED = "disabled", "Disabled"
    UNREACHABLE = "unreachable", "Unreachable"
    UNKNOWN = "unknown", "Never checked"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Keys, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> ApiKeyQuerySet:
        """Keep the keys this person may see; removed keys are gone for all."""
        stored = self.filter(removed_at=None)
        if not isinstance(user, User):
            return stored.none()
        if user.sees_all_teams:
            return stored
        return stored.filter(team__memberships__user=user)


class ApiKey(models.Model):
    """A stored xAI key and the newest facts about it.

    `sealed_secret` opens only for this row, `secret_version`, team and host. Facts
    with an `xai_` name are xAI's own and None until first told. `verified_at` is the
    time of the last good answer, `checked_at` of the last try.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="keys")
    host = models.CharField(max_length=64)  # a name of XAI_HOSTS
    label = models.CharField(max_length=100)
    owner = models.CharField(max_length=100, blank=True)  # a name or an address
    note = models.TextField(max_length=1000, blank=True)
    sealed_secret = models.BinaryField(null=True, editable=False)  # None once removed
    secret_version = models.PositiveIntegerField(default=1)
    fingerprint = models.BinaryField(max_length=32, null=True, editable=False)
    last_four = models.CharField(max_length=4)
    watched = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    removed_at = models.DateTimeField(null=True)

    state = models.CharField(max_length=16, choices=KeyState, default=KeyState.UNKNOWN)
    state_since = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)  # newest KeyChange
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    models_checked_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row, without an answer
    refused_at = models.DateTimeField(null=True)  # first of the refusals in a row
    problem = models.CharField(max_length=200, blank=True)  # our words, last failure

    xai_key_id = models.CharField(max_length=64, blank=True)
    xai_team_id = models.CharField(max_length=64, blank=True)
    xai_name = models.CharField(max_length=200, null=True)  # noqa: DJ001
    xai_redacted = models.CharField(max_length=64, null=True)  # noqa: DJ001
    xai_created_by = models.CharField(max_length=64, null=True)  # noqa: DJ001
    xai_modified_by = models.CharField(max_length=64, null=True)  # noqa: DJ001
    xai_created_at = models.DateTimeField(null=True)
    xai_modified_at = models.DateTimeField(null=True)
    acls = models.JSONField(null=True)  # list of text, verbatim
    team_blocked = models.BooleanField(null=True)
    api_key_blocked = models.BooleanField(null=True)
    api_key_disabled = models.BooleanField(null=True)
    raw = models.JSONField(null=True)  # /v1/api-key, verbatim

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=KeyState.values), name="key_state_known"
            ),
            models.UniqueConstraint(
                fields=["fingerprint"],
                name="key_stored_once",
                condition=models.Q(removed_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="key_by_state"),
            models.Index(fields=["label", "id"], name="key_by_label"),
            models.Index(fields=["changed_at", "id"], name="key_by_change"),
            models.Index(fields=["checked_at", "id"], name="key_by_check"),
        ]

    def __str__(self) -> str:
        return self.label


class KeySnapshot(models.Model):
    """What /v1/api-key said from `first_seen_at` to `last_seen_at`, both included.

    A poll that sees no change only moves `last_seen_at`, so the table grows with
    changes and not with polls. Between two snapshots of one key lies the gap in
    which the change happened.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="snapshots")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    facts = models.JSONField()  # compared from poll to poll, by names of FACTS
    raw = models.JSONField()  # the whole answer, verbatim

    class Meta:
        ordering = ["-first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "first_seen_at"], name="snapshot_once"
            ),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")),
                name="snapshot_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} from {self.first_seen_at:%Y-%m-%d %H:%M}"


class KeyChange(models.Model):
    """One field that differed, and the gap in which it happened.

    It was `before` when seen at `gap_from` and `after` when seen at `gap_until`.
    `field` is a name of `observations.FACTS`, or "state" for a state that no
    snapshot holds (rejected, unreachable).
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="changes")
    field = models.CharField(max_length=32)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    gap_from = models.DateTimeField(null=True)
    gap_until = models.DateTimeField()
    modified_by = models.CharField(max_length=64, blank=True)  # xAI's word, if it moved

    class Meta:
        ordering = ["-gap_until", "-id"]
        indexes = [
            models.Index(fields=["-gap_until", "-id"], name="change_newest"),
            models.Index(fields=["key", "-gap_until"], name="change_of_key"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.field} {self.gap_until:%Y-%m-%d %H:%M}"


class KeyModel(models.Model):
    """This key sees this model since `seen_from`; `seen_until` None means still.

    `seen_until` is the last time it was seen, once it was missed.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="sees")
    model = models.ForeignKey(
        LanguageModel, on_delete=models.CASCADE, related_name="seen_by"
    )
    seen_from = models.DateTimeField()
    seen_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "model"],
                condition=models.Q(seen_until=None),
                name="key_sees_model_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key_id} sees {self.model_id}"

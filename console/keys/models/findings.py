"""Results of the ACL linter."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from console.accounts.models import User
from console.keys.models.api_key import ApiKey


class FindingKind(models.TextChoices):
    """What the linter can find."""

    DOES_NOTHING = "does_nothing", "Can do nothing"
    FULL_WILDCARD = "full_wildcard", "May do everything"
    GONE_MODEL = "gone_model", "Names a model that is not listed"
    ALIAS_ONLY = "alias_only", "Names a model only by an alias"
    UNKNOWN_ENTRY = "unknown_entry", "Entry that is not understood"
    NO_OWNER = "no_owner", "No owner"
    NAME_AND_RIGHTS = "name_and_rights", "Production key with all rights"
    SAME_KEY = "same_key", "Same key twice"
    IDENTITY = "identity", "Identity changed"
    NOT_CHECKED = "not_checked", "Not checked for long"
    TEAM_MISMATCH = "team_mismatch", "Belongs to another team"


class Severity(models.TextChoices):
    """How much a finding matters."""

    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"


class FindingQuerySet(models.QuerySet["Finding"]):
    """Findings, by who looks and by what became of them."""

    def visible_to(self, user: User | AnonymousUser) -> FindingQuerySet:
        """Keep the findings about keys this person may see."""
        return self.filter(key__in=ApiKey.objects.visible_to(user))

    def open(self) -> FindingQuerySet:
        """Keep what still holds, accepted or not."""
        return self.filter(closed_at=None)


class Finding(models.Model):
    """One result of the linter about one key, from `opened_at` until `closed_at`.

    `closed_at` None means it still holds. `subject` is the part of the key it speaks
    of, such as an ACL entry; "" for the whole key. While `accepted_until` lies ahead
    a person has said that it may stay.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=32, choices=FindingKind)
    severity = models.CharField(max_length=8, choices=Severity)
    subject = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)  # facts that its words name
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True)
    accepted_until = models.DateTimeField(null=True)
    accepted_reason = models.CharField(max_length=500, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "kind", "subject"],
                name="finding_open_once",
                condition=models.Q(closed_at=None),
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=FindingKind.values),
                name="finding_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(severity__in=Severity.values),
                name="finding_severity_known",
            ),
        ]
        indexes = [
            models.Index(fields=["key", "-opened_at"], name="finding_of_key"),
            models.Index(
                fields=["severity", "opened_at"],
                name="finding_open",
                condition=models.Q(closed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.kind} {self.subject}".rstrip()

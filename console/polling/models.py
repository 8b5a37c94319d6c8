"""The schedule of polls, and signs of life."""

from __future__ import annotations

from django.db import models

from console.accounts.models import Team
from console.keys.models import ApiKey


class PollKind(models.TextChoices):
    """What is asked: GET /v1/api-key, or the model lists."""

    KEY = "key", "/v1/api-key"
    MODELS = "models", "/v1/language-models"


class PollState(models.Model):
    """When one key is due for one kind of poll, and who holds it.

    A result is written only while its lease holds. A claim moves `due_at` to the end
    of the lease, so an earlier date means: somebody asked meanwhile. All times are
    the database's `statement_timestamp()`.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="polls")
    team = models.ForeignKey(Team, on_delete=models.CASCADE)  # the key's, for the caps
    kind = models.CharField(max_length=16, choices=PollKind)
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row, of any kind
    asked_at = models.DateTimeField(null=True)  # the last "check now"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "kind"], name="poll_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=PollKind.values), name="poll_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="poll_due"),
            models.Index(fields=["team", "due_at"], name="poll_due_of_team"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.kind}"


class Breaker(models.Model):
    """One upstream host's breaker: open until `open_until`, then one probe.

    `failures` are those since `window_from` without any answer between them.
    """

    host = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    failing_key = models.UUIDField(null=True)  # whose failure began the window
    several_keys = models.BooleanField(default=False)  # others failed in it as well
    window_from = models.DateTimeField(null=True)
    open_until = models.DateTimeField(null=True)
    openings = models.PositiveIntegerField(default=0)  # in a row; 0: closed
    probe_key = models.UUIDField(null=True)  # whose poll tries the host again

    def __str__(self) -> str:
        return self.host


class Pulse(models.Model):
    """When a part last finished work: "beat" rang, "worker" ended a batch."""

    part = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.part

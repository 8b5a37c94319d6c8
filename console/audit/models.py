"""The audit trail's table, and the one of what waits to become an entry."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ActorKind(models.TextChoices):
    """Who can act."""

    PERSON = "person", "person"
    COMMAND = "command", "command on the host"
    SYSTEM = "system", "Gatehouse"


class Entry(models.Model):
    """One act, written in the act's own transaction and chained to the one before.

    `mac` is HMAC(audit key, canonical row and `prev`), `prev` the `mac` of
    `seq` - 1 (32 zero bytes for the first). No foreign keys: an entry outlives
    what it speaks of. Triggers refuse UPDATE, DELETE and TRUNCATE.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16, choices=ActorKind)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=200)
    action = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=32, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    team_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=16, default="done")
    detail = models.JSONField(default=dict)  # before and after of non-secret fields
    key_version = models.PositiveIntegerField()
    prev = models.BinaryField(max_length=32)
    mac = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["-seq"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=ActorKind.values),
                name="audit_actor_kind_known",
            )
        ]
        indexes = [
            models.Index(fields=["at", "seq"], name="audit_by_time"),
            models.Index(fields=["action", "seq"], name="audit_by_action"),
            models.Index(
                fields=["actor_id", "seq"], include=["action"], name="audit_by_actor"
            ),
            models.Index(fields=["object_id", "seq"], name="audit_by_object"),
            models.Index(fields=["team_id", "seq"], name="audit_by_team"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class Tally(models.Model):
    """So many acts of one kind by one actor in one minute, to become one entry.

    For acts that somebody could repeat without end, and for those of a time in
    which the vault is sealed and nothing can be chained.
    """

    minute = models.DateTimeField()
    action = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16)
    actor_kind = models.CharField(max_length=16, choices=ActorKind)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=200)
    address = models.CharField(max_length=64, blank=True)  # the last one
    count = models.PositiveIntegerField(default=1)
    what = ArrayField(models.CharField(max_length=100), default=list)  # different ones

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "action", "actor_kind", "actor_id"],
                name="tally_once",
            ),
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=ActorKind.values),
                name="tally_actor_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.action} in {self.minute:%Y-%m-%d %H:%M}"

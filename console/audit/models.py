"""The audit trail's one table."""

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
    action = models.CharField(max_length=64, db_index=True)
    object_kind = models.CharField(max_length=32, blank=True)
    object_id = models.CharField(max_length=64, blank=True, db_index=True)
    object_name = models.CharField(max_length=200, blank=True)
    team_id = models.UUIDField(null=True, db_index=True)
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

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"

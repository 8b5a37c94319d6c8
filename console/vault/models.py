"""The key ring: what wraps and seals, itself wrapped by the KEK."""

from django.db import models
from django.utils import timezone


class Purpose(models.TextChoices):
    """What one key of the ring is for. One key, one purpose."""

    DATA = "data", "sealing secrets"
    FINGERPRINT = "fingerprint", "recognising secrets"
    AUDIT = "audit", "chaining the audit trail"
    SIGNING = "signing", "signing evidence"


class Keyring(models.Model):
    """One purpose key, wrapped by the KEK that `kek_id` names.

    The newest version of a purpose is used for new work; older ones stay to open
    what they sealed.
    """

    purpose = models.CharField(max_length=16, choices=Purpose)
    version = models.PositiveIntegerField()
    kek_id = models.CharField(max_length=16)
    nonce = models.BinaryField(max_length=12)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "version"], name="keyring_purpose_version"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=Purpose.values),
                name="keyring_purpose_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"

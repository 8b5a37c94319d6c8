"""Snapshots of conversations that colleagues may read."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from console.accounts.models import User


class ShareQuerySet(models.QuerySet["Share"]):
    """Shares, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> ShareQuerySet:
        """Keep this person's own ones; others are opened by their link."""
        return self.filter(owner=user) if isinstance(user, User) else self.none()


class Share(models.Model):
    """A sealed copy of a conversation as it was, open by its link until it expires.

    Of the link only a digest is stored to find it by; the link itself is sealed, so
    that its owner can copy it again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shares")
    token_digest = models.CharField(max_length=64, unique=True)  # SHA-256, hexadecimal
    sealed_token = models.BinaryField()
    sealed_snapshot = models.BinaryField()  # JSON of an export; empty once revoked
    sealed_title = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def reference(self) -> str:
        """Tell it from others without a word of its text."""
        return str(self.pk)[:8]

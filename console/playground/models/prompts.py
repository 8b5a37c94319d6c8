"""Prompts that are written once and used often."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from console.accounts.models import Membership, Team, User


class PromptTemplateQuerySet(models.QuerySet["PromptTemplate"]):
    """Templates, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> PromptTemplateQuerySet:
        """Keep this person's own ones and those of teams they are a member of."""
        if not isinstance(user, User):
            return self.none()
        teams = Membership.objects.filter(user=user).values("team")
        return self.filter(Q(owner=user) | Q(team__in=teams))


class PromptTemplate(models.Model):
    """A prompt with {{variables}}: its owner's, or for a team to use as well."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="prompt_templates"
    )
    team = models.ForeignKey(  # None: for its owner alone
        Team, on_delete=models.CASCADE, null=True, related_name="prompt_templates"
    )
    sealed_name = models.BinaryField()
    sealed_text = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = PromptTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-id"]

    def __str__(self) -> str:
        return str(self.pk)

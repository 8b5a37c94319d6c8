"""Conversations and their turns."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from console.accounts.models import User
from console.usage.models import Endpoint, UsageRecord

KEPT_ENDPOINTS = (Endpoint.CHAT, Endpoint.MESSAGES)
MOST_LANES = 4


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Conversations, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> ConversationQuerySet:
        """Keep this person's own ones that are still kept; no role sees others'."""
        if not isinstance(user, User):
            return self.none()
        return self.filter(owner=user, kept_until__gt=timezone.now())


class Conversation(models.Model):
    """What one person and a model said, until `kept_until`. Nobody else reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)  # the page chooses it
    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="conversations"
    )
    endpoint = models.CharField(max_length=16, choices=Endpoint)
    model = models.CharField(max_length=200, blank=True)  # the one asked last
    sealed_title = models.BinaryField()
    sealed_parameters = models.BinaryField()  # JSON: the fields of the form, as sent
    pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    kept_until = models.DateTimeField()

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(endpoint__in=[*map(str, KEPT_ENDPOINTS)]),
                name="conversation_endpoint_kept",
            )
        ]
        indexes = [
            models.Index(
                fields=["owner", "-pinned", "-updated_at", "id"],
                name="conversation_history",
            ),
            models.Index(fields=["kept_until"], name="conversation_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_chat(self) -> bool:
        """Return whether it goes through the chat endpoint."""
        return self.endpoint == Endpoint.CHAT


class Role(models.TextChoices):
    """Who speaks."""

    USER = "user", "you"
    ASSISTANT = "assistant", "the model"


class TurnState(models.TextChoices):
    """How far an answer has come; what a person says is always whole."""

    COMING = "coming", "still coming"
    WHOLE = "whole", "whole"
    CUT = "cut", "cut off"
    FAILED = "failed", "failed"


class TurnManager(models.Manager["Turn"]):
    """Leaves out the traces, which are larger than most turns and rarely looked at."""

    def get_queryset(self) -> models.QuerySet[Turn]:
        """Return all turns."""
        return super().get_queryset().defer("sealed_trace")


class Turn(models.Model):
    """What was said at one place of a conversation; answers may stand side by side.

    Prompts are in lane 0 for all. The page chooses the id of an answer before it asks,
    so that asking twice is one call. While an answer comes, `kept_at` moves every
    second: if it stands still, the process that read it died.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="turns"
    )
    place = models.PositiveIntegerField()
    lane = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=16, choices=Role)
    state = models.CharField(max_length=16, choices=TurnState, default=TurnState.WHOLE)
    sealed_content = models.BinaryField()  # JSON
    sealed_trace = models.BinaryField(null=True)  # JSON: what its inspector shows
    model = models.CharField(max_length=200, blank=True)  # an answer's, as asked
    record = models.ForeignKey(  # a pinned answer may outlive it: not in the database
        UsageRecord,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    finish = models.CharField(max_length=64, blank=True)  # xAI's word: stop, length
    stop_asked = models.BooleanField(default=False)  # from another web process
    created_at = models.DateTimeField(default=timezone.now)
    kept_at = models.DateTimeField(default=timezone.now)

    objects = TurnManager()

    class Meta:
        ordering = ["place", "lane"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "place", "lane"], name="turn_place_once"
            ),
            models.CheckConstraint(
                condition=models.Q(lane__lt=MOST_LANES), name="turn_lane_known"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="turn_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=TurnState.values), name="turn_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["kept_at"],
                condition=models.Q(state="coming"),
                name="turn_coming",
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.place}.{self.lane}"

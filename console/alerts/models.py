"""Incidents, and who is told of them."""

from __future__ import annotations

import uuid
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from console.accounts.models import Team, User
from console.keys.models import ApiKey

YOU_DECIDE: Final = "You decide on more."


class IncidentKind(models.TextChoices):
    """What can happen."""

    TEAM_BLOCKED = "team_blocked", "Team blocked"
    KEY_BLOCKED = "key_blocked", "Key blocked"
    KEY_DISABLED = "key_disabled", "Key disabled"
    REJECTED = "rejected", "Rejected"
    UNREACHABLE = "unreachable", "Unreachable"
    IDENTITY = "identity", "Identity mismatch"
    OUTSIDE_CHANGE = "outside_change", "Outside change"
    POLLER_SILENT = "poller_silent", "Poller silent"
    PRICE_CHANGE = "price_change", "Price change"
    ODD_PRICE = "odd_price", "Odd price"
    MODEL_CHANGE = "model_change", "Model change"
    BUDGET = "budget", "Budget threshold"
    OVERRUN = "overrun", "Cost over its ceiling"
    COST_DIFFERENCE = "cost_difference", "Cost differs"


class Ending(models.TextChoices):
    """Why an incident ended."""

    RECOVERED = "recovered", "recovered by itself"
    CONFIRMED = "confirmed", "confirmed by a person"
    MERGED = "merged", "part of a wider cause"
    REMOVED = "removed", "the key was removed or is not watched"
    REPLACED = "replaced", "became another problem"
    LAPSED = "lapsed", "the limit that was reached applies no more"


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Incidents, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> IncidentQuerySet:
        """Keep those of teams this person sees; those of no team are for oversight."""
        if not isinstance(user, User):
            return self.none()
        if user.sees_all_teams:
            return self
        return self.filter(team__in=user.team_ids())

    def open(self) -> IncidentQuerySet:
        """Keep those that have not ended."""
        return self.filter(closed_at=None)


class Incident(models.Model):
    """One cause, from when it was noticed until it ended.

    `subject` tells causes of one kind apart: the id of a key or team, the name of a
    host, or "" for Gatehouse itself. One cause has one open incident, however many
    keys it stops.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=32, choices=IncidentKind)
    subject = models.CharField(max_length=64, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True)
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True)
    title = models.CharField(max_length=200)  # our words, as it was opened
    sentence = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(default=dict)  # facts behind the words
    began_at = models.DateTimeField()  # of the cause, as far as it is known
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=16, choices=Ending, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    escalated_at = models.DateTimeField(null=True)
    escalated_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                name="incident_open_once",
                condition=models.Q(closed_at=None),
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=IncidentKind.values),
                name="incident_kind_known",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-opened_at"], name="incident_of_team"),
            models.Index(fields=["key", "-opened_at"], name="incident_of_key"),
            models.Index(fields=["-opened_at", "-id"], name="incident_newest"),
            models.Index(fields=["kind", "subject"], name="incident_of_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".rstrip()

    def told_to(self, reader: User | AnonymousUser) -> str:
        """Return its sentence; the admin whom it names at its end is spoken to."""
        person, named = self.detail.get("decides") or ("", "")
        is_named = isinstance(reader, User) and str(reader.pk) == person
        if not (is_named and self.sentence.endswith(named)):
            return self.sentence
        return self.sentence.removesuffix(named) + YOU_DECIDE


class ChannelKind(models.TextChoices):
    """How a channel is spoken to."""

    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack-compatible webhook"
    WEBHOOK = "webhook", "Signed webhook"


class Channel(models.Model):
    """One place that is told. Its target is sealed: an address can be a secret.

    A removed channel keeps its row for the log of what was sent, without its secrets.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=16, choices=ChannelKind)
    sealed_target = models.BinaryField(null=True, editable=False)  # address or URL
    shown_target = models.CharField(max_length=100)  # so much that one knows it again
    sealed_signing_key = models.BinaryField(null=True, editable=False)
    enabled = models.BooleanField(default=True)
    digest_hour = models.PositiveSmallIntegerField(
        default=8
    )  # UTC, of the daily digest
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ChannelKind.values),
                name="channel_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(digest_hour__lte=23), name="channel_hour_of_day"
            ),
            models.UniqueConstraint(
                fields=["name"],
                name="channel_name_once",
                condition=models.Q(removed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AlertRule(models.Model):
    """Which incidents a channel is told of, and when."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="rules")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True)  # None: all
    kinds = ArrayField(  # empty: all
        models.CharField(max_length=32, choices=IncidentKind), default=list
    )
    cool_down = models.DurationField(null=True)  # between two openings of one cause
    daily = models.BooleanField(default=False)  # once a day together, not at once

    def __str__(self) -> str:
        return f"rule {self.pk} of {self.channel_id}"

    @property
    def kinds_in_words(self) -> str:
        """The kinds, as a person reads them."""
        return ", ".join(IncidentKind(kind).label for kind in self.kinds)


class Event(models.TextChoices):
    """What a channel is told."""

    OPENED = "opened", "opened"
    CLOSED = "closed", "ended"
    ESCALATED = "escalated", "escalated"
    DIGEST = "digest", "daily digest"
    TEST = "test", "test"


class DeliveryState(models.TextChoices):
    """What became of a delivery."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    HELD = "held", "Kept for the digest"
    GATHERED = "gathered", "In a digest"
    COOLED = "cooled", "Not sent: cool-down"


class Delivery(models.Model):
    """One message for one channel, written in the transaction that decided on it.

    A worker takes it by lease, sends it, and writes what came of it while the lease
    holds; so nothing is lost with a worker. `body` is what is sent, made once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="deliveries"
    )
    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    event = models.CharField(max_length=16, choices=Event)
    body = models.JSONField()
    state = models.CharField(
        max_length=16, choices=DeliveryState, default=DeliveryState.WAITING
    )
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)  # our words, last try
    digest_on = models.DateField(null=True)  # the day a digest is for
    digest = models.ForeignKey(  # which told of it, if it was held
        "self", on_delete=models.SET_NULL, null=True, related_name="gathered"
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "incident", "event"], name="delivery_once"
            ),
            models.UniqueConstraint(
                fields=["channel", "digest_on"], name="delivery_digest_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=DeliveryState.values),
                name="delivery_state_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="delivery_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["channel"],
                name="delivery_held",
                condition=models.Q(state="held"),
            ),
            models.Index(fields=["channel", "-created_at"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.channel_id}"

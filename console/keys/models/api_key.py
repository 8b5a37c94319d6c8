"""Stored keys and the newest facts about them."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Cast, Concat, Lower, Replace
from django.utils import timezone

from console.accounts.models import Team, User
from console.keys.breadth import not_known_expression, width_expression


class KeyState(models.TextChoices):
    """The strongest thing known about a key. Staleness is judged beside it."""

    ACTIVE = "active", "Usable"
    TEAM_BLOCKED = "team_blocked", "Team blocked"
    KEY_BLOCKED = "key_blocked", "Key blocked"
    REJECTED = "rejected", "Rejected"
    DISABLED = "disabled", "Disabled"
    UNREACHABLE = "unreachable", "Unreachable"
    UNKNOWN = "unknown", "Never checked"


HIGH_FROM = 10_000  # of finding_weight: one finding of high severity


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Keys, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> ApiKeyQuerySet:
        """Keep the keys this person may see; removed keys are gone for all."""
        stored = self.filter(removed_at=None)
        if not isinstance(user, User):
            return stored.none()
        if user.sees_all_teams:
            return stored
        return stored.filter(team__in=user.team_ids())


def marked() -> models.Q:
    """Return the condition of a key that the rail of every page counts."""
    return models.Q(outside_changes__gt=0) | models.Q(finding_weight__gte=HIGH_FROM)


def _searched() -> Lower:
    """Return all that a search looks at, one per line, in lower case.

    ACLs without what all of them share, or every key would match it.
    """
    text = models.TextField()
    rules: Cast | Replace = Cast("acls", text)
    for shared in ("api-key:model:", "api-key:endpoint:"):
        rules = Replace(rules, models.Value(shared, text), models.Value("", text))
    tags = models.Func("tags", function="keys_as_lines", output_field=text)
    end = models.Value("\n", text)
    first, *others = "label", "owner", "note", "xai_name", "last_four", tags, rules
    lines = (part for each in others for part in (end, each))
    return Lower(Concat(first, *lines, output_field=text))


class ApiKey(models.Model):
    """A stored xAI key and the newest facts about it.

    `sealed_secret` opens only for this row, `secret_version`, team and host. Facts
    with an `xai_` name are xAI's own and None until first told. `verified_at` is the
    time of the last good answer, `checked_at` of the last try.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        related_name="keys",
        db_index=False,  # key_of_team
    )
    host = models.CharField(max_length=64)  # a name of XAI_HOSTS
    label = models.CharField(max_length=100)
    owner = models.CharField(max_length=100, blank=True)  # a name or an address
    note = models.TextField(max_length=1000, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
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
    # SHA-256 of the newest answer of /v1/api-key; the answer is in its snapshot.
    answer_digest = models.BinaryField(max_length=32, null=True, editable=False)
    # xAI's id of another key that answered in place of this one; "" in good order.
    mistaken_for = models.CharField(max_length=64, blank=True)
    outside_changes = models.PositiveIntegerField(default=0)  # that wait for a person
    escalated_changes = models.PositiveIntegerField(default=0)  # that nobody explained

    # Written by `assessment` alone, from ACLs, models seen and prices. None: not known.
    assess_due_at = models.DateTimeField(null=True, default=timezone.now)
    assessed_at = models.DateTimeField(null=True)
    models_in_sight = models.PositiveIntegerField(null=True)  # by xAI's list
    models_in_reach = models.PositiveIntegerField(null=True)  # of those: allowed
    endpoints_in_reach = models.PositiveIntegerField(null=True)
    all_models = models.BooleanField(default=False)  # by the wildcard
    all_endpoints = models.BooleanField(default=False)
    dearest_model = models.CharField(max_length=200, blank=True)  # in reach
    worst_hour_ticks = models.BigIntegerField(null=True)  # cost, if the key leaks
    finding_kinds = ArrayField(  # open and not accepted
        models.CharField(max_length=32), default=list
    )
    finding_weight = models.PositiveIntegerField(default=0)  # sorts by severity

    search_text = models.GeneratedField(
        expression=_searched(), output_field=models.TextField(), db_persist=True
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=KeyState.values), name="key_state_known"
            ),
            models.CheckConstraint(  # so the one may be asked before the other
                condition=models.Q(finding_weight__gt=0) | models.Q(finding_kinds=[]),
                name="key_findings_weigh",
            ),
            models.UniqueConstraint(
                fields=["fingerprint"],
                name="key_stored_once",
                condition=models.Q(removed_at=None),
            ),
        ]
        indexes = [
            # None on what a poll moves: 100,000 keys are polled every few minutes, and
            # a row whose indexed columns stay is updated without touching an index.
            models.Index(Lower("label"), models.F("id"), name="key_by_name"),
            models.Index(fields=["team", "removed_at"], name="key_of_team"),
            models.Index(
                fields=["state"],
                name="key_by_state",
                condition=models.Q(removed_at=None),
            ),
            models.Index(fields=["assess_due_at"], name="key_to_assess"),
            models.Index(  # as the access matrix sorts
                not_known_expression(),
                width_expression().desc(),
                Lower("label"),
                "id",
                name="key_by_width",
                condition=models.Q(removed_at=None),
            ),
            models.Index(
                fields=["xai_key_id"],
                name="key_by_xai_id",
                condition=models.Q(removed_at=None) & ~models.Q(xai_key_id=""),
            ),
            GinIndex(fields=["tags"], name="key_by_tag"),
            models.Index(  # what every page's frame counts
                "outside_changes",
                "finding_weight",
                name="key_marked",
                condition=models.Q(removed_at=None) & marked(),
            ),
        ]

    def __str__(self) -> str:
        return self.label

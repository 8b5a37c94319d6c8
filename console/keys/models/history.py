"""What xAI said of keys over time, what changed, and which state that meant."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel
from console.keys.models.api_key import ApiKey, KeyState


class Origin(models.TextChoices):
    """Whose doing a change is."""

    OUTSIDE = "outside", "a person in xAI's console"
    XAI = "xai", "xAI itself"
    HERE = "here", "a person in Gatehouse"
    OBSERVED = "observed", "nobody: what checks found out"


class Review(models.TextChoices):
    """Whether a person must look at a change, and what they said of it."""

    NONE = "none", "not needed"
    WAITING = "waiting", "waiting"
    CONFIRMED = "confirmed", "confirmed"
    ESCALATED = "escalated", "escalated"


class KeyChangeQuerySet(models.QuerySet["KeyChange"]):
    """Changes, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> KeyChangeQuerySet:
        """Keep the changes of keys this person may see."""
        stored = self.filter(key__removed_at=None)
        if not isinstance(user, User):
            return stored.none()
        if user.sees_all_teams:
            return stored
        return stored.filter(team__in=user.team_ids())


class TeamChecksQuerySet(models.QuerySet["TeamChecks"]):
    """Times of checks, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> TeamChecksQuerySet:
        """Keep those of the teams this person sees."""
        if not isinstance(user, User):
            return self.none()
        return self if user.sees_all_teams else self.filter(team__in=user.team_ids())


class TeamChecks(models.Model):
    """When any key of a team was last checked, and any of its model lists read."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, primary_key=True)
    keys_checked_at = models.DateTimeField(null=True)
    models_checked_at = models.DateTimeField(null=True)

    objects = TeamChecksQuerySet.as_manager()

    def __str__(self) -> str:
        return f"checks of {self.team_id}"


class KeySnapshot(models.Model):
    """What /v1/api-key said from `first_seen_at` to `last_seen_at`, both included.

    A poll that sees no change only moves `last_seen_at`, so the table grows with
    changes and not with polls. Between two snapshots of one key lies the gap in
    which the change happened.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="snapshots")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    facts = models.JSONField()  # compared from poll to poll, by names of FACTS
    raw = models.JSONField()  # its newest answer, whole and verbatim

    class Meta:
        ordering = ["-first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "first_seen_at"], name="snapshot_once"
            ),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")),
                name="snapshot_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} from {self.first_seen_at:%Y-%m-%d %H:%M}"


class KeyChange(models.Model):
    """One field that differed, and the gap in which it happened.

    It was `before` when seen at `gap_from` and `after` when seen at `gap_until`.
    `field` is a name of `observations.FACTS`, or "state" for a state that no
    snapshot holds (rejected, unreachable).
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="changes")
    team = models.ForeignKey(Team, on_delete=models.PROTECT)  # the key's, for the feed
    field = models.CharField(max_length=32)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    gap_from = models.DateTimeField(null=True)
    gap_until = models.DateTimeField()
    modified_by = models.CharField(max_length=64, blank=True)  # xAI's word, if it moved
    origin = models.CharField(max_length=16, choices=Origin)
    review = models.CharField(max_length=16, choices=Review, default=Review.NONE)
    reviewed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.CharField(max_length=500, blank=True)

    objects = KeyChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-gap_until", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(origin__in=Origin.values), name="change_origin_known"
            ),
            models.CheckConstraint(
                condition=models.Q(review__in=Review.values), name="change_review_known"
            ),
            models.CheckConstraint(
                condition=models.Q(review=Review.NONE)
                | models.Q(origin=Origin.OUTSIDE),
                name="change_outside_reviewed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "-gap_until", "-id"], name="change_newest_of_team"
            ),
            # For those who see all teams; the others are for what is rare among all.
            models.Index(fields=["-gap_until", "-id"], name="change_newest"),
            models.Index(
                fields=["review", "-gap_until"],
                name="change_by_review",
                condition=~models.Q(review="none"),
            ),
            models.Index(
                fields=["origin", "field", "-gap_until"], name="change_by_origin"
            ),
            models.Index(fields=["field", "-gap_until"], name="change_by_field"),
            models.Index(fields=["key", "-gap_until"], name="change_of_key"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.field} {self.gap_until:%Y-%m-%d %H:%M}"


class KeyModelQuerySet(models.QuerySet["KeyModel"]):
    """Models that keys see, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> KeyModelQuerySet:
        """Keep those of keys this person may see."""
        stored = self.filter(key__removed_at=None)
        if not isinstance(user, User):
            return stored.none()
        if user.sees_all_teams:
            return stored
        return stored.filter(key__team__in=user.team_ids())


class KeyModel(models.Model):
    """This key sees this model since `seen_from`; `seen_until` None means still.

    `seen_until` is the last time it was seen, once it was missed.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="sees")
    model = models.ForeignKey(
        LanguageModel, on_delete=models.CASCADE, related_name="seen_by"
    )
    seen_from = models.DateTimeField()
    seen_until = models.DateTimeField(null=True)

    objects = KeyModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "model"],
                condition=models.Q(seen_until=None),
                name="key_sees_model_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["model", "key"],
                name="sight_of_model",
                condition=models.Q(seen_until=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.key_id} sees {self.model_id}"


class StateSpan(models.Model):
    """This key was in this state from `starts_at` until `ends_at`, not included.

    `ends_at` None means still. A state of KeyState, or "stale" for a time in which
    no answer came that could be trusted. Before the first span nothing is known.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="spans")
    state = models.CharField(
        max_length=16, choices=[*KeyState.choices, ("stale", "Not verified")]
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="span_open_once",
                condition=models.Q(ends_at=None),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at=None)
                | models.Q(ends_at__gte=models.F("starts_at")),
                name="span_forward",
            ),
        ]
        indexes = [models.Index(fields=["key", "starts_at"], name="span_of_key")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.state} from {self.starts_at:%Y-%m-%d %H:%M}"


class XaiUser(models.Model):
    """A user id of xAI, and who that is as far as people here know."""

    xai_id = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=100)
    person = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="xai_users"
    )

    def __str__(self) -> str:
        return self.xai_id

"""What changed in models and prices, and which teams saw it."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from console.accounts.models import Team, User
from console.catalog.models.listing import LanguageModel
from console.catalog.models.prices import PriceVersion


class ChangeKind(models.TextChoices):
    """What can change."""

    PRICE = "price", "Price"
    LISTED = "listed", "New in the list"
    UNLISTED = "unlisted", "No longer listed"
    RELISTED = "relisted", "Listed again"
    ALIAS = "alias", "Alias"
    FINGERPRINT = "fingerprint", "Fingerprint"
    VERSION = "version", "Version"
    MODALITIES = "modalities", "Modalities"
    CONTEXT = "context", "Context length"
    TOKENIZER = "tokenizer", "Tokenizer"


class CatalogChangeQuerySet(models.QuerySet["CatalogChange"]):
    """Changes, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> CatalogChangeQuerySet:
        """Keep what teams of this person were told."""
        if not isinstance(user, User):
            return self.none()
        if user.sees_all_teams:
            return self
        seen = ChangeSight.objects.filter(change=models.OuterRef("pk"))
        return self.filter(models.Exists(seen.filter(team__in=user.team_ids())))

    def told_to(self, user: User | AnonymousUser) -> CatalogChangeQuerySet:
        """Keep the same, with `told_at`: when the first of their teams was told."""
        rows = self.visible_to(user)
        if isinstance(user, User) and not user.sees_all_teams:
            seen = ChangeSight.objects.filter(
                change=models.OuterRef("pk"), team__in=user.team_ids()
            )
            first = seen.order_by("seen_at").values("seen_at")[:1]
            return rows.annotate(told_at=models.Subquery(first))
        return rows.annotate(told_at=models.F("first_seen_at"))


class CatalogChange(models.Model):
    """One thing that changed in one model, however many teams saw it.

    `before` and `after` are, by kind:

    price        the fields that differ, with ticks per token; None is not told
    alias        the model's id the alias stood for, and stands for; `field` is the
                 alias; None: it stood or stands for nothing
    tokenizer    tokens of the corpus
    listed, unlisted, relisted     None
    others       the value of `field`
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=ChangeKind)
    model = models.ForeignKey(
        LanguageModel, on_delete=models.PROTECT, related_name="changes"
    )
    field = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    odd = models.BooleanField(default=False)  # a price that is not plausible
    first_seen_at = models.DateTimeField()  # by the first team
    last_joined_at = models.DateTimeField()  # when the newest team saw it
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = CatalogChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-first_seen_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ChangeKind.values),
                name="catalog_change_kind_known",
            )
        ]
        indexes = [
            models.Index(
                fields=["-first_seen_at", "-id"], name="catalog_change_newest"
            ),
            models.Index(
                fields=["model", "-first_seen_at"], name="catalog_change_of_model"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.model_id} at {self.first_seen_at:%Y-%m-%d %H:%M}"


class ChangeSightQuerySet(models.QuerySet["ChangeSight"]):
    """Who was told of changes, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> ChangeSightQuerySet:
        """Keep those of the teams this person sees."""
        if not isinstance(user, User):
            return self.none()
        return self if user.sees_all_teams else self.filter(team__in=user.team_ids())


class ChangeSight(models.Model):
    """One team was told of a change: it happened after `unchanged_at`, by `seen_at`.

    `unchanged_at` None means that nothing is known of the time before.
    """

    change = models.ForeignKey(
        CatalogChange, on_delete=models.CASCADE, related_name="sights"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    unchanged_at = models.DateTimeField(null=True)  # last look that told the old
    seen_at = models.DateTimeField()
    price_before = models.ForeignKey(
        PriceVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    price_after = models.ForeignKey(
        PriceVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = ChangeSightQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "team"], name="change_sight_once")
        ]
        indexes = [
            models.Index(fields=["team", "change"], name="sight_of_team"),
            models.Index(fields=["change", "seen_at", "team"], name="sight_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} saw {self.change_id}"


class TokenizerReading(models.Model):
    """How one model cut one text of the corpus, from first to last seen, both included.

    Append-only, as `PriceVersion` is. `ids_digest` is the same for the same token
    ids in the same order.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(
        LanguageModel, on_delete=models.PROTECT, related_name="readings"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    corpus = models.CharField(max_length=16)  # version of the texts
    language = models.CharField(max_length=16)  # BCP 47
    characters = models.PositiveIntegerField()
    tokens = models.PositiveIntegerField()
    ids_digest = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)  # start of the next one

    class Meta:
        ordering = ["language", "-first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "team", "corpus", "language"],
                condition=models.Q(superseded_at=None),
                name="tokenizer_reading_newest_once",
            ),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")),
                name="tokenizer_reading_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.language} on {self.model_id}: {self.tokens}"

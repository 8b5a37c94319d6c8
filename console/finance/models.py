"""What finance keeps for a person: reviews, views, scenarios, files, the sentinel."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import User
from console.catalog.models import CatalogChange
from console.keys.models import ApiKey


class PriceUnit(models.TextChoices):
    """What a shown price is for."""

    MILLION = "million", "per 1M tokens"
    THOUSAND = "thousand", "per 1k"
    PAGE = "page", "per page of text"


class PriceView(models.Model):
    """How one person looks at prices. The mix is in parts; only ratios matter."""

    person = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="price_view"
    )
    unit = models.CharField(max_length=16, choices=PriceUnit, default=PriceUnit.MILLION)
    fresh = models.PositiveIntegerField(default=70)
    cached = models.PositiveIntegerField(default=20)
    output = models.PositiveIntegerField(default=10)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(unit__in=PriceUnit.values),
                name="price_view_unit_known",
            ),
            models.CheckConstraint(
                condition=models.Q(fresh__gt=0)
                | models.Q(cached__gt=0)
                | models.Q(output__gt=0),
                name="price_view_mix_of_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fresh}:{self.cached}:{self.output} {self.unit}"


class PriceReview(models.Model):
    """A person has seen the changes recorded up to `up_to`, or the one change."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="price_reviews"
    )
    change = models.ForeignKey(  # None: all that were recorded up to `up_to`
        CatalogChange, on_delete=models.CASCADE, null=True, related_name="reviews"
    )
    up_to = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)
    reviewed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-reviewed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "change"],
                condition=models.Q(change__isnull=False),
                name="price_review_of_change_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["person", "-up_to"],
                condition=models.Q(change=None),
                name="price_review_newest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} up to {self.up_to:%Y-%m-%d %H:%M}"


class FeedToken(models.Model):
    """Opens the Atom feed for one person. Only a digest of the token is kept."""

    person = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="feed_token"
    )
    digest = models.CharField(max_length=64, unique=True)  # SHA-256, hexadecimal
    made_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"feed of {self.person_id}"


class UsageView(models.Model):
    """A person's name for one view of usage, kept as the address that shows it."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="usage_views"
    )
    name = models.CharField(max_length=60)
    own = models.BooleanField(default=False)  # of My usage
    query = models.CharField(max_length=500, blank=True)  # as `Filters` writes it

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("person", Lower("name"), name="usage_view_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """Return what shows it."""
        page = "usage:mine" if self.own else "usage:usage"
        return f"{reverse(page)}?{self.query}"


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    """Scenarios, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> ScenarioQuerySet:
        """Keep this person's own ones; shared ones are opened by their link."""
        return self.filter(owner=user) if isinstance(user, User) else self.none()


class Scenario(models.Model):
    """A saved estimate: what goes in, never what came out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="scenarios")
    name = models.CharField(max_length=100)
    inputs = models.JSONField()
    share_token = models.CharField(max_length=64, blank=True)  # empty: not shared
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["share_token"],
                condition=~models.Q(share_token=""),
                name="scenario_share_token_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class PriceFile(models.Model):
    """The price file one person uploaded last, for its comparison and correction."""

    person = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="price_file"
    )
    name = models.CharField(max_length=200)
    content = models.TextField()
    stored_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Sentinel(models.Model):
    """The nightly look at tokenizers, and the key that pays; at most one row."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(  # who switched it on, and whose calls they are
        User, on_delete=models.CASCADE, related_name="+"
    )
    switched_on_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)  # of the last whole look
    problem = models.CharField(max_length=200, blank=True)  # our words, last look

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="sentinel_one")
        ]

    def __str__(self) -> str:
        return f"sentinel with {self.key_id}"

"""How much may be spent, by whom or with what, and what is left of it."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from console.accounts.models import Role, Team, User
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey
from console.usage.models.records import Consumer


class Span(models.TextChoices):
    """How long a window lasts. Windows are of the UTC calendar."""

    DAY = "day", "a day"
    WEEK = "week", "a week"  # from Monday on
    MONTH = "month", "a month"


class BudgetQuerySet(models.QuerySet["Budget"]):
    """Budgets, by who looks."""

    def standing(self) -> BudgetQuerySet:
        """Keep those that were not ended."""
        return self.filter(ended_at=None)

    def visible_to(self, user: User | AnonymousUser) -> BudgetQuerySet:
        """Keep those this person may see: staff what their own calls count in."""
        if not isinstance(user, User):
            return self.none()
        if user.sees_all_teams:
            return self
        teams = user.team_ids()
        return self.filter(
            Q(consumer=None) | Q(consumer__person=user),
            Q(team=None) | Q(team__in=teams),
            Q(key=None) | Q(key__team__in=teams),
        )


class Budget(models.Model):
    """A limit of one amount for each window, over the calls that it counts.

    It counts the calls of its team, its consumer, its key or its model, whichever it
    names, or all if it names none; with `each_person`, those of each person by
    themselves. Calls that only count tokens are in none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True)
    consumer = models.ForeignKey(Consumer, on_delete=models.PROTECT, null=True)
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True)
    model = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, null=True)
    each_person = models.BooleanField(default=False)
    span = models.CharField(max_length=8, choices=Span)
    limit_ticks = models.BigIntegerField()
    hard = models.BooleanField(default=True)  # refuses; a soft one only warns
    contact = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+"
    )  # the admin to ask for more
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(span__in=Span.values), name="budget_span_known"
            ),
            models.CheckConstraint(
                condition=Q(limit_ticks__gte=0), name="budget_limit_not_negative"
            ),
            models.UniqueConstraint(
                fields=["team", "consumer", "key", "model", "each_person", "span"],
                condition=Q(ended_at=None),
                name="budget_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def whom_to_ask(self) -> str:
        """Name who can give more: its contact, as long as they are an admin."""
        contact = self.contact
        return (contact.name or contact.username) if self.can_be_asked else "an admin"

    @property
    def can_be_asked(self) -> bool:
        """Return whether its contact is an admin still."""
        return self.contact.is_active and self.contact.role == Role.ADMIN


class BudgetWindow(models.Model):
    """One day, week or month of one budget, and what its calls came to.

    What it counts is copied from the budget when it begins, so that a call and its
    windows meet without it. The amounts move with each record, by a trigger:

        reserved_ticks   ceilings of the calls in flight
        spent_ticks      costs of the settled ones
        unknown_ticks    ceilings of the settled ones whose cost is not known

    All three are taken from the limit.
    """

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="windows")
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    consumer = models.ForeignKey(
        Consumer, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    key = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    model = models.ForeignKey(
        LanguageModel,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    limit_ticks = models.BigIntegerField()  # the budget's, as long as it is current
    raised_ticks = models.BigIntegerField(default=0)  # on top, until raised_until
    raised_until = models.DateTimeField(null=True)
    hard = models.BooleanField()
    reserved_ticks = models.BigIntegerField(default=0)
    spent_ticks = models.BigIntegerField(default=0)
    unknown_ticks = models.BigIntegerField(default=0)
    told_percent = models.PositiveSmallIntegerField(default=0)  # last threshold told

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "consumer", "starts_at"],
                name="budget_window_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(reserved_ticks__gte=0)
                & Q(spent_ticks__gte=0)
                & Q(unknown_ticks__gte=0),
                name="budget_window_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["consumer", "ends_at"], name="budget_window_current"),
        ]

    def __str__(self) -> str:
        return f"{self.budget_id} from {self.starts_at:%Y-%m-%d}"


class BudgetRaise(models.Model):
    """More than the limit, for a while; a later one takes its place."""

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="raises")
    consumer = models.ForeignKey(
        Consumer, on_delete=models.PROTECT, null=True, related_name="+"
    )  # of a budget for each person: for this one alone
    ticks = models.BigIntegerField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)  # taken back before its time

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ticks__gt=0), name="budget_raise_positive"
            )
        ]

    def __str__(self) -> str:
        return f"{self.budget_id} +{self.ticks}"

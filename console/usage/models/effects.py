"""What changes of prices and models would have cost."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Abs

from console.accounts.models import Team, User
from console.catalog.models import CatalogChange


class ChangeEffectQuerySet(models.QuerySet["ChangeEffect"]):
    """Effects of changes, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> ChangeEffectQuerySet:
        """Keep those on the teams this person sees."""
        if not isinstance(user, User):
            return self.none()
        return self if user.sees_all_teams else self.filter(team__in=user.team_ids())


class ChangeEffect(models.Model):
    """What a change would have cost one team in the 30 days before, re-priced.

    Written when the team was told of the change; booked costs stay as they are.
    `calls` counts those whose tokens and prices are known, and `ticks` is their
    difference, new minus old; `unknown_calls` are in neither.
    """

    change = models.ForeignKey(
        CatalogChange, on_delete=models.CASCADE, related_name="effects"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    ticks = models.BigIntegerField(null=True)  # None: nothing to re-price, only calls
    calls = models.PositiveIntegerField()
    unknown_calls = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()  # end of the 30 days

    objects = ChangeEffectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["change", "team"], name="change_effect_once"
            )
        ]
        indexes = [
            models.Index("change", Abs("ticks").desc(), name="change_effect_by_size")
        ]

    def __str__(self) -> str:
        return f"{self.change_id} on {self.team_id}: {self.ticks}"

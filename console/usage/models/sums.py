"""Usage records added up: by 15 minutes of UTC, and by days and months of a zone.

    records -> slots -> days -> months      console.usage.rollup writes all three

Charts and tables read these and never the records.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey
from console.usage.models.records import Consumer, CostSource, Endpoint, Outcome

DIMENSIONS = ("team", "key", "model", "consumer", "endpoint", "source", "outcome")
MEASURES = (
    "calls",
    "untold_calls",
    "differing_calls",
    "cost_ticks",
    "prompt_tokens",
    "cached_tokens",
    "image_tokens",
    "completion_tokens",
    "reasoning_tokens",
)

DERIVED: dict[str, Any] = {
    "related_name": "+",
    "db_constraint": False,
    "db_index": False,
}


class SumsQuerySet(models.QuerySet[Any]):
    """Sums, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> SumsQuerySet:
        """Keep what this person may see: staff their own calls, the others all."""
        if not isinstance(user, User):
            return self.none()
        return self if user.sees_all_teams else self.filter(consumer__person=user)


class UsageSums(models.Model):
    """Settled calls that agree in all dimensions, added up.

    Tokens are the sums of what was told; `untold_calls` counts the calls of which no
    tokens were. Calls without a cost have the source `unknown`, and add nothing to
    `cost_ticks`.
    """

    # The database has checked these in the records.
    team = models.ForeignKey(Team, models.PROTECT, **DERIVED)
    key = models.ForeignKey(ApiKey, models.PROTECT, **DERIVED)
    model = models.ForeignKey(
        LanguageModel, models.PROTECT, null=True, **DERIVED
    )  # None: asked for by a name that no key was told
    consumer = models.ForeignKey(Consumer, models.PROTECT, **DERIVED)
    endpoint = models.CharField(max_length=16, choices=Endpoint)
    source = models.CharField(max_length=16, choices=CostSource)
    outcome = models.CharField(max_length=16, choices=Outcome)
    calls = models.BigIntegerField()
    untold_calls = models.BigIntegerField()
    differing_calls = models.BigIntegerField()  # xAI's amount and ours are not equal
    cost_ticks = models.BigIntegerField()
    prompt_tokens = models.BigIntegerField()
    cached_tokens = models.BigIntegerField()
    image_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()

    objects = SumsQuerySet.as_manager()

    class Meta:
        abstract = True


class UsageSlot(UsageSums):
    """Sums of the calls that began within 15 minutes of UTC."""

    slot_starts_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot_starts_at", *DIMENSIONS],
                name="usage_slot_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.slot_starts_at:%Y-%m-%d %H:%M} {self.calls}"


class TouchedSlot(models.Model):
    """A slot in which a call was settled since it was added up; written by a trigger.

    There may be several of one slot. Who adds it up takes them away, in one
    transaction: so no settlement is missed, however late it commits.
    """

    slot_starts_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.slot_starts_at:%Y-%m-%d %H:%M}"


class ReportingZone(models.Model):
    """A time zone in whose days and months sums are kept.

    One that somebody reads in, or the organisation's; others go, with their sums.
    `built_at` is None until all slots are in them: until then they say too little.
    """

    name = models.CharField(max_length=64, unique=True)  # of the IANA database
    built_at = models.DateTimeField(null=True)
    added_up_at = models.DateTimeField(null=True)  # what was settled before is in

    def __str__(self) -> str:
        return self.name


class UsageDay(UsageSums):
    """Sums of one calendar day of a zone."""

    zone = models.ForeignKey(
        ReportingZone, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["zone", "day", *DIMENSIONS],
                name="usage_day_once",
                nulls_distinct=False,
            )
        ]
        # The other one is twenty times as large, and read for a range of days it took
        # longer than the whole table.
        indexes = [models.Index(fields=["zone", "day"], name="usage_day_of_zone")]

    def __str__(self) -> str:
        return f"{self.day} {self.calls}"


class UsageMonth(UsageSums):
    """Sums of one calendar month of a zone."""

    zone = models.ForeignKey(
        ReportingZone, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    month = models.DateField()  # its first day

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["zone", "month", *DIMENSIONS],
                name="usage_month_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.calls}"


class LedgerCheck(models.Model):
    """That all sums were compared with what they are the sums of."""

    at = models.DateTimeField()
    since = models.DateTimeField()  # what began before was not compared
    by = models.CharField(max_length=200)
    differences = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()  # slots that were not added up yet

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.differences}"

"""Who spends, and every call that may cost money."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db import models

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel, PriceVersion
from console.keys.models import ApiKey
from console.usage import ids


class Consumer(models.Model):
    """Who spends: a person (later also a virtual key)."""

    person = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="consumer"
    )

    def __str__(self) -> str:
        return str(self.person_id)


class Endpoint(models.TextChoices):
    """The upstream routes that may cost money."""

    CHAT = "chat", "/v1/chat/completions"
    MESSAGES = "messages", "/v1/messages"
    TOKENIZE = "tokenize", "/v1/tokenize-text"
    COMPLETIONS = "completions", "/v1/completions"
    COMPLETE = "complete", "/v1/complete"


class RecordState(models.TextChoices):
    """The life of a record: open -> settled | released."""

    OPEN = "open", "in flight"
    SETTLED = "settled", "settled"
    RELEASED = "released", "nothing was sent"


class CostSource(models.TextChoices):
    """Where an amount comes from."""

    REPORTED = "reported", "reported by xAI"
    COMPUTED = "computed", "computed from tokens and price"
    ESTIMATED = "estimated", "estimated, the answer was cut"
    UNKNOWN = "unknown", "unknown"
    ADJUSTED = "adjusted", "entered by hand"  # never booked: a record stays unknown


BOOKED = [one for one in CostSource.values if one != CostSource.ADJUSTED]


class Outcome(models.TextChoices):
    """How a call ended."""

    COMPLETE = "complete", "complete"
    STOPPED = "stopped", "stopped by the person"
    LEFT = "left", "the browser left"
    CUT = "cut", "cut off by xAI or the network"
    REFUSED = "refused", "refused by xAI"
    LOST = "lost", "Gatehouse stopped before the end"
    WITHDRAWN = "withdrawn", "ended: the person may use the key no more"


# xAI's amount and ours are both known, and not equal.
DIFFERING = models.Q(reported_ticks__lt=models.F("computed_ticks")) | models.Q(
    reported_ticks__gt=models.F("computed_ticks")
)


class UsageRecordQuerySet(models.QuerySet["UsageRecord"]):
    """Records, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> UsageRecordQuerySet:
        """Keep the calls this person may see: staff their own, the others all."""
        if not isinstance(user, User):
            return self.none()
        return self if user.sees_all_teams else self.filter(consumer__person=user)

    def from_source(self, source: str) -> UsageRecordQuerySet:
        """Keep the calls whose amount comes from there, as sums tell it."""
        unknown = self.filter(source=CostSource.UNKNOWN)
        if source == CostSource.ADJUSTED:
            return unknown.filter(adjusted_ticks__isnull=False)
        if source == CostSource.UNKNOWN:
            return unknown.filter(adjusted_ticks=None)
        return self.filter(source=source)

    def between(self, start: datetime, end: datetime) -> UsageRecordQuerySet:
        """Keep the calls that began at start <= t < end, to the millisecond.

        Asked of the ids, which begin with that time: so only the months in question
        are read, and in the order of time.
        """
        return self.filter(id__gte=ids.first_id(start), id__lt=ids.first_id(end))


class UsageRecord(models.Model):
    """One call that may cost money, written before the call, settled once.

    Tokens and costs are None until told; `cost_ticks` is what is booked,
    `reported_ticks` xAI's own amount and `computed_ticks` ours. A booked cost never
    changes; what was entered by hand for an unknown one (`Adjustment`) is noted in
    `adjusted_ticks` by a trigger, and counts in its place. The id begins with the time
    of `opened_at` (console.usage.ids), and the table is divided into months by it
    (console.usage.partitions).
    """

    id = ids.RecordId(primary_key=True, editable=False)
    state = models.CharField(
        max_length=16, choices=RecordState, default=RecordState.OPEN
    )
    consumer = models.ForeignKey(
        Consumer, on_delete=models.PROTECT, related_name="records", db_index=False
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="records", db_index=False
    )
    key = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, related_name="records", db_index=False
    )
    endpoint = models.CharField(max_length=16, choices=Endpoint)
    model_asked = models.CharField(max_length=200)
    model_served = models.CharField(max_length=200, blank=True)
    model = models.ForeignKey(
        LanguageModel, on_delete=models.PROTECT, null=True, db_index=False
    )
    price = models.ForeignKey(
        PriceVersion, on_delete=models.PROTECT, null=True, db_index=False
    )
    ceiling_ticks = models.BigIntegerField(
        null=True
    )  # most it may cost; None: no price
    opened_at = models.DateTimeField()
    alive_at = models.DateTimeField(null=True)  # moves while it is open and watched
    first_token_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    problem = models.CharField(max_length=64, blank=True)  # a Cause of xai.errors
    status = models.PositiveSmallIntegerField(null=True)  # HTTP, from upstream
    upstream_request_id = models.CharField(max_length=100, blank=True)
    prompt_tokens = models.BigIntegerField(null=True)  # cached ones included
    cached_tokens = models.BigIntegerField(null=True)
    image_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField(null=True)  # visible ones
    reasoning_tokens = models.BigIntegerField(null=True)
    source = models.CharField(max_length=16, choices=CostSource, blank=True)
    cost_ticks = models.BigIntegerField(null=True)
    adjusted_ticks = models.BigIntegerField(null=True)
    reported_ticks = models.BigIntegerField(null=True)
    computed_ticks = models.BigIntegerField(null=True)

    objects = UsageRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=RecordState.values),
                name="usage_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(endpoint__in=Endpoint.values),
                name="usage_endpoint_known",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=[*BOOKED, ""]),
                name="usage_source_known",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[*Outcome.values, ""]),
                name="usage_outcome_known",
            ),
            models.CheckConstraint(
                condition=models.Q(cost_ticks=None) | models.Q(cost_ticks__gte=0),
                name="usage_cost_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(adjusted_ticks=None)
                | models.Q(
                    state=RecordState.SETTLED,
                    source=CostSource.UNKNOWN,
                    cost_ticks=None,
                    adjusted_ticks__gte=0,
                ),
                name="usage_adjusted_was_unknown",
            ),
            models.CheckConstraint(
                condition=models.Q(state=RecordState.OPEN)
                | models.Q(settled_at__isnull=False),
                name="usage_settled_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at"],
                name="usage_open",
                condition=models.Q(state="open"),
            ),
            models.Index(fields=["consumer", "id"], name="usage_of_consumer"),
            models.Index(fields=["team", "id"], name="usage_of_team"),
            models.Index(fields=["key", "id"], name="usage_of_key"),
            models.Index(fields=["model", "id"], name="usage_of_model"),
            # Of what is rare and looked for. Most calls are in none of these.
            models.Index(
                fields=["outcome", "id"],
                name="usage_not_whole",
                condition=~models.Q(outcome=Outcome.COMPLETE) & ~models.Q(outcome=""),
            ),
            models.Index(
                fields=["source", "id"],
                name="usage_not_told",
                condition=~models.Q(source=CostSource.REPORTED) & ~models.Q(source=""),
            ),
            models.Index(fields=["id"], name="usage_differing", condition=DIFFERING),
            models.Index(
                fields=["id"],
                name="usage_released",
                condition=models.Q(state="released"),
            ),
            models.Index(
                fields=["endpoint", "id"],
                name="usage_seldom_asked",
                condition=~models.Q(endpoint=Endpoint.CHAT)
                & ~models.Q(endpoint=Endpoint.MESSAGES),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def counted_ticks(self) -> int | None:
        """Return what it counts for: what is booked, or else was entered by hand."""
        return self.adjusted_ticks if self.cost_ticks is None else self.cost_ticks

    @property
    def counted_source(self) -> str:
        """Return where that comes from; "" of a call that is not settled."""
        return self.source if self.adjusted_ticks is None else CostSource.ADJUSTED

"""Spend over time, in sums that end as frozen rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncDate

from console.accounts.models import User
from console.usage.models import Endpoint, RecordState, UsageRecord


@dataclass(frozen=True, slots=True)
class DailySpend:
    """Settled calls of one calendar day whose amounts come from one source."""

    day: date
    source: str  # a CostSource; "" while a call has none
    calls: int  # that asked a model for an answer
    unknown_calls: int  # of those, settled without a cost; never counted as free
    cost_ticks: int
    count_calls: int  # that only counted tokens; xAI publishes no price for it


def daily_spend(
    *,
    user: User | AnonymousUser,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    model: UUID | None = None,
    team_ids: Iterable[UUID] | None = None,
) -> list[DailySpend]:
    """Return spend per day and source for start <= t < end, oldest day first.

    Of the calls this person may see, of one model and of some teams if asked. A call
    belongs to the day on which it began. Instants become days of `zone` only here, so
    the days of a range always add up to the range. Days without calls are left out,
    and so are calls in flight and calls of which nothing was sent. Calls that only
    count tokens, as the sentinel's do, are told apart; what they cost is in the sum.
    """
    settled = UsageRecord.objects.visible_to(user).filter(state=RecordState.SETTLED)
    records = settled.between(start, end)
    counts = Q(endpoint=Endpoint.TOKENIZE)
    if model is not None:
        records = records.filter(model=model)
    if team_ids is not None:
        records = records.filter(team__in=list(team_ids))
    rows = (
        records.annotate(day=TruncDate("opened_at", tzinfo=zone))
        .values_list("day", "source")
        .annotate(
            calls=Count("id", filter=~counts),
            unknown=Count("id", filter=Q(cost_ticks=None) & ~counts),
            ticks=Coalesce(Sum("cost_ticks"), 0),
            counts=Count("id", filter=counts),
        )
        .order_by("day", "source")
    )
    return [DailySpend(*row) for row in rows]

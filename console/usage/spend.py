"""Spend over time, in sums that end as frozen rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, Sum

from console.accounts.models import User
from console.usage.models import CostSource, Endpoint, UsageDay


@dataclass(frozen=True, slots=True)
class DailySpend:
    """Settled calls of one calendar day whose amounts come from one source."""

    day: date
    source: str  # a CostSource
    calls: int  # that asked a model for an answer
    unknown_calls: int  # of those, settled without a cost; never counted as free
    cost_ticks: int
    count_calls: int  # that only counted tokens; xAI publishes no price for it


def daily_spend(
    *,
    user: User | AnonymousUser,
    first: date,
    last: date,
    zone: ZoneInfo,
    model: UUID | None = None,
    team_ids: Iterable[UUID] | None = None,
) -> list[DailySpend]:
    """Return spend per day and source from `first` to `last`, oldest day first.

    Of the calls this person may see, of one model and of some teams if asked. A call
    belongs to the day of `zone` on which it began; `zone` is a ReportingZone whose
    days are added up, else there is nothing. Days without calls are left out, and so
    are calls in flight and calls of which nothing was sent. Calls that only count
    tokens, as the sentinel's do, are told apart; what they cost is in the sum.
    """
    days = UsageDay.objects.visible_to(user).filter(
        zone__name=zone.key,
        zone__built_at__isnull=False,
        day__gte=first,
        day__lte=last,
    )
    counts, unknown = Q(endpoint=Endpoint.TOKENIZE), Q(source=CostSource.UNKNOWN)
    if model is not None:
        days = days.filter(model=model)
    if team_ids is not None:
        days = days.filter(team__in=list(team_ids))
    rows = (
        days.values_list("day", "source")
        .annotate(
            answers=Sum("calls", filter=~counts, default=0),
            unknown=Sum("calls", filter=~counts & unknown, default=0),
            ticks=Sum("cost_ticks"),
            counted=Sum("calls", filter=counts, default=0),
        )
        .order_by("day", "source")
    )
    return [DailySpend(day, source, *map(int, sums)) for day, source, *sums in rows]

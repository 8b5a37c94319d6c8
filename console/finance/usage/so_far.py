"""What the running month came to so far, in one line of the overview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, Sum

from console.accounts.models import User
from console.lib.days import day_of, month_of
from console.usage.models import CostSource, Endpoint, UsageMonth
from console.usage.report import Asked
from console.usage.zones import zone_of


@dataclass(frozen=True, slots=True)
class SoFar:
    """The sums of the month, of the calls a person may see one by one."""

    month: date
    zone: str
    own: bool  # the person's own calls alone
    ticks: int
    calls: int
    unknown_calls: int  # settled without a cost; not in the amount


def so_far(user: User, *, now: datetime) -> SoFar | None:
    """Return the month up to now; None before anything is added up. Two queries."""
    zone = zone_of(user)
    if zone.pk is None:
        return None
    month, own = month_of(day_of(now, zone.clock)), not user.sees_all_teams
    rows = UsageMonth.objects.filter(zone=zone.pk, month=month)
    answers = ~Q(endpoint=Endpoint.TOKENIZE)
    unknown = answers & Q(source=CostSource.UNKNOWN)
    sums = (
        Asked(viewer=user, own=own)
        .narrow(rows)
        .aggregate(
            ticks=Sum("cost_ticks", default=0),
            answers=Sum("calls", filter=answers, default=0),
            unknown=Sum("calls", filter=unknown, default=0),
        )
    )
    return SoFar(
        month, zone.name, own, int(sums["ticks"]), sums["answers"], sums["unknown"]
    )

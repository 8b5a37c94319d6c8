"""What calls of one model came to on each of the last days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import User
from console.finance.charts import BarChart, DayOf, bar_chart
from console.lib.days import day_of
from console.lib.dollars import usd_round, usd_sum
from console.usage.models import CostSource
from console.usage.spend import DailySpend, daily_spend

DAYS: Final = 30
SOURCES: Final = {
    CostSource.REPORTED: "reported by xAI",
    CostSource.COMPUTED: "computed by us",
    CostSource.ESTIMATED: "estimated",
    CostSource.ADJUSTED: "entered by hand",
}


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day with calls."""

    day: date
    calls: int
    unknown_calls: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Spending:
    """The chart, its rows with the newest day first, and their sums."""

    chart: BarChart
    rows: tuple[DayRow, ...]
    calls: int
    unknown_calls: int
    count_calls: int  # only counted tokens, as those of the sentinel
    ticks: int
    days: int = DAYS


def spending(
    *, user: User | AnonymousUser, model: UUID, now: datetime, zone: ZoneInfo
) -> Spending:
    """Return the spend of the last 30 days of the zone, today so far among them."""
    today = day_of(now, zone)
    days = [today - timedelta(days=n) for n in reversed(range(DAYS))]
    found = daily_spend(user=user, model=model, first=days[0], last=today, zone=zone)
    by_day: dict[date, list[DailySpend]] = {day: [] for day in days}
    for one in found:
        by_day[one.day].append(one)
    spent = {day: told for day, told in by_day.items() if _is_spend(told)}
    rows = [_row(day, told) for day, told in spent.items()]
    return Spending(
        chart=bar_chart(
            [DayOf(day, _parts(told), f"#day-{day}") for day, told in by_day.items()],
            today=today,
            words=usd_sum,
            at_axis=usd_round,
        ),
        rows=tuple(reversed(rows)),
        calls=sum(row.calls for row in rows),
        unknown_calls=sum(row.unknown_calls for row in rows),
        count_calls=sum(one.count_calls for one in found),
        ticks=sum(row.ticks for row in rows),
    )


def _is_spend(told: Sequence[DailySpend]) -> bool:
    return any(one.calls or one.cost_ticks for one in told)


def _parts(told: Sequence[DailySpend]) -> dict[str, int]:
    return {
        words: sum(one.cost_ticks for one in told if one.source == source)
        for source, words in SOURCES.items()
        if any(one.source == source for one in told)
    }


def _row(day: date, told: Sequence[DailySpend]) -> DayRow:
    return DayRow(
        day=day,
        calls=sum(one.calls for one in told),
        unknown_calls=sum(one.unknown_calls for one in told),
        ticks=sum(one.cost_ticks for one in told),
    )

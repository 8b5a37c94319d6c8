"""How many calls ended with which problem, ever. Read by /metrics.

    days that are over ---- counted once ----> ProblemDay --+
                                                            +--> totals
    days with open calls, and today ---- their records -----+

So the totals never fall, also when old records are dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Max, Min, Sum

from console.lib.days import DAY, day_bounds, day_of
from console.usage.models import ProblemDay, RecordState, UsageRecord

ZONE: Final = ZoneInfo("UTC")
# For clocks that differ, and for calls that are written but not committed.
GRACE: Final = timedelta(hours=1)

COUNT: Final = """
    INSERT INTO usage_problemday (day, endpoint, problem, calls)
    SELECT (opened_at AT TIME ZONE 'UTC')::date AS day, endpoint, problem, count(*)
      FROM usage_usagerecord
     WHERE id >= usage_first_id(%(start)s) AND id < usage_first_id(%(end)s)
     GROUP BY day, endpoint, problem
    ON CONFLICT DO NOTHING
"""


def totals(*, now: datetime) -> Mapping[tuple[str, str], int]:
    """Return the calls of each endpoint and problem.

    Whoever asks first after a day is over has it counted and stored.
    """
    first = _first_not_counted()
    if first is not None and first < (over := _first_not_over(now)):
        _count(first, over)
        first = over
    found: Counter[tuple[str, str]] = Counter()
    kept = ProblemDay.objects.exclude(problem="").values_list("endpoint", "problem")
    for endpoint, problem, calls in kept.annotate(Sum("calls")).order_by():
        found[endpoint, problem] += calls
    if first is not None:
        found.update(_between(first, now))
    return found


def _first_not_counted() -> date | None:
    """Return the day after the last one that was counted; None: there is no call."""
    last: date | None = ProblemDay.objects.aggregate(last=Max("day"))["last"]
    if last is not None:
        return last + DAY
    oldest = UsageRecord.objects.order_by("id").values_list("opened_at", flat=True)
    began = oldest.first()
    return None if began is None else day_of(began, ZONE)


def _first_not_over(now: datetime) -> date:
    """Return the day of the oldest call in flight, or that of an hour ago."""
    calls = UsageRecord.objects.filter(state=RecordState.OPEN)
    oldest: datetime | None = calls.aggregate(at=Min("opened_at"))["at"]
    return day_of(min(oldest or now, now - GRACE), ZONE)


def _count(first: date, over: date) -> None:
    borders = {"start": day_bounds(first, ZONE)[0], "end": day_bounds(over, ZONE)[0]}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, borders)


def _between(day: date, now: datetime) -> dict[tuple[str, str], int]:
    start, _ = day_bounds(day, ZONE)
    calls = UsageRecord.objects.between(start, now + DAY)
    ended = calls.exclude(state=RecordState.OPEN).exclude(problem="")
    rows = ended.values_list("endpoint", "problem").annotate(Count("id")).order_by()
    return {(endpoint, problem): calls for endpoint, problem, calls in rows}

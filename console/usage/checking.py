"""Whether the sums are what the records say. Nothing is repaired here.

    records -> slots -> days -> months      each against the one before
    records -> windows of budgets           reserved, spent and unknown
    adjustments -> records                  the last one of each call

All is read in one snapshot of the database, so that calls which are settled meanwhile
make no difference. The statements are others than those that wrote the sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import product
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from console.lib.days import DAY, day_bounds, day_of, month_of
from console.usage import ids
from console.usage.checking_sql import (
    COMPARE,
    KEPT_DAYS,
    KEPT_MONTHS,
    KEPT_SLOTS,
    OF_ADJUSTMENTS,
    OF_DAYS,
    OF_RECORDS,
    OF_SLOTS,
    OF_WINDOWS,
    SUBJECTS,
)
from console.usage.models import (
    LedgerCheck,
    ReportingZone,
    TouchedSlot,
    UsageRecord,
    UsageSlot,
)

NAMED: Final = 50  # differences that are told one by one


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a sum is not what it is the sum of."""

    place: str  # "slot 2026-11-26 12:00:00+00"
    sentence: str


Found = tuple[list[Difference], int]  # the first ones, and how many there are


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found."""

    since: datetime
    count: int
    differences: tuple[Difference, ...]  # the first ones of each kind
    waiting: int  # slots that are not added up yet; not compared

    @property
    def sentence(self) -> str:
        """Say it in words."""
        if self.count:
            if self.count == 1:
                return "1 sum is not what its calls say."
            return f"{self.count:,} sums are not what their calls say."
        return "Slots, days, months and budgets are what their calls say."


def check(*, since: datetime | None = None, by: str) -> Result:
    """Compare all sums from the day of `since` on, or all there are; keep the result.

    `by` says who asked. Reads all records of that time. Inside a transaction it is that
    one's snapshots that are looked at.
    """
    inside = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if not inside:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # Before the snapshot, which would miss records that are moved to a month
            # of their own while it waits for their table.
            cursor.execute("LOCK TABLE usage_usagerecord IN ACCESS SHARE MODE")
        oldest = _oldest_kept()
        start = max(_midnight(since), oldest) if since else oldest
        found = [
            _slots(start),
            *(found for zone in _zones() for found in _days(zone, start)),
            *_windows(start, oldest),
            _adjustments(start),
        ]
        waiting = TouchedSlot.objects.values("slot_starts_at").distinct().count()
    result = Result(
        since=start,
        count=sum(count for _, count in found),
        differences=tuple(one for ones, _ in found for one in ones),
        waiting=waiting,
    )
    LedgerCheck.objects.create(
        at=Now(), since=start, by=by, differences=result.count, waiting=waiting
    )
    return result


def _zones() -> list[ReportingZone]:
    return list(ReportingZone.objects.exclude(built_at=None))


def _oldest_kept() -> datetime:
    """Return since when there are all records; the sums of dropped months stay."""
    oldest = UsageRecord.objects.order_by("id").first()
    first = _midnight(oldest.opened_at if oldest else timezone.now())
    return first.replace(day=1)


def _midnight(moment: datetime) -> datetime:
    """Return the begin of a day of UTC, which is that of a slot."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), tzinfo=UTC)


def _slots(start: datetime) -> Found:
    values = {"since": start, "first": ids.first_id(start)}
    return _compared("slot", OF_RECORDS, KEPT_SLOTS, values)


def _days(zone: ReportingZone, start: datetime) -> Iterator[Found]:
    """Compare the days that began after `start`, and their months."""
    where = ZoneInfo(zone.name)
    first = day_of(start, where) + DAY
    last = UsageSlot.objects.aggregate(last=Max("slot_starts_at"))["last"]
    count = (day_of(last, where) - first).days + 1 if last else 0
    days = [first + n * DAY for n in range(count)]
    borders = [day_bounds(day, where) for day in days]
    values: dict[str, Any] = {
        "zone": zone.pk,
        "days": days,
        "starts": [one for one, _ in borders],
        "ends": [one for _, one in borders],
        "first_day": first,
        "first_month": month_of(first),
    }
    yield _compared(f"day in {zone.name}", OF_SLOTS, KEPT_DAYS, values)
    yield _compared(f"month in {zone.name}", OF_DAYS, KEPT_MONTHS, values)


def _compared(place: str, told: str, kept: str, values: dict[str, Any]) -> Found:
    with connection.cursor() as cursor:
        cursor.execute(
            COMPARE.replace("{told}", told).replace("{kept}", kept),
            {**values, "named": NAMED},
        )
        rows = cursor.fetchall()
    differences = [
        Difference(
            f"{place} {where}",
            f"has {kept_calls:,} calls and {kept_ticks:,} ticks of one kind; "
            f"{told_calls:,} calls and {told_ticks:,} ticks are right",
        )
        for where, told_calls, kept_calls, told_ticks, kept_ticks, _ in rows
    ]
    return differences, rows[0][-1] if rows else 0


def _windows(start: datetime, oldest: datetime) -> Iterator[Found]:
    """Compare the windows that name the same things, for each such set of things."""
    for named in product((True, False), repeat=len(SUBJECTS)):
        pairs = list(zip(SUBJECTS, named, strict=True))
        kind = " AND ".join(
            f"kept.{one} IS {'NOT ' if is_named else ''}NULL" for one, is_named in pairs
        )
        counted = [f"record.{one} = kept.{one}" for one, is_named in pairs if is_named]
        statement = OF_WINDOWS.replace("{kind}", kind)
        statement = statement.replace("{counted}", " AND ".join(counted) or "true")
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"since": start, "oldest": oldest}
            values["named"] = NAMED
            cursor.execute(statement, values)
            rows = cursor.fetchall()
        yield [_of_window(row) for row in rows], rows[0][-1] if rows else 0


def _adjustments(start: datetime) -> Found:
    values: dict[str, Any] = {"first": ids.first_id(start), "named": NAMED}
    with connection.cursor() as cursor:
        cursor.execute(OF_ADJUSTMENTS, values)
        rows = cursor.fetchall()
    differences = [
        Difference(
            f"call {record}",
            f"notes {_ticks(noted)} entered by hand; {_ticks(told)} are right",
        )
        for record, told, noted, _ in rows
    ]
    return differences, rows[0][-1] if rows else 0


def _ticks(number: int | None) -> str:
    return "no ticks" if number is None else f"{number:,} ticks"


def _of_window(row: tuple[Any, ...]) -> Difference:
    budget, starts_at, *amounts, _ = row
    kept, told = (
        f"{reserved:,} reserved, {spent:,} spent, {unknown:,} unknown"
        for reserved, spent, unknown in (amounts[:3], amounts[3:])
    )
    place = f"budget {budget} from {starts_at:%Y-%m-%d}"
    return Difference(place, f"has {kept} ticks; {told} are right")

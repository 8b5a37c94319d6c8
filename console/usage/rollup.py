"""Adding records up: into slots of 15 minutes, and slots into days and months.

    settled record -> trigger -> TouchedSlot -> roll_up -> UsageSlot
                                                            -> UsageDay -> UsageMonth

Each step writes what its source says now, over what it said before, so it can be done
any number of times. A slot is added up again whenever a call in it is settled later,
or its cost is entered by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min
from django.db.models.functions import Now
from django.utils import timezone

from console.accounts.models import User
from console.lib.days import DAY, day_bounds, day_of, month_after, month_of
from console.usage import ids
from console.usage.models import (
    DIMENSIONS,
    MEASURES,
    ReportingZone,
    TouchedSlot,
    UsageSlot,
)

UTC: Final = ZoneInfo("UTC")
SLOT: Final = timedelta(minutes=15)
ONE_AT_A_TIME: Final = 0x67617465_0001  # advisory lock: more would only wait for each

COLUMNS: Final = [
    f"{one}_id" if one in {"team", "key", "model", "consumer"} else one
    for one in DIMENSIONS
]
BY: Final = ", ".join(COLUMNS)
SUMS: Final = ", ".join(MEASURES)

UPSERT: Final = f"""
    ON CONFLICT ({{place}}, {BY}) DO UPDATE
       SET ({SUMS}) = ROW ({", ".join(f"excluded.{one}" for one in MEASURES)})
     WHERE ({", ".join(f"kept.{one}" for one in MEASURES)})
           IS DISTINCT FROM ({", ".join(f"excluded.{one}" for one in MEASURES)})
"""

ADD_UP: Final = ", ".join(f"sum({one})" for one in MEASURES)

# Borders stand in each statement as they are, so that its plan is right for the months
# it reads, also before anything is known of the tables.
COUNTED: Final = BY.replace(
    "source", "CASE WHEN adjusted_ticks IS NULL THEN source ELSE 'adjusted' END"
)
SLOTS: Final = f"""
    INSERT INTO usage_usageslot AS kept (slot_starts_at, {BY}, {SUMS})
    SELECT usage_slot_of(opened_at) AS slot, {COUNTED}, count(*),
           count(*) FILTER (WHERE prompt_tokens IS NULL),
           count(*) FILTER (WHERE reported_ticks <> computed_ticks),
           coalesce(sum(coalesce(cost_ticks, adjusted_ticks)), 0),
           coalesce(sum(prompt_tokens), 0),
           coalesce(sum(cached_tokens), 0),
           coalesce(sum(image_tokens), 0),
           coalesce(sum(completion_tokens), 0),
           coalesce(sum(reasoning_tokens), 0)
      FROM usage_usagerecord
     WHERE id >= %(first)s AND id < %(end)s
       AND usage_slot_of(opened_at) = ANY(%(slots)s)
       AND state = 'settled'
     GROUP BY slot, {COUNTED}
    """ + UPSERT.format(place="slot_starts_at")

# A call whose cost is entered by hand leaves the sums of unknown ones, and may have
# been the last in one. Nothing else ever leaves a sum.
LEFT_SLOTS: Final = """
    DELETE FROM usage_usageslot
     WHERE source = 'unknown' AND slot_starts_at IN (
           SELECT usage_slot_of(opened_at) FROM usage_usagerecord
            WHERE id >= %(first)s AND id < %(end)s
              AND usage_slot_of(opened_at) = ANY(%(slots)s)
              AND source = 'unknown' AND adjusted_ticks IS NOT NULL);
"""
LEFT_DAYS: Final = """
    DELETE FROM usage_usageday
     WHERE zone_id = %(zone)s AND day = %(day)s AND source = 'unknown' AND EXISTS (
           SELECT FROM usage_usageslot
            WHERE slot_starts_at >= %(start)s AND slot_starts_at < %(end)s
              AND source = 'adjusted');
"""
LEFT_MONTHS: Final = """
    DELETE FROM usage_usagemonth
     WHERE zone_id = %(zone)s AND month = %(month)s AND source = 'unknown' AND EXISTS (
           SELECT FROM usage_usageday
            WHERE zone_id = %(zone)s AND day >= %(month)s AND day < %(next)s
              AND source = 'adjusted');
"""

DAY_SUMS: Final = f"""
    INSERT INTO usage_usageday AS kept (zone_id, day, {BY}, {SUMS})
    SELECT %(zone)s, %(day)s, {BY}, {ADD_UP}
      FROM usage_usageslot
     WHERE slot_starts_at >= %(start)s AND slot_starts_at < %(end)s
     GROUP BY {BY}
    """ + UPSERT.format(place="zone_id, day")

MONTH_SUMS: Final = f"""
    INSERT INTO usage_usagemonth AS kept (zone_id, month, {BY}, {SUMS})
    SELECT %(zone)s, %(month)s, {BY}, {ADD_UP}
      FROM usage_usageday
     WHERE zone_id = %(zone)s AND day >= %(month)s AND day < %(next)s
     GROUP BY {BY}
    """ + UPSERT.format(place="zone_id, month")


def roll_up() -> int:
    """Add up all slots that were touched, in the zones in use; return how many slots.

    Whoever comes while another does it leaves it to them. Each day of calls is a
    transaction of its own.
    """
    _follow_zones()
    done = 0
    while slots := _next_slots():
        done += slots
    for zone in ReportingZone.objects.filter(built_at=None):
        _build(zone)
    return done


def _follow_zones() -> None:
    """Keep the zone of the organisation and those that somebody reads in, no other.

    The days of a zone go with it, and are built anew when it is chosen again.
    """
    readers = User.objects.filter(is_active=True).exclude(time_zone="")
    used = {settings.TIME_ZONE, *readers.values_list("time_zone", flat=True)}
    known = set(ReportingZone.objects.values_list("name", flat=True))
    if used != known:
        _change_zones(come=used - known, go=known - used)


@transaction.atomic
def _change_zones(*, come: Collection[str], go: Collection[str]) -> None:
    if not _alone():
        return
    made = [ReportingZone(name=name) for name in sorted(come)]
    ReportingZone.objects.bulk_create(made, ignore_conflicts=True)
    ReportingZone.objects.filter(name__in=go).delete()


@transaction.atomic
def _next_slots() -> int:
    if not _alone():
        return 0
    began = timezone.now()
    slots = _take_touched()
    zones = ReportingZone.objects.exclude(built_at=None)
    if slots:
        with connection.cursor() as cursor:
            cursor.execute(
                LEFT_SLOTS + SLOTS,
                {
                    "slots": slots,
                    "first": ids.first_id(slots[0]),
                    "end": ids.first_id(slots[-1] + SLOT),
                },
            )
        for zone in zones:
            where = ZoneInfo(zone.name)
            _add_up(zone, sorted({day_of(slot, where) for slot in slots}))
    else:
        zones.update(added_up_at=began)  # nothing is left
    return len(slots)


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        return bool(cursor.fetchone()[0])


def _take_touched() -> list[datetime]:
    """Take away what was touched on one day of UTC, the first; return its slots.

    Their records are read after it, so what is touched later comes again.
    """
    first = TouchedSlot.objects.aggregate(first=Min("slot_starts_at"))["first"]
    if first is None:
        return []
    _, midnight = day_bounds(day_of(first, UTC), UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM usage_touchedslot WHERE slot_starts_at < %s "
            "RETURNING slot_starts_at",
            [midnight],
        )
        return sorted({slot for (slot,) in cursor})


@transaction.atomic
def _build(zone: ReportingZone) -> None:
    """Add up all there is in the days of a zone that was not used before."""
    if not _alone() or not ReportingZone.objects.filter(pk=zone.pk).exists():
        return
    borders = UsageSlot.objects.order_by("slot_starts_at")
    first, last = borders.first(), borders.last()
    if first and last:
        where = ZoneInfo(zone.name)
        day, end = (day_of(one.slot_starts_at, where) for one in (first, last))
        month = month_of(day)
        while month <= end:
            days = (month_after(month) - month).days
            _add_up(zone, [month + n * DAY for n in range(days)])
            month = month_after(month)
    ReportingZone.objects.filter(pk=zone.pk).update(built_at=Now(), added_up_at=Now())


def _add_up(zone: ReportingZone, days: Sequence[date]) -> None:
    """Add up some days of a zone, and the months they are in."""
    with connection.cursor() as cursor:
        for day in days:
            start, end = day_bounds(day, ZoneInfo(zone.name))
            cursor.execute(
                LEFT_DAYS + DAY_SUMS,
                {"zone": zone.pk, "day": day, "start": start, "end": end},
            )
        for month in sorted({month_of(day) for day in days}):
            cursor.execute(
                LEFT_MONTHS + MONTH_SUMS,
                {"zone": zone.pk, "month": month, "next": month_after(month)},
            )

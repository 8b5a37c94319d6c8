"""Adding records up: into slots of 15 minutes, and slots into days and months.

    settled record -> trigger -> TouchedSlot -> roll_up -> UsageSlot
                                                            -> UsageDay -> UsageMonth

Each step writes what its source says now, over what it said before, so it can be done
any number of times. A slot is added up again whenever a call in it is settled later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from console.lib.days import DAY, day_bounds, day_of, month_after, month_of
from console.usage.models import (
    DIMENSIONS,
    MEASURES,
    ReportingZone,
    TouchedSlot,
    UsageSlot,
)

AT_ONCE: Final = 96  # slots of one transaction: a day
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

SLOTS: Final = f"""
    INSERT INTO usage_usageslot AS kept (slot_starts_at, {BY}, {SUMS})
    SELECT slot, {BY}, count(*),
           count(*) FILTER (WHERE prompt_tokens IS NULL),
           count(*) FILTER (WHERE reported_ticks <> computed_ticks),
           coalesce(sum(cost_ticks), 0),
           coalesce(sum(prompt_tokens), 0),
           coalesce(sum(cached_tokens), 0),
           coalesce(sum(image_tokens), 0),
           coalesce(sum(completion_tokens), 0),
           coalesce(sum(reasoning_tokens), 0)
      FROM unnest(%(slots)s::timestamptz[]) AS slot
     CROSS JOIN LATERAL (
           SELECT * FROM usage_usagerecord
            WHERE id >= usage_first_id(slot)
              AND id < usage_first_id(slot + interval '15 minutes')
              AND state = 'settled'
     ) AS record
     GROUP BY slot, {BY}
    """ + UPSERT.format(place="slot_starts_at")

DAYS: Final = f"""
    INSERT INTO usage_usageday AS kept (zone_id, day, {BY}, {SUMS})
    SELECT %(zone)s, day, {BY}, {ADD_UP}
      FROM unnest(%(days)s::date[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
           AS asked (day, starts_at, ends_at)
      JOIN usage_usageslot
        ON slot_starts_at >= starts_at AND slot_starts_at < ends_at
     GROUP BY day, {BY}
    """ + UPSERT.format(place="zone_id, day")

MONTHS: Final = f"""
    INSERT INTO usage_usagemonth AS kept (zone_id, month, {BY}, {SUMS})
    SELECT %(zone)s, month, {BY}, {ADD_UP}
      FROM unnest(%(months)s::date[]) AS month
      JOIN usage_usageday
        ON zone_id = %(zone)s AND day >= month AND day < month + interval '1 month'
     GROUP BY month, {BY}
    """ + UPSERT.format(place="zone_id, month")


def roll_up() -> int:
    """Add up all slots that were touched, and build new zones; return how many slots.

    Whoever comes while another does it leaves it to them.
    """
    ReportingZone.objects.get_or_create(name=settings.TIME_ZONE)
    done = 0
    while slots := _next_slots():
        done += slots
    for zone in ReportingZone.objects.filter(built_at=None):
        _build(zone)
    return done


@transaction.atomic
def _next_slots() -> int:
    if not _alone():
        return 0
    began = timezone.now()
    slots = _take_touched()
    zones = ReportingZone.objects.exclude(built_at=None)
    if slots:
        with connection.cursor() as cursor:
            cursor.execute(SLOTS, {"slots": slots})
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
    """Take away what was touched, of some slots; their records are read after it."""
    touched = TouchedSlot.objects.order_by("slot_starts_at")
    slots = touched.values_list("slot_starts_at", flat=True).distinct()[:AT_ONCE]
    some = list(slots)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM usage_touchedslot WHERE slot_starts_at = ANY(%s)", [some]
        )
    return some


@transaction.atomic
def _build(zone: ReportingZone) -> None:
    """Add up all there is in the days of a zone that was not used before."""
    if not _alone():
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
    borders = [day_bounds(day, ZoneInfo(zone.name)) for day in days]
    values: dict[str, Any] = {
        "zone": zone.pk,
        "days": days,
        "starts": [start for start, _ in borders],
        "ends": [end for _, end in borders],
        "months": sorted({month_of(day) for day in days}),
    }
    with connection.cursor() as cursor:
        cursor.execute(DAYS, values)
        cursor.execute(MONTHS, values)

"""The months of the ledger: made before they come, dropped when they are old.

    usage_record_2026_11   one month of UTC, by the times that ids begin with
    usage_record_rest      what no month is there for yet

Dropping a month is immediate and leaves no holes, as deleting its rows would; their
sums stay.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from django.db import connection, transaction
from psycopg import sql

from console.lib.days import month_after, month_of
from console.usage import ids
from console.usage.models import RecordState, TouchedSlot, UsageRecord

AHEAD = 3  # months that are there before they begin
REST = "usage_record_rest"


def ensure_months(now: datetime) -> int:
    """Make the partitions from the oldest record on to some months ahead.

    Return how many were made. A month that has rows already gets them from the rest,
    while no call can be booked: that takes seconds for a million. Raises
    OperationalError where others use the tables: nobody has to wait for this.
    """
    this_month = month_of(now.astimezone(UTC).date())
    months = [month_after(this_month, n) for n in range(AHEAD + 1)]
    months += _months_of_rest()
    made = 0
    for month in sorted({*months} - {*known_months()}):
        make_month(month)
        made += 1
    return made


def known_months() -> list[date]:
    """Return the first days of the months that have a partition, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT right(child.relname, 7)
              FROM pg_inherits
              JOIN pg_class child ON child.oid = inhrelid
             WHERE inhparent = 'usage_usagerecord'::regclass AND child.relname <> %s
             ORDER BY 1
            """,
            [REST],
        )
        return [date(int(n[:4]), int(n[5:]), 1) for (n,) in cursor]


def drop_before(border: date) -> list[date]:
    """Drop the months that ended before `border`; return their first days.

    A month stays while a call in it is open or not added up yet: then its sums say too
    little. Raises as `ensure_months` does.
    """
    dropped = []
    for month in known_months():
        if month_after(month) <= border and _is_added_up(month):
            _drop(month)
            dropped.append(month)
    return dropped


@transaction.atomic
def _drop(month: date) -> None:
    statements = "SET LOCAL lock_timeout = '500 ms'; DROP TABLE {}"
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statements).format(sql.Identifier(_name(month))))


def _is_added_up(month: date) -> bool:
    start, end = _midnight(month), _midnight(month_after(month))
    records = UsageRecord.objects.between(start, end).filter(state=RecordState.OPEN)
    touched = TouchedSlot.objects.filter(
        slot_starts_at__gte=start, slot_starts_at__lt=end
    )
    return not records.exists() and not touched.exists()


@transaction.atomic
def make_month(month: date) -> None:
    """Make one month, from what the rest has of it. Attaching would find it there."""
    names = {
        "part": sql.Identifier(_name(month)),
        "rest": sql.Identifier(REST),
        "start": sql.Literal(str(ids.first_id(_midnight(month)))),
        "end": sql.Literal(str(ids.first_id(_midnight(month_after(month))))),
    }
    statements = """
        SET LOCAL lock_timeout = '500 ms';
        LOCK TABLE usage_usagerecord IN ACCESS EXCLUSIVE MODE;
        CREATE TABLE {part} (
            LIKE usage_usagerecord INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
        WITH moved AS (
            DELETE FROM {rest} WHERE id >= {start} AND id < {end} RETURNING *
        )
        INSERT INTO {part} SELECT * FROM moved;
        ALTER TABLE usage_usagerecord
            ATTACH PARTITION {part} FOR VALUES FROM ({start}) TO ({end});
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statements).format(**names))


def _months_of_rest() -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', opened_at AT TIME ZONE 'UTC')::date "
            "FROM usage_record_rest"
        )
        return [month for (month,) in cursor]


def _name(month: date) -> str:
    return f"usage_record_{month:%Y_%m}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)

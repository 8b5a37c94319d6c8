"""The ledger in months: made ahead, filled from the rest, dropped when they are old."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console.accounts.models import Team, User
from console.lib.days import month_after, month_of
from console.usage import ids, tasks
from console.usage.models import RecordState, TouchedSlot, UsageRecord, UsageSlot
from console.usage.partitions import drop_before, ensure_months, known_months
from console.usage.rollup import roll_up
from tests.finance.told import call
from tests.keys.stored import stored_key
from tests.people import NOON

JUNE = date(2026, 6, 1)


@pytest.fixture
def records(ada: User, team: Team) -> list[UsageRecord]:
    """Calls at both ends of three months."""
    key = stored_key(team)
    borders = [datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5, 6, 7)]
    times = [
        t
        for start, end in pairwise(borders)
        for t in (start, end - timedelta(microseconds=1))
    ]
    return UsageRecord.objects.bulk_create(
        call(ada, key, at, n) for n, at in enumerate(times)
    )


def rows_of(table: str) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table}")
        return {row_id for (row_id,) in cursor}


def test_months_are_there_before_they_begin(db: None) -> None:
    assert ensure_months(NOON) == 4
    assert ensure_months(NOON) == 0
    assert known_months() == [month_after(JUNE, n) for n in range(4)]
    assert ensure_months(datetime(2026, 7, 1, tzinfo=UTC)) == 1


def test_a_month_takes_its_records_out_of_the_rest(records: list[UsageRecord]) -> None:
    assert rows_of("usage_record_rest") == {one.pk for one in records}

    ensure_months(NOON)

    assert not rows_of("usage_record_rest")
    for n, month in enumerate((4, 5, 6)):
        mine = {one.pk for one in records[2 * n : 2 * n + 2]}
        assert rows_of(f"usage_record_2026_{month:02}") == mine
    assert UsageRecord.objects.count() == len(records)


def test_what_is_written_later_goes_into_its_month(ada: User, team: Team) -> None:
    ensure_months(NOON)
    record = call(ada, stored_key(team), NOON, 1)
    record.save(force_insert=True)

    assert rows_of("usage_record_2026_06") == {record.pk}


def test_old_months_are_dropped_and_their_sums_stay(
    records: list[UsageRecord],
) -> None:
    ensure_months(NOON)
    roll_up()
    sums = UsageSlot.objects.count()

    assert drop_before(date(2026, 6, 1)) == [date(2026, 4, 1), date(2026, 5, 1)]
    assert drop_before(date(2026, 6, 1)) == []

    assert set(UsageRecord.objects.all()) == set(records[4:])
    assert UsageSlot.objects.count() == sums == len(records)
    assert known_months()[0] == JUNE


def test_a_month_stays_until_it_is_added_up(records: list[UsageRecord]) -> None:
    ensure_months(NOON)

    assert drop_before(JUNE) == []

    TouchedSlot.objects.filter(slot_starts_at__month=5).delete()
    assert drop_before(JUNE) == [date(2026, 5, 1)]


def test_a_month_stays_while_a_call_in_it_is_open(records: list[UsageRecord]) -> None:
    ensure_months(NOON)
    roll_up()
    UsageRecord.objects.filter(pk=records[0].pk).update(state=RecordState.OPEN)

    assert drop_before(JUNE) == [date(2026, 5, 1)]


def test_a_record_is_read_from_its_month_alone(records: list[UsageRecord]) -> None:
    ensure_months(NOON)
    of_may = UsageRecord.objects.between(
        datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    )

    assert {one.pk for one in of_may} == {one.pk for one in records[2:4]}
    assert "usage_record_2026_05" in of_may.explain()
    for other in ("2026_04", "2026_06", "rest"):
        assert f"usage_record_{other}" not in of_may.explain()


def test_one_record_is_one_query(
    records: list[UsageRecord], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ensure_months(NOON)

    with django_assert_num_queries(1):
        assert UsageRecord.objects.get(pk=records[3].pk) == records[3]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        NOON,
        datetime(2026, 6, 20, 12, 0, 0, 999, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
def test_both_sides_make_ids_by_one_rule(db: None, moment: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT usage_first_id(%(at)s), usage_new_id(%(at)s)", {"at": moment}
        )
        first, theirs = cursor.fetchone()

    ours = ids.new_id(moment)

    assert first == ids.first_id(moment)
    for made in (ours, theirs):
        assert made.version == 7
        assert made.variant == UUID(int=1 << 63).variant
        assert str(made)[:13] == str(first)[:13]
    assert ours != ids.new_id(moment)


@pytest.mark.django_db(transaction=True)
def test_a_ledger_in_use_is_left_alone_until_later(ada: User, team: Team) -> None:
    call(ada, stored_key(team), NOON, 1).save(force_insert=True)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT count(*) FROM usage_usagerecord")
        tasks.keep_months()
        assert known_months() == []
        cursor.execute("COMMIT")
    other.close()

    tasks.keep_months()

    assert JUNE in known_months()
    assert not rows_of("usage_record_rest")
    with connection.cursor() as cursor:  # made for good: this is no transaction
        for month in known_months():
            cursor.execute(f"DROP TABLE usage_record_{month:%Y_%m}")


def test_the_worker_keeps_as_many_months_as_the_settings_say(
    ada: User, team: Team, settings: Settings
) -> None:
    settings.USAGE_KEPT_MONTHS = 2
    now = timezone.now()
    key = stored_key(team)
    times = [now - timedelta(days=31 * n) for n in range(5)]
    UsageRecord.objects.bulk_create(call(ada, key, at, 1) for at in times)
    roll_up()

    tasks.keep_months()

    oldest = month_after(month_of(now.date()), -2)
    assert known_months()[0] == oldest
    kept = sum(at.date() >= oldest for at in times)
    assert UsageRecord.objects.count() == kept < len(times)
    assert UsageSlot.objects.count() == len(times)

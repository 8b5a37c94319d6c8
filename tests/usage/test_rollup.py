"""Slots, days and months are what the calls in them add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.db.models import F, Model
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.lib.days import day_of, month_of
from console.usage import checking, ledger
from console.usage.booking import Ending
from console.usage.models import (
    DIMENSIONS,
    MEASURES,
    Outcome,
    RecordState,
    ReportingZone,
    TouchedSlot,
    UsageDay,
    UsageMonth,
    UsageRecord,
    UsageSlot,
)
from console.usage.rollup import ONE_AT_A_TIME, roll_up
from tests.finance.told import call
from tests.keys.stored import stored_key, stored_model
from tests.people import NOON
from tests.usage.calls import every, stored_calls
from tests.usage.readers import read_in

ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu")
SPRING = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)  # clocks change on the 8th, in places
AUTUMN = datetime(2026, 10, 30, 20, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)

Sums = dict[tuple[object, ...], Counter[str]]


@pytest.fixture
def calls(ada: User, sam: User, team: Team, other_team: Team) -> list[UsageRecord]:
    """Calls of all kinds, around two changes of clocks and the end of a month."""
    times = [t for start in (SPRING, AUTUMN) for t in every(QUARTER * 1.7, start, 160)]
    return stored_calls(
        times,
        people=[ada, sam],
        keys=[stored_key(team), stored_key(other_team, "elsewhere")],
        models=[stored_model(), stored_model("grok-4-fast"), None],
    )


def added_up(
    records: Iterable[UsageRecord], place: Callable[[datetime], object]
) -> Sums:
    """Add up in Python what the database is asked to."""
    sums: Sums = {}
    for record in records:
        if record.state != RecordState.SETTLED:
            continue
        of = (place(record.opened_at), *_dimensions(record))
        sums.setdefault(of, Counter()).update(
            calls=1,
            untold_calls=record.prompt_tokens is None,
            differing_calls=(
                None not in {record.reported_ticks, record.computed_ticks}
                and record.reported_ticks != record.computed_ticks
            ),
            cost_ticks=record.cost_ticks or 0,
            **{name: getattr(record, name) or 0 for name in MEASURES[4:]},
        )
    return sums


def kept(model: type[Model], place: str, **filters: Any) -> Sums:
    """Return what the database has added up."""
    rows = model._default_manager.filter(**filters)
    return {
        (getattr(row, place), *_dimensions(row)): Counter(
            {name: getattr(row, name) for name in MEASURES}
        )
        for row in rows
    }


def _dimensions(row: object) -> list[object]:
    ids = {"team", "key", "model", "consumer"}
    return [getattr(row, f"{one}_id" if one in ids else one) for one in DIMENSIONS]


def slot_of(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def test_a_slot_is_the_sum_of_its_settled_calls(calls: list[UsageRecord]) -> None:
    roll_up()

    assert kept(UsageSlot, "slot_starts_at") == added_up(calls, slot_of)
    assert not TouchedSlot.objects.exists()


@pytest.mark.parametrize("name", ZONES)
def test_days_and_months_of_a_zone_are_the_sums_of_their_calls(
    calls: list[UsageRecord], name: str
) -> None:
    read_in(name)
    zone = ZoneInfo(name)

    roll_up()

    built = ReportingZone.objects.get(name=name)
    assert built.built_at
    days = added_up(calls, lambda moment: day_of(moment, zone))
    months = added_up(calls, lambda moment: month_of(day_of(moment, zone)))
    assert kept(UsageDay, "day", zone=built) == days
    assert kept(UsageMonth, "month", zone=built) == months


@pytest.mark.parametrize("name", ZONES)
def test_what_comes_later_is_added_to_days_that_are_there(
    calls: list[UsageRecord], ada: User, team: Team, name: str
) -> None:
    read_in(name)
    roll_up()
    key = stored_key(team, "new")
    late = [call(ada, key, at, 50) for at in every(timedelta(hours=7), SPRING, 90)]
    UsageRecord.objects.bulk_create(late)
    zone = ZoneInfo(name)

    roll_up()

    of_zone = {"zone": ReportingZone.objects.get(name=name)}
    both = [*calls, *late]
    assert kept(UsageSlot, "slot_starts_at") == added_up(both, slot_of)
    days = added_up(both, lambda moment: day_of(moment, zone))
    months = added_up(both, lambda moment: month_of(day_of(moment, zone)))
    assert kept(UsageDay, "day", **of_zone) == days
    assert kept(UsageMonth, "month", **of_zone) == months


def test_a_call_that_is_settled_late_is_in_the_slot_in_which_it_began(
    ada: User, team: Team
) -> None:
    record = call(
        ada, stored_key(team), NOON, None, state=RecordState.OPEN, settled_at=None
    )
    record.source = ""
    record.save(force_insert=True)
    roll_up()
    assert not UsageSlot.objects.exists()

    ledger.settle(record.pk, Ending(outcome=Outcome.COMPLETE))
    roll_up()

    slot = UsageSlot.objects.get()
    assert (slot.slot_starts_at, slot.calls, slot.source) == (NOON, 1, "unknown")
    assert slot.cost_ticks == 0


def test_adding_up_again_changes_nothing(calls: list[UsageRecord]) -> None:
    roll_up()
    before = kept(UsageSlot, "slot_starts_at"), kept(UsageDay, "day")
    UsageRecord.objects.update(status=200)  # touches all of them
    slots = {slot_of(one.opened_at) for one in calls if one.state == "settled"}

    assert roll_up() == len(slots)

    assert (kept(UsageSlot, "slot_starts_at"), kept(UsageDay, "day")) == before


def test_a_slot_that_was_written_wrong_is_right_once_it_is_touched(
    calls: list[UsageRecord],
) -> None:
    roll_up()
    UsageSlot.objects.update(calls=F("calls") + 3, cost_ticks=1)
    UsageDay.objects.update(calls=0)

    UsageRecord.objects.update(status=200)
    roll_up()

    assert kept(UsageSlot, "slot_starts_at") == added_up(calls, slot_of)
    days = added_up(calls, lambda moment: day_of(moment, ZoneInfo("UTC")))
    assert kept(UsageDay, "day", zone__name="UTC") == days


def test_statements_do_not_grow_with_the_calls_of_a_slot(
    ada: User, team: Team, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    roll_up()  # makes the zone
    key = stored_key(team)
    UsageRecord.objects.bulk_create(
        call(ada, key, at, 1) for at in every(timedelta(seconds=20), NOON, 200)
    )

    with django_assert_num_queries(17):
        roll_up()

    assert UsageDay.objects.get().calls == 200


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_while_another_adds_up_leaves_it_to_them(
    ada: User, team: Team
) -> None:
    call(ada, stored_key(team), NOON, 1).save(force_insert=True)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        assert roll_up() == 0
        assert TouchedSlot.objects.exists()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
    other.close()

    assert roll_up() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_not_committed_yet_is_added_up_when_it_is(
    ada: User, team: Team
) -> None:
    key = stored_key(team)
    call(ada, key, NOON, 1).save(force_insert=True)
    record = call(ada, key, NOON + timedelta(minutes=1), 2)
    late = connection.copy()
    with late.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO usage_usagerecord SELECT (jsonb_populate_record(record, "
            "jsonb_build_object('id', %s, 'opened_at', %s, 'cost_ticks', 2))).* "
            "FROM usage_usagerecord record",
            [str(record.pk or _id_of(record)), record.opened_at.isoformat()],
        )
        roll_up()
        assert UsageSlot.objects.get().cost_ticks == 1
        cursor.execute("COMMIT")
    late.close()

    roll_up()

    assert UsageSlot.objects.get().cost_ticks == 3


def _id_of(record: UsageRecord) -> str:
    return str(record._meta.pk.get_pk_value_on_save(record))


def test_staff_see_sums_of_their_own_calls(
    calls: list[UsageRecord], sam: User, fin: User, mia: User
) -> None:
    roll_up()

    everything = set(UsageSlot.objects.values_list("pk", flat=True))
    assert set(UsageSlot.objects.visible_to(fin).values_list("pk", flat=True)) == (
        everything
    )
    own = UsageSlot.objects.visible_to(sam)
    assert set(own.values_list("consumer__person", flat=True)) == {sam.pk}
    assert not UsageSlot.objects.visible_to(mia).exists()


def test_a_day_of_the_sums_is_that_of_the_organisation_by_default(
    ada: User, team: Team
) -> None:
    with transaction.atomic():
        call(ada, stored_key(team), NOON, 1).save(force_insert=True)

    roll_up()

    zone = ReportingZone.objects.get()
    assert zone.name == "UTC"
    assert zone.added_up_at
    assert UsageDay.objects.get().day == date(2026, 6, 20)


def test_the_sums_of_a_zone_go_with_its_last_reader_and_come_back(
    calls: list[UsageRecord],
) -> None:
    first, second = read_in("Asia/Kathmandu", "Europe/Oslo")
    User.objects.filter(pk=second.pk).update(time_zone="Asia/Kathmandu")
    roll_up()
    every_day = kept(UsageDay, "day", zone__name="Asia/Kathmandu")
    assert every_day

    User.objects.filter(pk=first.pk).update(time_zone="")
    roll_up()
    assert kept(UsageDay, "day", zone__name="Asia/Kathmandu") == every_day

    User.objects.filter(pk=second.pk).update(is_active=False)
    roll_up()
    assert [zone.name for zone in ReportingZone.objects.all()] == ["UTC"]
    for sums in (UsageDay, UsageMonth):
        assert set(sums.objects.values_list("zone__name", flat=True)) == {"UTC"}
    assert checking.check(by="a test").count == 0

    User.objects.filter(pk=second.pk).update(is_active=True)
    roll_up()
    assert kept(UsageDay, "day", zone__name="Asia/Kathmandu") == every_day
    assert checking.check(by="a test").count == 0


def test_the_zone_of_the_organisation_stays_without_readers(ada: User) -> None:
    for _ in range(2):
        roll_up()

    zone = ReportingZone.objects.get()
    assert (zone.name, zone.built_at is not None) == ("UTC", True)

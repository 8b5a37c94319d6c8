"""The ledger check finds each sum that is not what its calls say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.lib.days import month_of
from console.usage import checking, ledger, tasks
from console.usage.models import (
    Budget,
    BudgetWindow,
    Consumer,
    Endpoint,
    LedgerCheck,
    UsageDay,
    UsageMonth,
    UsageRecord,
    UsageSlot,
)
from console.usage.partitions import make_month
from console.usage.rollup import roll_up
from tests.finance.told import call
from tests.keys.stored import stored_key, stored_model
from tests.usage.budgets import begun, stored_budget
from tests.usage.calls import every, stored_calls
from tests.usage.readers import read_in
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

Spoil = Callable[[], object]


@pytest.fixture
def key(team: Team) -> ApiKey:
    return stored_key(team)


@pytest.fixture
def budgets(ada: User, sam: User, key: ApiKey) -> list[Budget]:
    """One of each kind, over the calls of some hours, all added up."""
    model = stored_model()
    consumer = Consumer.objects.create(person=sam)
    read_in("Asia/Kathmandu")
    start = timezone.now() - timedelta(days=3)
    stored_calls(
        every(timedelta(minutes=50), start, 80),
        people=[ada, sam],
        keys=[key],
        models=[model, None],
    )
    made = [
        stored_budget(10**6, contact=ada, span="month", **facts)
        for facts in (
            {},
            {"team": key.team},
            {"key": key},
            {"model": model},
            {"consumer": consumer},
            {"each_person": True},
            {"team": key.team, "each_person": True},
            {"team": key.team, "model": model},
            {"key": key, "consumer": consumer},
        )
    ]
    for budget in made:
        named = consumer.pk if budget.consumer_id or budget.each_person else None
        begun(budget, named)
    UsageRecord.objects.filter(state="settled", cost_ticks=None).update(
        ceiling_ticks=77
    )
    roll_up()
    return made


def test_sums_that_are_right_are_called_so(budgets: list[Budget]) -> None:
    assert BudgetWindow.objects.filter(spent_ticks__gt=0).count() == len(budgets)

    result = checking.check(by="a test")

    assert (result.count, result.differences, result.waiting) == (0, (), 0)
    assert "are what their calls say" in result.sentence
    kept = LedgerCheck.objects.get()
    assert (kept.by, kept.differences) == ("a test", 0)


SPOILED: dict[str, Spoil] = {
    "slot calls": lambda: UsageSlot.objects.order_by("pk")[:1].get().delete(),
    "slot ticks": lambda: UsageSlot.objects.filter(cost_ticks__gt=0).update(
        cost_ticks=F("cost_ticks") + 1
    ),
    "slot tokens": lambda: UsageSlot.objects.filter(prompt_tokens__gt=0).update(
        prompt_tokens=0
    ),
    "slot model": lambda: UsageSlot.objects.exclude(model=None).update(model=None),
    "day": lambda: UsageDay.objects.update(calls=F("calls") + 1),
    "day gone": lambda: UsageDay.objects.all().delete(),
    "month": lambda: UsageMonth.objects.update(reasoning_tokens=10**6),
    "spent": lambda: (
        BudgetWindow.objects.filter(model=None, team=None)
        .filter(consumer=None, key=None)
        .update(spent_ticks=1)
    ),
    "reserved of a team": lambda: BudgetWindow.objects.exclude(team=None).update(
        reserved_ticks=5
    ),
    "unknown of a key": lambda: BudgetWindow.objects.exclude(key=None).update(
        unknown_ticks=F("unknown_ticks") + 1
    ),
    "spent of a person": lambda: BudgetWindow.objects.exclude(consumer=None).update(
        spent_ticks=F("spent_ticks") + 1
    ),
    "spent on a model": lambda: BudgetWindow.objects.exclude(model=None).update(
        spent_ticks=F("spent_ticks") + 1
    ),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_each_wrong_sum_is_found_and_left_as_it_is(
    budgets: list[Budget], spoil: Spoil
) -> None:
    spoil()

    first = checking.check(by="a test")
    second = checking.check(by="a test")

    assert first.count > 0
    assert first.differences
    assert first.differences == second.differences
    assert LedgerCheck.objects.filter(differences=first.count).count() == 2


def test_what_is_not_added_up_yet_is_waiting_and_no_difference(
    budgets: list[Budget], sam: User, key: ApiKey
) -> None:
    stored_calls([timezone.now()], people=[sam], keys=[key], models=[None])

    result = checking.check(by="a test")

    assert (result.count, result.waiting) == (0, 1)


def test_it_may_begin_in_the_middle_of_a_slot(budgets: list[Budget]) -> None:
    for record in UsageRecord.objects.filter(state="settled")[:5]:
        for apart in (timedelta(0), timedelta(seconds=20)):
            assert checking.check(since=record.opened_at - apart, by="us").count == 0
            assert checking.check(since=record.opened_at + apart, by="us").count == 0


def test_only_what_began_since_is_looked_at(budgets: list[Budget]) -> None:
    old = UsageSlot.objects.order_by("slot_starts_at")[:1]
    UsageSlot.objects.filter(pk__in=[slot.pk for slot in old]).update(calls=50)
    yesterday = timezone.now() - timedelta(days=1)

    assert checking.check(since=yesterday, by="a test").count == 0
    assert checking.check(by="a test").count > 0


def test_calls_in_flight_and_settled_meanwhile_are_counted(
    ada: User, sam: User, key: ApiKey
) -> None:
    budget = stored_budget(10**6, contact=ada)
    opening = ledger.Opening(
        person=sam,
        key=key,
        endpoint=Endpoint.CHAT,
        model_asked="grok-4.3",
        model=None,
        price=None,
        ceiling_ticks=40,
    )
    for _ in range(2):
        record_id = ledger.open_record(opening)
    ledger.release(record_id, problem="left")
    roll_up()

    assert BudgetWindow.objects.get(budget=budget).reserved_ticks == 40
    assert checking.check(by="a test").count == 0


@pytest.mark.django_db(transaction=True)
def test_an_empty_ledger_is_right_in_one_snapshot(db: None) -> None:
    assert checking.check(by="a test").count == 0


def test_the_command_says_each_difference_and_ends_with_1(
    budgets: list[Budget],
) -> None:
    def run() -> tuple[int, str]:
        out = StringIO()
        try:
            call_command("ledger", "check", stdout=out)
        except SystemExit as end:
            return int(str(end.code)), out.getvalue()
        return 0, out.getvalue()

    assert run() == (0, "Slots, days, months and budgets are what their calls say.\n")
    BudgetWindow.objects.filter(budget=budgets[0]).update(spent_ticks=3)

    status, printed = run()

    assert status == 1
    assert f"budget {budgets[0].pk} from" in printed
    assert "3 spent" in printed
    assert printed.endswith("1 sum is not what its calls say.\n")


def test_the_worker_looks_each_hour_and_logs_what_differs(
    budgets: list[Budget], caplog: pytest.LogCaptureFixture
) -> None:
    tasks.check()
    assert not caplog.records

    BudgetWindow.objects.update(spent_ticks=1)
    tasks.check()

    assert "ledger" in caplog.text
    assert LedgerCheck.objects.filter(by="the worker").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_month_that_is_made_meanwhile_makes_no_difference(
    ada: User, key: ApiKey
) -> None:
    month = month_of(timezone.now().date())
    start = datetime.combine(month, time.min, tzinfo=UTC)
    record = call(ada, key, start, 1)
    record.save(force_insert=True)
    BudgetWindow.objects.create(
        budget=stored_budget(10**12, contact=ada),
        starts_at=start,
        ends_at=start + timedelta(days=1),
        limit_ticks=10**12,
        hard=True,
        spent_ticks=record.cost_ticks or 0,
    )
    roll_up()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            make_month(month)
            result = thread.submit(check_and_close)
            wait_until(somebody_waits_for_the_records)
        counted = result.result()

    with connection.cursor() as cursor:  # made for good: this is no transaction
        cursor.execute(f"DROP TABLE usage_record_{month:%Y_%m}")
    assert counted == 0


def check_and_close() -> int:
    try:
        return checking.check(by="a test").count
    finally:
        connection.close()


def somebody_waits_for_the_records() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted "
            "AND relation = 'usage_usagerecord'::regclass"
        )
        return bool(cursor.fetchone()[0])

"""What is entered by hand for a call of unknown cost, and all that follows it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Team, User
from console.audit.models import Entry
from console.keys.models import ApiKey
from console.usage import adjusting, checking, ledger
from console.usage.adjusting import NotUnknown, Stale, Unchanged
from console.usage.booking import Ending
from console.usage.models import (
    Adjustment,
    Budget,
    BudgetWindow,
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageDay,
    UsageMonth,
    UsageRecord,
    UsageSlot,
)
from console.usage.rollup import roll_up
from tests.keys.stored import stored_key
from tests.usage.budgets import amounts, begun, stored_budget
from tests.usage.by_hand import CEILING, entered, lost
from tests.usage.readers import read_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(team: Team) -> ApiKey:
    return stored_key(team)


def by_source(sums: Any) -> dict[str, tuple[int, int]]:
    """Return calls and ticks of each source."""
    return {
        one.source: (one.calls, one.cost_ticks) for one in sums.objects.order_by("id")
    }


def test_the_record_stays_unknown_and_counts_what_was_entered(
    sam: User, ada: User, key: ApiKey
) -> None:
    record = lost(sam, key)

    made = entered(record, 120, ada)

    record.refresh_from_db()
    assert (record.source, record.cost_ticks) == (CostSource.UNKNOWN, None)
    assert (record.counted_source, record.counted_ticks) == (CostSource.ADJUSTED, 120)
    assert (made.number, made.ticks, made.made_by) == (1, 120, ada)
    assert adjusting.adjustments_of(record) == [made]


@pytest.mark.parametrize("ticks", [120, 0, 5 * CEILING], ids=str)
def test_budgets_hold_the_amount_in_place_of_the_ceiling(
    sam: User, ada: User, key: ApiKey, ticks: int
) -> None:
    record, _ = lost(sam, key), lost(sam, key, ceiling_ticks=9)
    budget = stored_budget(10_000, contact=ada)
    begun(budget)
    assert amounts(budget) == (0, 0, CEILING + 9)

    entered(record, ticks, ada)

    assert amounts(budget) == (0, ticks, 9)
    assert checking.check(by="a test").count == 0


def test_a_window_that_is_over_follows_too(sam: User, ada: User, key: ApiKey) -> None:
    record = lost(sam, key)
    budget = stored_budget(10_000, contact=ada)
    begun(budget)
    ended = timezone.now() + timedelta(seconds=1)
    BudgetWindow.objects.update(ends_at=ended)
    Budget.objects.update(ended_at=ended)

    entered(record, 120, ada)

    assert amounts(budget) == (0, 120, 0)


def test_a_window_that_begins_later_has_it_from_the_start(
    sam: User, ada: User, key: ApiKey
) -> None:
    entered(lost(sam, key), 120, ada)

    budget = stored_budget(10_000, contact=ada)
    begun(budget)

    assert amounts(budget) == (0, 120, 0)


def test_counting_tokens_is_in_no_budget_by_hand_either(
    sam: User, ada: User, key: ApiKey
) -> None:
    budget = stored_budget(10_000, contact=ada)
    begun(budget)

    entered(lost(sam, key, endpoint=Endpoint.TOKENIZE), 120, ada)

    assert amounts(budget) == (0, 0, 0)


def test_a_later_one_takes_its_place_by_a_row_of_its_own(
    sam: User, ada: User, key: ApiKey
) -> None:
    record = lost(sam, key)
    budget = stored_budget(10_000, contact=ada)
    begun(budget)

    entered(record, 500, ada)
    entered(record, 80, ada, after=1)

    record.refresh_from_db()
    assert record.adjusted_ticks == 80
    assert amounts(budget) == (0, 80, 0)
    found = adjusting.adjustments_of(record)
    assert [(one.number, one.ticks) for one in found] == [(2, 80), (1, 500)]
    assert checking.check(by="a test").count == 0


def test_the_same_in_its_own_place_is_refused(
    sam: User, ada: User, key: ApiKey
) -> None:
    record = lost(sam, key)
    entered(record, 500, ada)

    for who in (ada, sam):
        with pytest.raises(Unchanged, match="It counts as this already"):
            entered(record, 500, who, after=1)

    assert Adjustment.objects.count() == 1
    assert entered(record, 501, ada, after=1).number == 2
    assert entered(record, 500, ada, after=2).number == 3


@pytest.mark.parametrize("after", [0, 2])
def test_who_did_not_see_the_last_one_is_refused(
    sam: User, ada: User, key: ApiKey, after: int
) -> None:
    record = lost(sam, key)
    entered(record, 500, ada)

    with pytest.raises(Stale, match="You entered another amount meanwhile"):
        entered(record, 80, ada, after=after)
    with pytest.raises(Stale, match="Somebody else entered another amount meanwhile"):
        entered(record, 500, sam, after=after)

    record.refresh_from_db()
    assert record.adjusted_ticks == 500
    assert Adjustment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_twice_at_once_is_entered_once(
    sam: User, ada: User, key: ApiKey
) -> None:
    record = lost(sam, key)

    assert at_once(record, (7, 7), ada) == [7, 7]

    assert Adjustment.objects.get().ticks == 7


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_refused(sam: User, ada: User, key: ApiKey) -> None:
    record = lost(sam, key)

    told = at_once(record, (1, 2), ada)

    assert sorted(told, key=str) in ([1, None], [2, None])
    record.refresh_from_db()
    assert record.adjusted_ticks in told


def at_once(
    record: UsageRecord, amounts: tuple[int, int], by: User
) -> list[int | None]:
    """Enter two amounts at one moment; return what came of them, None for refused."""
    together = Barrier(2)
    told: list[int | None] = []

    def enter(ticks: int) -> None:
        try:
            together.wait(10)
            told.append(entered(record, ticks, by).ticks)
        except Stale:
            told.append(None)
        finally:
            connection.close()

    both = [Thread(target=enter, args=[ticks]) for ticks in amounts]
    for one in both:
        one.start()
    for one in both:
        one.join()
    return told


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param({"ticks": 5}, "is booked, and never changes", id="booked"),
        pytest.param(
            {"ticks": 0, "source": CostSource.COMPUTED}, "never changes", id="free"
        ),
        pytest.param(
            {"state": RecordState.OPEN, "source": "", "settled_at": None},
            "is in flight",
            id="in flight",
        ),
        pytest.param(
            {"state": RecordState.RELEASED, "source": ""},
            "Nothing was sent",
            id="released",
        ),
    ],
)
def test_a_cost_that_is_known_is_refused(
    sam: User, ada: User, key: ApiKey, facts: dict[str, Any], sentence: str
) -> None:
    record = lost(sam, key, outcome="", **facts)

    with pytest.raises(NotUnknown, match=sentence):
        entered(record, 120, ada)

    assert not Adjustment.objects.exists()
    with pytest.raises(IntegrityError, match="is not unknown"), transaction.atomic():
        stored_by_hand(record, ada)


def stored_by_hand(record: UsageRecord, by: User, number: int = 1) -> Adjustment:
    """Store a row past all that would refuse it but the database."""
    return Adjustment.objects.create(
        record=record,
        number=number,
        ticks=5,
        reason="x",
        made_at=timezone.now(),
        made_by=by,
    )


def test_rows_are_never_changed_or_deleted(sam: User, ada: User, key: ApiKey) -> None:
    entered(lost(sam, key), 120, ada)
    made = Adjustment.objects.all()

    for change in (lambda: made.update(ticks=1), made.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()

    assert made.get().ticks == 120


def test_an_amount_below_nothing_is_no_amount(
    sam: User, ada: User, key: ApiKey
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        UsageRecord.objects.filter(pk=lost(sam, key).pk).update(adjusted_ticks=-1)


def test_it_stands_in_the_audit_log_with_its_reason(
    sam: User, ada: User, key: ApiKey
) -> None:
    record = lost(sam, key)
    entered(record, 500, ada)
    entered(record, 80, ada, after=1)

    entry = Entry.objects.filter(action="call.adjusted").latest("seq")

    assert (entry.object_kind, entry.object_id) == ("call", str(record.pk))
    assert entry.team_id is None
    assert entry.detail == {
        "before": {"ticks": 500},
        "after": {"ticks": 80},
        "ceiling_ticks": CEILING,
        "reason": "invoice 7",
    }


def test_with_a_sealed_vault_nothing_is_entered(
    sam: User, ada: User, key: ApiKey, settings: Settings, tmp_path: Path
) -> None:
    record = lost(sam, key)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    with pytest.raises(vault.Sealed):
        entered(record, 120, ada)

    record.refresh_from_db()
    assert record.adjusted_ticks is None
    assert not Adjustment.objects.exists()


@pytest.fixture
def kathmandu(db: None) -> None:
    """A zone whose days are no days of UTC."""
    read_in("Asia/Kathmandu")


@pytest.mark.usefixtures("kathmandu")
def test_slots_days_and_months_tell_it_apart(sam: User, ada: User, key: ApiKey) -> None:
    at = timezone.now() - timedelta(days=40)
    record = lost(sam, key, at=at)
    lost(sam, key, at=at, ticks=33)
    roll_up()
    assert by_source(UsageSlot) == {"reported": (1, 33), "unknown": (1, 0)}

    entered(record, 120, ada)
    assert checking.check(by="a test").waiting == 1
    roll_up()

    for sums in (UsageSlot, UsageDay, UsageMonth):
        assert by_source(sums) == {"reported": (1, 33), "adjusted": (1, 120)}
    assert checking.check(by="a test").count == 0


@pytest.mark.usefixtures("kathmandu")
def test_what_is_still_unknown_stays_in_the_sums_of_unknown_calls(
    sam: User, ada: User, key: ApiKey
) -> None:
    record, _ = lost(sam, key), lost(sam, key)
    roll_up()

    entered(record, 0, ada)
    roll_up()

    for sums in (UsageSlot, UsageDay, UsageMonth):
        assert by_source(sums) == {"unknown": (1, 0), "adjusted": (1, 0)}
    assert checking.check(by="a test").count == 0


def test_each_amount_that_replaces_another_moves_the_sums(
    sam: User, ada: User, key: ApiKey
) -> None:
    record = lost(sam, key)
    for after, ticks in enumerate((500, 80, 0)):
        entered(record, ticks, ada, after=after)
        roll_up()

        assert by_source(UsageMonth) == {"adjusted": (1, ticks)}
        assert checking.check(by="a test").count == 0


@pytest.mark.parametrize(
    ("noted", "words"),
    [
        (None, "notes no ticks entered by hand; 120 ticks are right"),
        (5, "notes 5 ticks entered by hand; 120 ticks are right"),
    ],
)
def test_the_ledger_check_finds_a_note_that_is_not_what_was_entered(
    sam: User, ada: User, key: ApiKey, noted: int | None, words: str
) -> None:
    record = lost(sam, key)
    entered(record, 120, ada)
    UsageRecord.objects.update(adjusted_ticks=noted)
    roll_up()

    result = checking.check(by="a test")

    assert [(one.place, one.sentence) for one in result.differences] == [
        (f"call {record.pk}", words)
    ]


def test_the_ledger_check_finds_a_note_that_nobody_entered(
    sam: User, key: ApiKey
) -> None:
    record = lost(sam, key)
    UsageRecord.objects.update(adjusted_ticks=5)
    roll_up()

    result = checking.check(by="a test")

    assert [(one.place, one.sentence) for one in result.differences] == [
        (f"call {record.pk}", "notes 5 ticks entered by hand; no ticks are right")
    ]


def test_a_call_that_a_dead_process_left_can_be_entered(
    sam: User, ada: User, key: ApiKey
) -> None:
    budget = stored_budget(10_000, contact=ada)
    opening = ledger.Opening(
        person=sam,
        key=key,
        endpoint=Endpoint.CHAT,
        model_asked="grok-4.3",
        model=None,
        price=None,
        ceiling_ticks=CEILING,
    )
    record_id = ledger.open_record(opening)
    long_ago = timezone.now() - ledger.DEAD_AFTER - timedelta(seconds=1)
    UsageRecord.objects.filter(pk=record_id).update(alive_at=long_ago)
    assert ledger.reap() == 1
    assert amounts(budget) == (0, 0, CEILING)

    entered(UsageRecord.objects.get(pk=record_id), 120, ada)

    assert amounts(budget) == (0, 120, 0)
    assert ledger.settle(record_id, Ending(outcome=Outcome.COMPLETE)) is None
    assert amounts(budget) == (0, 120, 0)

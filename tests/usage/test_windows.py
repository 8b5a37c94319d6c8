"""A call fits into its budgets, or is not recorded; what it takes moves with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console import xai
from console.accounts.models import Role, Team, User
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey
from console.lib.ticks import MAX_TICKS
from console.usage import ledger
from console.usage.booking import Ending
from console.usage.limits import Limits
from console.usage.models import (
    Budget,
    BudgetRaise,
    BudgetWindow,
    Consumer,
    Endpoint,
    Outcome,
    Span,
    UsageRecord,
)
from console.usage.windows import OverBudget
from tests.finance.told import call
from tests.keys.stored import stored_key, stored_model
from tests.people import person
from tests.usage.ageing import older
from tests.usage.budgets import amounts, begun, stored_budget


@pytest.fixture
def grok(db: None) -> LanguageModel:
    return stored_model()


def open_one(
    who: User,
    key: ApiKey,
    ceiling: int | None = 100,
    model: LanguageModel | None = None,
    endpoint: Endpoint = Endpoint.CHAT,
    within: Limits | None = None,
) -> UUID:
    return ledger.open_record(
        ledger.Opening(
            person=who,
            key=key,
            endpoint=endpoint,
            model_asked="grok-4.3",
            model=model,
            price=None,
            ceiling_ticks=ceiling,
        ),
        within=within,
    )


def cost(ticks: int | None) -> Ending:
    usage = None if ticks is None else xai.Usage(cost_ticks=ticks)
    return Ending(outcome=Outcome.COMPLETE, usage=usage)


def test_the_ceiling_is_reserved_and_the_cost_is_spent(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(1_000, contact=ada)

    record_id = open_one(sam, api_key, 100)
    reserved = amounts(budget)
    ledger.settle(record_id, cost(30))

    assert reserved == (100, 0, 0)
    assert amounts(budget) == (0, 30, 0)


def test_a_call_of_which_nothing_was_sent_gives_all_back(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(1_000, contact=ada)
    record_id = open_one(sam, api_key)

    ledger.release(record_id, problem="left")

    assert amounts(budget) == (0, 0, 0)


def test_an_unknown_cost_goes_on_to_take_its_ceiling(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(150, contact=ada)
    ledger.settle(open_one(sam, api_key, 100), cost(None))

    assert amounts(budget) == (0, 0, 100)
    with pytest.raises(OverBudget):
        open_one(sam, api_key, 51)
    assert open_one(sam, api_key, 50)


def test_what_the_reaper_settles_leaves_what_is_reserved(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(1_000, contact=ada)
    for _ in range(3):
        open_one(sam, api_key)
    UsageRecord.objects.update(alive_at=timezone.now() - ledger.DEAD_AFTER * 2)

    assert ledger.reap() == 3

    assert amounts(budget) == (0, 0, 300)


def test_a_cost_above_the_ceiling_is_booked_whole(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(100, contact=ada)

    ledger.settle(open_one(sam, api_key, 100), cost(250))

    assert amounts(budget) == (0, 250, 0)


def test_settling_again_moves_nothing(sam: User, ada: User, api_key: ApiKey) -> None:
    budget = stored_budget(1_000, contact=ada)
    record_id = open_one(sam, api_key)

    for _ in range(100):
        ledger.settle(record_id, cost(30))
        ledger.release(record_id, problem="left")
    ledger.reap()

    assert amounts(budget) == (0, 30, 0)


def test_the_last_tick_may_be_used_and_not_one_more(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(100, contact=ada)
    ledger.settle(open_one(sam, api_key, 60), cost(60))

    with pytest.raises(OverBudget) as refused:
        open_one(sam, api_key, 41)
    assert open_one(sam, api_key, 40)

    assert refused.value.window.budget == budget
    assert refused.value.ceiling_ticks == 41
    assert UsageRecord.objects.count() == 2


def test_a_refused_call_reserves_nothing_anywhere(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    wide = stored_budget(1_000, contact=ada, span=Span.MONTH)
    narrow = stored_budget(50, contact=ada)
    open_one(sam, api_key, 50)

    with pytest.raises(OverBudget) as refused:
        open_one(sam, api_key, 1)

    assert refused.value.window.budget == narrow
    assert amounts(wide) == amounts(narrow) == (50, 0, 0)


def test_of_several_the_one_is_named_that_begins_anew_last(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    stored_budget(10, contact=ada)
    month = stored_budget(10, contact=ada, span=Span.MONTH, team=api_key.team)

    with pytest.raises(OverBudget) as refused:
        open_one(sam, api_key, 11)

    assert refused.value.window.ends_at >= timezone.now()
    spans = {Span.DAY, Span.MONTH}
    assert refused.value.window.budget.span in spans
    if timezone.now().astimezone(UTC).day < 28:
        assert refused.value.window.budget == month


def test_a_soft_budget_refuses_nothing_and_counts_all(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(100, contact=ada, hard=False)

    ledger.settle(open_one(sam, api_key, 400), cost(300))
    open_one(sam, api_key, None)

    assert amounts(budget) == (0, 300, 0)


def test_a_call_without_a_ceiling_does_not_fit_into_a_hard_budget(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    stored_budget(10**15, contact=ada)

    with pytest.raises(OverBudget) as refused:
        open_one(sam, api_key, None)

    assert refused.value.ceiling_ticks is None
    assert not UsageRecord.objects.exists()


def test_no_sum_grows_over_what_its_column_holds(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(1, contact=ada, hard=False)
    open_one(sam, api_key, MAX_TICKS - 5)

    with pytest.raises(OverBudget):
        open_one(sam, api_key, 6)

    assert amounts(budget) == (MAX_TICKS - 5, 0, 0)


def test_calls_that_only_count_tokens_are_in_no_budget(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(0, contact=ada)

    record_id = open_one(sam, api_key, None, endpoint=Endpoint.TOKENIZE)
    ledger.settle(record_id, cost(5))

    assert not BudgetWindow.objects.filter(budget=budget).exists()
    assert begun(budget).spent_ticks == 0


@pytest.mark.parametrize("subject", ["all", "team", "person", "key", "model"])
def test_a_budget_counts_the_calls_it_names(
    subject: str,
    sam: User,
    ada: User,
    api_key: ApiKey,
    other_team: Team,
    grok: LanguageModel,
) -> None:
    consumer = Consumer.objects.create(person=sam)
    named: dict[str, dict[str, Any]] = {
        "all": {},
        "team": {"team": api_key.team},
        "person": {"consumer": consumer},
        "key": {"key": api_key},
        "model": {"model": grok},
    }
    budget = stored_budget(10_000, contact=ada, **named[subject])
    other_key = stored_key(other_team)
    other_model = stored_model("grok-4-fast")

    open_one(sam, api_key, 1, grok)
    open_one(ada, api_key, 10, grok)
    open_one(sam, other_key, 100, grok)
    open_one(sam, api_key, 1_000, other_model)

    counted = {"all": 1111, "team": 1011, "person": 1101, "key": 1011, "model": 111}
    assert amounts(budget)[0] == counted[subject]


def test_a_budget_for_each_person_has_a_window_for_each(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(100, contact=ada, each_person=True)

    open_one(sam, api_key, 100)
    open_one(ada, api_key, 70)

    windows = BudgetWindow.objects.filter(budget=budget)
    reserved = {w.consumer.person: w.reserved_ticks for w in windows if w.consumer}
    assert reserved == {sam: 100, ada: 70}
    with pytest.raises(OverBudget):
        open_one(sam, api_key, 1)
    assert open_one(ada, api_key, 30)


def test_a_budget_that_begins_amid_its_window_counts_what_was_before(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    ledger.settle(open_one(sam, api_key, 100), cost(40))
    ledger.settle(open_one(sam, api_key, 7), cost(None))
    ledger.release(open_one(sam, api_key, 1_000), problem="left")
    in_flight = open_one(sam, api_key, 20)

    budget = stored_budget(1_000, contact=ada)
    begun(budget)
    before = amounts(budget)
    ledger.settle(in_flight, cost(15))

    assert before == (20, 40, 7)
    assert amounts(budget) == (0, 55, 7)


@pytest.mark.parametrize("span", Span)
def test_a_window_is_of_the_utc_calendar(
    span: Span, sam: User, ada: User, api_key: ApiKey
) -> None:
    window = begun(stored_budget(1, contact=ada, span=span))

    now = timezone.now().astimezone(UTC)
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    begins = {
        Span.DAY: midnight,
        Span.WEEK: midnight - timedelta(days=midnight.weekday()),
        Span.MONTH: midnight.replace(day=1),
    }[span]
    month = (begins + timedelta(days=32)).replace(day=1)
    lasts = {Span.DAY: timedelta(days=1), Span.WEEK: timedelta(days=7)}
    assert window.starts_at == begins
    assert window.ends_at == (begins + lasts[span] if span in lasts else month)


def test_a_call_of_the_window_before_counts_there(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    budget = stored_budget(100, contact=ada)
    record_id = open_one(sam, api_key, 100)
    window = BudgetWindow.objects.get(budget=budget)
    window.starts_at -= timedelta(days=1)
    window.ends_at -= timedelta(days=1)
    window.save()
    yesterday = older(record_id, timedelta(days=1))

    with_room = open_one(sam, api_key, 100)  # a window of today begins
    ledger.settle(yesterday, cost(90))

    today = BudgetWindow.objects.get(budget=budget, ends_at__gt=timezone.now())
    window.refresh_from_db()
    assert (window.reserved_ticks, window.spent_ticks) == (0, 90)
    assert (today.reserved_ticks, today.spent_ticks) == (100, 0)
    assert with_room


def test_a_raise_counts_until_it_ends(sam: User, ada: User, api_key: ApiKey) -> None:
    budget = stored_budget(100, contact=ada)
    facts = {"reason": "a demo", "made_at": timezone.now(), "made_by": ada}
    soon = timezone.now() + timedelta(hours=1)
    BudgetRaise.objects.create(budget=budget, ticks=50, until=soon, **facts)

    assert open_one(sam, api_key, 150)
    BudgetWindow.objects.update(raised_until=timezone.now() - timedelta(seconds=1))

    with pytest.raises(OverBudget):
        open_one(sam, api_key, 0)


def test_a_budget_that_was_ended_refuses_nothing(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    stored_budget(0, contact=ada, ended_at=timezone.now())

    assert open_one(sam, api_key, 100)
    assert not BudgetWindow.objects.exists()


def test_budgets_cost_no_way_to_the_database(
    sam: User, ada: User, api_key: ApiKey, django_assert_num_queries: Any
) -> None:
    for span in Span:
        stored_budget(10_000, contact=ada, span=span, each_person=True)
        stored_budget(10_000, contact=ada, span=span, team=api_key.team)
    limits = Limits(at_once=9, per_minute=9)
    record_id = open_one(sam, api_key, within=limits)

    assert_queries: DjangoAssertNumQueries = django_assert_num_queries
    with assert_queries(1):
        open_one(sam, api_key, within=limits)
    with assert_queries(2):
        ledger.settle(record_id, cost(1))


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_get_through_as_fit(
    sam: User, ada: User, api_key: ApiKey, grok: LanguageModel
) -> None:
    whole = stored_budget(1_000, contact=ada)
    nested = [
        stored_budget(900, contact=ada, team=api_key.team, span=Span.WEEK),
        stored_budget(800, contact=ada, key=api_key, span=Span.MONTH),
        stored_budget(700, contact=ada, model=grok),
    ]

    def ask(n: int) -> bool:
        try:
            record_id = open_one((sam, ada)[n % 2], api_key, 10, grok)
        except OverBudget:
            return False
        finally:
            connections.close_all()
        ledger.settle(record_id, cost(10))
        connections.close_all()
        return True

    with ThreadPoolExecutor(12) as pool:
        passed = sum(pool.map(ask, range(120)))

    assert passed == 70
    assert [amounts(one) for one in (whole, *nested)] == [(0, 700, 0)] * 4


@pytest.mark.django_db(transaction=True)
def test_the_first_calls_of_a_day_do_not_wait_for_each_other_in_a_circle(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    """Each inside a transaction, as the playground opens them, beside settlements."""
    budget = stored_budget(10**6, contact=ada, each_person=True)
    month = stored_budget(10**6, contact=ada, span=Span.MONTH)
    people = [person(f"client{n}", Role.STAFF, api_key.team) for n in range(12)]
    settled = [open_one(ada, api_key, 10) for _ in people]

    def first_call(n: int) -> None:
        with transaction.atomic():
            open_one(people[n], api_key, 10)
        ledger.settle(settled[n], cost(4))
        connections.close_all()

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(first_call, range(len(people))))

    assert BudgetWindow.objects.filter(budget=budget).count() == len(people) + 1
    assert amounts(month) == (120, 48, 0)


@pytest.mark.django_db(transaction=True)
def test_no_call_is_missed_while_a_window_begins(
    sam: User, ada: User, api_key: ApiKey
) -> None:
    """A record that is being written when the window's sums are read is in them."""
    consumer = Consumer.objects.create(person=sam)
    record = call(sam, api_key, timezone.now(), 33)
    other = connection.copy()
    budget = stored_budget(1_000, contact=ada)

    def begin() -> None:
        begun(budget)
        connections.close_all()

    with other.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO usage_usagerecord (id, state, consumer_id, team_id, key_id, "
            "endpoint, model_asked, opened_at, settled_at, cost_ticks, model_served, "
            "outcome, problem, upstream_request_id, source) SELECT "
            "usage_new_id(now()), 'settled', %s, %s, %s, 'chat', '', now(), now(), 33, "
            "'', 'complete', '', '', 'reported'",
            [consumer.pk, record.team_id, api_key.pk],
        )
        beginning = pool.submit(begin)
        while not _somebody_waits():
            assert not beginning.done()
        cursor.execute("COMMIT")
        beginning.result()
    other.close()

    assert amounts(budget) == (0, 33, 0)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def test_staff_see_the_budgets_that_count_their_calls(
    sam: User, ada: User, mia: User, fin: User, api_key: ApiKey, other_team: Team
) -> None:
    named: dict[str, dict[str, Any]] = {
        "all": {},
        "each": {"each_person": True},
        "team": {"team": api_key.team},
        "elsewhere": {"team": other_team},
        "sam": {"consumer": Consumer.objects.create(person=sam)},
        "mia": {"consumer": Consumer.objects.create(person=mia)},
        "key": {"key": api_key},
    }
    of = {name: stored_budget(1, contact=ada, **facts) for name, facts in named.items()}

    def seen(user: User) -> set[Budget]:
        return set(Budget.objects.visible_to(user))

    assert seen(fin) == set(of.values())
    assert seen(sam) == {of[n] for n in ("all", "each", "team", "sam", "key")}
    assert seen(mia) == {of[n] for n in ("all", "each", "elsewhere", "mia")}

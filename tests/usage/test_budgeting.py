"""Setting, changing, ending and raising budgets, and what their windows say then."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from console.accounts.models import Team, User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey
from console.usage import budgeting, checking, ledger, raising, windows
from console.usage.booking import Ending
from console.usage.budgeting import Subject, Terms
from console.usage.models import (
    Budget,
    BudgetRaise,
    BudgetWindow,
    Endpoint,
    Outcome,
    RecordState,
    Span,
    UsageRecord,
)
from console.usage.rollup import roll_up
from tests.finance.budgets.made import USD, raised, set_budget, window_of
from tests.finance.told import call
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


def spent(person: User, key: ApiKey, dollars: int, **more: object) -> UsageRecord:
    """Store a call of just now."""
    record = call(person, key, timezone.now(), dollars * USD, **more)
    record.save(force_insert=True)
    return record


def opened(person: User, key: ApiKey, ceiling: int | None = USD) -> UUID:
    return ledger.open_record(
        ledger.Opening(
            person=person,
            key=key,
            endpoint=Endpoint.CHAT,
            model_asked="grok-4.3",
            model=None,
            price=None,
            ceiling_ticks=ceiling,
        )
    )


def amounts(window: BudgetWindow) -> tuple[int, int, int]:
    return window.reserved_ticks, window.spent_ticks, window.unknown_ticks


def test_a_budget_begins_with_what_its_calls_came_to(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    spent(sam, api_key, 2)
    spent(sam, api_key, 9, endpoint=Endpoint.TOKENIZE)
    opened(sam, api_key)
    lost = call(sam, api_key, timezone.now(), None, ceiling_ticks=3 * USD)
    lost.save(force_insert=True)

    budget = set_budget(ada, month=50, team=team)

    assert amounts(window_of(budget)) == (USD, 2 * USD, 3 * USD)


def test_calls_after_that_are_counted_once(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    record_id = opened(sam, api_key)
    budget = set_budget(ada, week=50, team=team)

    ledger.settle(record_id, Ending(outcome=Outcome.REFUSED, free=True))
    opened(sam, api_key)

    assert amounts(window_of(budget)) == (USD, 0, 0)


def test_each_person_who_has_called_has_a_window_at_once(
    ada: User, sam: User, fin: User, api_key: ApiKey
) -> None:
    spent(sam, api_key, 2)
    spent(ada, api_key, 1)
    spent(fin, api_key, 1, state=RecordState.RELEASED)

    budget = set_budget(ada, day=5, each_person=True)

    assert window_of(budget, sam).spent_ticks == 2 * USD
    assert window_of(budget, ada).spent_ticks == USD
    assert not budget.windows.filter(consumer__person=fin).exists()
    opened(fin, api_key)
    assert window_of(budget, fin).reserved_ticks == USD


@pytest.mark.parametrize("subject", ["team", "person", "key", "model"])
def test_only_the_calls_that_it_names_count(
    ada: User,
    sam: User,
    team: Team,
    other_team: Team,
    mia: User,
    api_key: ApiKey,
    subject: str,
) -> None:
    other_key = ApiKey.objects.create(team=other_team, host="xai", label="other")
    now = timezone.now()
    models = [
        LanguageModel.objects.create(
            host="xai", model_id=name, first_seen_at=now, last_seen_at=now
        )
        for name in ("grok-4.3", "grok-5")
    ]
    spent(sam, api_key, 2, model=models[0])
    spent(mia, other_key, 7, model=models[1])
    named: dict[str, Any] = {
        "team": team,
        "person": sam,
        "key": api_key,
        "model": models[0],
    }

    budget = set_budget(ada, day=50, **{subject: named[subject]})

    assert window_of(budget).spent_ticks == 2 * USD


def test_the_same_subject_and_span_can_be_set_once(ada: User, team: Team) -> None:
    there = set_budget(ada, day=5, team=team)
    set_budget(ada, week=5, team=team)

    with pytest.raises(budgeting.AlreadySet, match="such a budget for a day") as raised:
        set_budget(ada, day=7, team=team)

    assert raised.value.budget_id == there.pk
    assert Budget.objects.count() == 2


def test_of_several_spans_all_or_none_are_set(ada: User, team: Team) -> None:
    set_budget(ada, month=5, team=team)
    terms = Terms(limit_ticks=0, hard=True, contact=ada)

    with pytest.raises(budgeting.AlreadySet):
        budgeting.set_budgets(
            subject=Subject(team=team),
            limits={Span.DAY: 1, Span.MONTH: 2},
            terms=terms,
            actor=SYSTEM,
        )

    assert Budget.objects.get().span == Span.MONTH


def test_a_key_of_another_team_contradicts(
    ada: User, other_team: Team, api_key: ApiKey
) -> None:
    with pytest.raises(budgeting.Contradicts, match="search-prod is a key of Search"):
        set_budget(ada, day=5, team=other_team, key=api_key)


def test_a_change_holds_at_once_and_keeps_what_was_spent(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    spent(sam, api_key, 4)
    budget = set_budget(ada, day=4, team=team)
    with pytest.raises(windows.OverBudget):
        opened(sam, api_key)

    more = replace(Terms.of(budget), limit_ticks=5 * USD)
    assert budgeting.change(budget=budget, terms=more, actor=SYSTEM)

    assert opened(sam, api_key)
    assert window_of(budget).spent_ticks == 4 * USD
    entry = Entry.objects.latest("seq")
    assert entry.action == "budget.changed"
    assert entry.detail == {
        "before": {"limit_ticks": 4 * USD},
        "after": {"limit_ticks": 5 * USD},
    }


def test_a_change_of_nothing_is_none(ada: User, team: Team) -> None:
    budget = set_budget(ada, day=4, team=team)
    known = Entry.objects.count()

    assert not budgeting.change(budget=budget, terms=Terms.of(budget), actor=SYSTEM)

    assert Entry.objects.count() == known


def test_a_soft_one_refuses_nothing_from_then_on(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    budget = set_budget(ada, day=0, team=team)

    soft = replace(Terms.of(budget), hard=False)
    budgeting.change(budget=budget, terms=soft, actor=SYSTEM)

    assert opened(sam, api_key)
    assert window_of(budget).reserved_ticks == USD


def test_an_ended_budget_holds_nothing_and_settles_what_it_held(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    budget = set_budget(ada, ticks=USD, team=team)
    record_id = opened(sam, api_key)
    with pytest.raises(windows.OverBudget):
        opened(sam, api_key)

    budgeting.end(budget=budget, actor=SYSTEM)

    opened(sam, api_key)
    ledger.settle(record_id, Ending(outcome=Outcome.REFUSED, free=True))
    assert amounts(budget.windows.get()) == (0, 0, 0)


def test_an_ended_budget_can_be_set_again(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    spent(sam, api_key, 2)
    budgeting.end(budget=set_budget(ada, day=4, team=team), actor=SYSTEM)

    again = set_budget(ada, day=4, team=team)

    assert window_of(again).spent_ticks == 2 * USD


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(
            lambda budget, ada: budgeting.change(
                budget=budget,
                terms=replace(Terms.of(budget), hard=False),
                actor=SYSTEM,
            ),
            id="change",
        ),
        pytest.param(
            lambda budget, ada: budgeting.end(budget=budget, actor=SYSTEM), id="end"
        ),
        pytest.param(raised, id="raise"),
    ],
)
def test_nothing_is_done_to_one_that_was_ended(
    ada: User, act: Callable[[Budget, User], object]
) -> None:
    budget = set_budget(ada, day=4)
    budgeting.end(budget=budget, actor=SYSTEM)

    with pytest.raises(budgeting.Ended, match="Gatehouse ended this budget on"):
        act(budget, ada)


def test_a_raise_gives_more_until_it_ends(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    budget = set_budget(ada, ticks=USD, team=team)
    opened(sam, api_key)

    raised(budget, ada)

    for _ in range(3):
        opened(sam, api_key)
    with pytest.raises(windows.OverBudget):
        opened(sam, api_key)


def test_a_raise_that_is_over_gives_nothing(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    budget = set_budget(ada, ticks=USD, team=team)
    raised(budget, ada)

    BudgetWindow.objects.update(raised_until=timezone.now() - timedelta(seconds=1))

    opened(sam, api_key)
    with pytest.raises(windows.OverBudget):
        opened(sam, api_key)


def test_a_later_raise_takes_the_place_of_the_one_before(ada: User, team: Team) -> None:
    budget = set_budget(ada, day=1, team=team)
    first, second = raised(budget, ada), raised(budget, ada)

    first.refresh_from_db()
    assert first.ended_at is not None
    assert window_of(budget).raised_ticks == 3 * USD
    raising.take_back(raised=second, actor=SYSTEM)
    assert window_of(budget).raised_ticks == 0
    with pytest.raises(budgeting.Ended, match="over already"):
        raising.take_back(raised=second, actor=SYSTEM)


def test_one_person_is_raised_alone_and_keeps_it_in_the_next_window(
    ada: User, sam: User, api_key: ApiKey
) -> None:
    spent(sam, api_key, 1)
    spent(ada, api_key, 1)
    budget = set_budget(ada, day=5, each_person=True)

    raised(budget, ada, person=sam)

    assert window_of(budget, sam).raised_ticks == 3 * USD
    assert window_of(budget, ada).raised_ticks == 0
    budget.windows.all().delete()
    opened(sam, api_key)
    assert window_of(budget, sam).raised_ticks == 3 * USD


def test_who_has_not_called_can_be_raised_too(
    ada: User, fin: User, api_key: ApiKey
) -> None:
    budget = set_budget(ada, day=5, each_person=True)

    raised(budget, ada, person=fin)
    opened(fin, api_key)

    assert window_of(budget, fin).raised_ticks == 3 * USD


def test_a_raise_of_all_takes_the_place_of_those_of_single_people(
    ada: User, sam: User, api_key: ApiKey
) -> None:
    spent(sam, api_key, 1)
    budget = set_budget(ada, day=5, each_person=True)
    raised(budget, ada, person=sam)

    raised(budget, ada)

    assert BudgetRaise.objects.filter(ended_at=None).get().consumer is None


def test_the_entry_names_the_budget_and_its_team(ada: User, team: Team) -> None:
    set_budget(ada, day=5, team=team)
    set_budget(ada, day=5, team=team, person=ada)

    of_person, of_team = Entry.objects.order_by("-seq")[:2]

    assert of_team.object_name == "daily budget of the team Search"
    assert of_team.team_id == team.pk
    assert of_team.detail["after"]["limit_ticks"] == 5 * USD
    assert of_person.object_name == "daily budget of Ada in the team Search"
    assert of_person.team_id is None  # what one may spend is not the team's affair


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE NOT granted"
            " AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone() is not None


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_being_opened_is_in_the_sums_of_a_new_budget(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    def elsewhere() -> int:
        try:
            budget = set_budget(ada, day=5, team=team)
            return window_of(budget).reserved_ticks
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            opened(sam, api_key)
            other = pool.submit(elsewhere)
            wait_until(lambda: other.done() or somebody_waits())
            assert not other.done()
        assert other.result() == USD


@pytest.mark.django_db(transaction=True)
def test_a_call_that_comes_while_a_budget_is_set_meets_it(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    def elsewhere() -> str:
        try:
            opened(sam, api_key)
        except windows.OverBudget:
            return "refused"
        finally:
            connections.close_all()
        return "opened"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            set_budget(ada, day=0, team=team)
            other = pool.submit(elsewhere)
            wait_until(lambda: other.done() or somebody_waits())
        assert other.result() == "refused"


@pytest.mark.django_db(transaction=True)
def test_after_all_acts_the_windows_say_what_their_calls_say(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    spent(sam, api_key, 2)
    record_id = opened(sam, api_key)
    of_team = set_budget(ada, month=50, team=team)
    of_each = set_budget(ada, day=50, each_person=True, team=team)
    raising.take_back(raised=raised(of_each, ada, person=sam), actor=SYSTEM)
    opened(ada, api_key)
    budgeting.end(budget=of_team, actor=SYSTEM)
    ledger.settle(record_id, Ending(outcome=Outcome.REFUSED, free=True))
    opened(sam, api_key)
    set_budget(ada, month=50, team=team)
    roll_up()

    assert checking.check(by="a test").differences == ()
    assert BudgetWindow.objects.count() == 4

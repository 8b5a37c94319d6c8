"""64 clients in 3 processes race 4 nested budgets with 20,000 calls.

The limit is a tenth of what they ask for. While they run, no window may hold more than
its limit at any instant that is looked at; afterwards all must be what the records
say, and at least 95 % of the tightest budget used. Beside it stands what booking a call
costs, opening and settling, with and without the budgets: seconds in the driver (the
statements, their way and their commit) and seconds that the caller waits. The server of
tests does not wait for its disk; with one that does, add two of its flushes.

make bench
"""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections

from console import xai
from console.accounts.models import Role, Team, User
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey
from console.usage import checking, ledger
from console.usage.booking import Ending
from console.usage.limits import Limits
from console.usage.models import Budget, BudgetWindow, Endpoint, Outcome, UsageRecord
from console.usage.rollup import roll_up
from console.usage.windows import OverBudget
from tests.keys.stored import stored_key, stored_model
from tests.people import person
from tests.usage.budgets import stored_budget

CALLS, PROCESSES, CLIENTS = 20_000, 3, 64
CEILING = 1_000  # ticks; a call costs half of it to all of it
DEMAND = CALLS * CEILING * 3 // 4
LIMIT = DEMAND // 10
USABLE = 0.95
BOOKING = 0.003  # seconds of database time at the median
PAIRS = 400

Caller = tuple[User, ApiKey, LanguageModel]


@pytest.mark.django_db(transaction=True)
def bench_races(team: Team, ada: User) -> None:
    """Print what got through and what it cost; fail above the targets."""
    key, model = stored_key(team), stored_model()
    people = [person(f"client{n}", Role.STAFF, team) for n in range(CLIENTS)]
    callers = [(one, key, model) for one in people]
    without = _booking(callers)
    budgets = _nested(ada, key, model)
    within = _booking(callers)
    before = _taken(budgets)
    passed, refused, worst, seconds = _race(callers, budgets)
    roll_up()
    found = checking.check(by="the benchmark")
    taken = _taken(budgets)
    used = min(taken.values()) / LIMIT
    print(f"\n{CALLS:,} calls by {CLIENTS} clients in {PROCESSES} processes:")
    print(f"  {passed:,} booked and {refused:,} refused in {seconds:.1f} s")
    print(f"  over the limit by {max(0, worst - LIMIT):,} ticks at any instant")
    print(f"  used of the tightest budget: {used:.1%}  (target {USABLE:.0%})")
    print(f"  ledger check: {found.sentence}")
    print(f"booking one call, median of {PAIRS}, ms in the database / for the caller:")
    for name, booked in (("without budgets", without), ("4 budgets", within)):
        print(f"  {name:<16} open {booked.opening}  settle {booked.settling}")
    assert passed + refused == CALLS
    assert worst <= LIMIT
    assert used >= USABLE
    assert found.count == 0
    assert before.keys() == taken.keys()
    assert UsageRecord.objects.filter(state="open").count() == 0
    assert within.in_database <= BOOKING


def _nested(ada: User, key: ApiKey, model: LanguageModel) -> list[Budget]:
    """One of the whole, of the team, of the key and of the model; the last decides."""
    facts: list[dict[str, object]] = [
        {},
        {"team": key.team, "span": "week"},
        {"key": key, "span": "month"},
        {"model": model},
    ]
    return [stored_budget(LIMIT, contact=ada, **one) for one in facts]


def _taken(budgets: list[Budget]) -> dict[UUID, int]:
    rows = BudgetWindow.objects.filter(budget__in=budgets)
    return {
        row.budget_id: row.spent_ticks + row.reserved_ticks + row.unknown_ticks
        for row in rows
    }


@dataclass
class Step:
    """One step of booking, by how long each turn took."""

    in_database: list[float] = field(default_factory=list)  # seconds
    whole: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{median(self.in_database) * 1e3:5.2f} / {median(self.whole) * 1e3:5.2f}"
        )

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time what is done inside, and the statements of it by themselves."""
        inside = [0.0]

        def execute(call: Any, *asked: Any) -> Any:
            start = perf_counter()
            try:
                return call(*asked)
            finally:
                inside[0] += perf_counter() - start

        start = perf_counter()
        with connection.execute_wrapper(execute):
            yield
        self.whole.append(perf_counter() - start)
        self.in_database.append(inside[0])


@dataclass
class Booked:
    """Both steps."""

    opening: Step = field(default_factory=Step)
    settling: Step = field(default_factory=Step)

    @property
    def in_database(self) -> float:
        """Median seconds of a call in the database."""
        steps = self.opening.in_database, self.settling.in_database
        return median(map(sum, zip(*steps, strict=True)))


def _booking(callers: list[Caller]) -> Booked:
    """Open and settle calls, one after the other."""
    booked = Booked()
    for number in range(PAIRS):
        caller = callers[number % len(callers)]  # nobody makes hundreds in a minute
        with booked.opening.timed():
            record_id = _open(caller, 0)
        with booked.settling.timed():
            ledger.settle(record_id, _cost(0))
    return booked


def _open(caller: Caller, ceiling: int) -> UUID:
    who, key, model = caller
    return ledger.open_record(
        ledger.Opening(
            person=who,
            key=key,
            endpoint=Endpoint.CHAT,
            model_asked=model.model_id,
            model=model,
            price=None,
            ceiling_ticks=ceiling,
        ),
        within=Limits(
            per_minute=10**6,
            at_once=10**6,
            team_per_minute=10**6,
            team_at_once=10**6,
            key_per_minute=10**6,
        ),
    )


def _cost(ticks: int) -> Ending:
    return Ending(outcome=Outcome.COMPLETE, usage=xai.Usage(cost_ticks=ticks))


def _race(callers: list[Caller], budgets: list[Budget]) -> tuple[int, int, int, float]:
    """Let them race; return booked, refused, the most that was taken, and seconds."""
    forks = multiprocessing.get_context("fork")
    results = forks.SimpleQueue()
    connections.close_all()  # a connection serves one process
    start = perf_counter()
    running = [
        forks.Process(target=_clients, args=(callers[n::PROCESSES], n, results))
        for n in range(PROCESSES)
    ]
    for one in running:
        one.start()
    worst = 0
    while any(one.is_alive() for one in running):
        worst = max(worst, *_taken(budgets).values(), 0)
    seconds = perf_counter() - start
    told = [results.get() for _ in running]
    return sum(a for a, _ in told), sum(b for _, b in told), worst, seconds


def _clients(
    callers: list[Caller], n: int, results: multiprocessing.SimpleQueue[object]
) -> None:
    """Be one process: a thread for each client, until its share is asked for."""
    share = CALLS // PROCESSES + (n < CALLS % PROCESSES)
    with ThreadPoolExecutor(len(callers)) as pool:
        counts = list(
            pool.map(
                _client,
                callers,
                [share // len(callers) + (k < share % len(callers))
                 for k in range(len(callers))],
            )
        )  # fmt: skip
    results.put((sum(a for a, _ in counts), sum(b for _, b in counts)))


def _client(caller: Caller, calls: int) -> tuple[int, int]:
    dice = random.Random(caller[0].username)
    passed = 0
    try:
        for _ in range(calls):
            try:
                record_id = _open(caller, CEILING)
            except OverBudget:
                continue
            passed += 1
            ledger.settle(record_id, _cost(dice.randint(CEILING // 2, CEILING)))
    finally:
        connection.close()
    return passed, calls - passed

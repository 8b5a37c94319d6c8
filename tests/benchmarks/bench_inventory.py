"""The inventory page with 10,000 keys, beside the bare SQL of its rows and counts.

make bench
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from statistics import median
from time import perf_counter

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import (
    CaptureQueriesContext,
    setup_test_environment,
    teardown_test_environment,
)
from django.utils import timezone

from console import vault
from console.accounts.models import Team, User
from console.keys.models import ApiKey, KeyState
from tests.keys.stored import key, sees, stored_key, stored_model
from tests.people import ClientOf

KEYS, FEW = 10_000, 10
ROUNDS = 15
TARGET = 0.150  # seconds of server time
URLS = {
    "first page, needs attention": "/keys/?size=25",
    "first page, by name": "/keys/?sort=name",
    "100 rows": "/keys/?size=100",
    "one state": "/keys/?state=active",
    "search": "/keys/?q=key+77",
}
COUNTS = "SELECT state, count(*) FROM keys_apikey WHERE removed_at IS NULL GROUP BY 1"
ROWS = """
    SELECT k.id, k.label, k.state, k.acls, k.checked_at, t.name
    FROM keys_apikey k JOIN accounts_team t ON t.id = k.team_id
    WHERE k.removed_at IS NULL
    ORDER BY k.state, lower(k.label), k.id
    LIMIT 26
"""


@pytest.mark.django_db
def bench_inventory(client_of: ClientOf, ada: User, team: Team) -> None:
    """Print medians; fail above the target or when queries grow with the keys."""
    browser = client_of(ada)
    for n in range(FEW):
        sees(stored_key(team, f"seen {n}"), stored_model(f"grok-{n}"))
    few = _queries(browser)
    _store_keys(team)
    many = _queries(browser)

    teardown_test_environment()  # it copies the context of every part of a page
    try:
        _measure(browser)
    finally:
        setup_test_environment()
    print(f"  queries with {FEW} keys and with {KEYS}: {few}, {many}")
    assert few == many


def _measure(browser: Client) -> None:
    bare = _median(_bare)
    print(f"\n{KEYS} keys, medians of {ROUNDS} rounds, in ms:")
    print(f"  bare SQL, rows and counts      {bare * 1000:7.1f}")
    slowest = 0.0
    for name, url in [*URLS.items(), ("page 200", _page(browser, 200))]:
        taken = _median(lambda url=url: _open(browser, url))  # type: ignore[misc]
        slowest = max(slowest, taken)
        print(f"  {name:<30} {taken * 1000:7.1f} ({taken / bare:.1f} x bare)")
    assert slowest <= TARGET


def _store_keys(team: Team) -> None:
    now = timezone.now()
    states = [*KeyState, *[KeyState.ACTIVE] * 20]
    ApiKey.objects.bulk_create(
        (
            key(
                team,
                f"key {n:05}",
                owner=f"Owner {n % 50}",
                note="What it is used for, in a sentence of some length. " * 3,
                state=states[n % len(states)],
                changed_at=now - timedelta(minutes=n),
                acls=[f"api-key:model:grok-{i}" for i in range(n % 8)],
                raw={"api_key_id": f"{n:036}", "user_id": "u" * 36, "acls": ["a" * 40]},
            )
            for n in range(KEYS - FEW)
        ),
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE keys_apikey")


def _queries(browser: Client) -> int:
    vault.forget()
    with CaptureQueriesContext(connection) as queries:
        browser.get("/keys/")
    return len(queries)


def _page(browser: Client, number: int) -> str:
    """Return the address of a page far behind."""
    url = "/keys/?sort=name"
    for _ in range(number - 1):
        page = _open(browser, url)
        link = page.split('id="page-after"', 1)[1].split('href="', 1)[1]
        url = "/keys/" + link.split('"', 1)[0].replace("&amp;", "&")
    return url


def _open(browser: Client, url: str) -> str:
    answer = browser.get(url, headers={"Host": "localhost"})
    assert answer.status_code == 200
    return answer.text


def _bare() -> None:
    with connection.cursor() as cursor:
        for statement in (COUNTS, ROWS):
            cursor.execute(statement)
            cursor.fetchall()


def _median(act: Callable[[], object]) -> float:
    act()
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        act()
        times.append(perf_counter() - start)
    return median(times)

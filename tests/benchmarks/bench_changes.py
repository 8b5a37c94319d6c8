"""The feed of changes with 200,000 rows, beside the bare SQL of its page.

make bench
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import (
    CaptureQueriesContext,
    setup_test_environment,
    teardown_test_environment,
)
from django.utils import timezone

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from console.keys.strips import strips_of
from tests.benchmarks.measuring import ROUNDS, median_of, open_page
from tests.keys.stored import key
from tests.people import ClientOf

CHANGES, KEYS, TEAMS = 200_000, 2_000, 5
TARGET = 0.300  # seconds of server time
URLS = {
    "first page": "/keys/changes/",
    "waiting": "/keys/changes/?review=waiting",
    "confirmed, of which there are few": "/keys/changes/?review=confirmed",
    "an origin that is rare": "/keys/changes/?origin=here",
    "a field that is rare": "/keys/changes/?field=team_id",
    "search, few keys": "/keys/changes/?q=key+0077",
    "search, all keys": "/keys/changes/?q=key",
    "one day long ago": "/keys/changes/?from={day}&to={day}",
}
FIELDS = ("acls", "name", "modify_time", "team_blocked", "state")
ROWS = """
    INSERT INTO keys_keychange (
        key_id, team_id, field, before, after, gap_from, gap_until, modified_by,
        origin, review, review_note
    )
    SELECT
        k.id, k.team_id,
        CASE WHEN n %% 50000 = 7 THEN 'team_id'
             ELSE (%(fields)s::text[])[1 + n %% 5] END,
        '["api-key:model:grok-4.3"]', '["api-key:model:*"]',
        at - interval '5 minutes', at, 'user ' || n %% 40,
        CASE n %% 5 WHEN 3 THEN 'xai' WHEN 4 THEN 'observed'
             ELSE CASE WHEN n %% 40000 = 0 THEN 'here' ELSE 'outside' END END,
        CASE WHEN n %% 5 > 2 OR n %% 40000 = 0 THEN 'none'
             WHEN n %% 50000 = 1 THEN 'confirmed' ELSE 'waiting' END,
        ''
    FROM generate_series(1, %(changes)s) AS n
    JOIN (SELECT *, row_number() OVER (ORDER BY label) AS number FROM keys_apikey)
        AS k ON k.number = 1 + abs(hashint4(n / 2)) %% %(keys)s
    CROSS JOIN LATERAL (
        SELECT %(now)s::timestamptz - (n / 2) * interval '1 minute' AS at
    ) AS gap
"""
SPANS = """
    INSERT INTO keys_statespan (key_id, state, starts_at, ends_at)
    SELECT k.id, (ARRAY['active', 'unreachable'])[1 + n %% 2],
        %(now)s::timestamptz - (21 - n) * interval '1 day',
        CASE WHEN n < 20
             THEN %(now)s::timestamptz - (20 - n) * interval '1 day' END
    FROM keys_apikey AS k CROSS JOIN generate_series(1, 20) AS n
"""
BARE = """
    SELECT c.*, k.label, t.name FROM keys_keychange c
    JOIN keys_apikey k ON k.id = c.key_id JOIN accounts_team t ON t.id = c.team_id
    WHERE k.removed_at IS NULL ORDER BY c.gap_until DESC, c.id DESC LIMIT 51
"""


@pytest.mark.django_db
def bench_changes(client_of: ClientOf, ada: User, sam: User, team: Team) -> None:
    """Print medians; fail above the target or when a page reads the whole table."""
    now = timezone.now()
    _store(team, now)
    teardown_test_environment()  # it copies the context of every part of a page
    try:
        _measure(client_of(ada), client_of(sam), now)
    finally:
        setup_test_environment()
    keys = list(ApiKey.objects.values_list("pk", flat=True)[:100])
    strips = median_of(lambda: strips_of(keys, now=now))
    print(f"  strips of 100 keys with 20 spans each {strips * 1000:7.1f}")


def _store(team: Team, now: datetime) -> None:
    teams = [team, *(Team.objects.create(name=f"Team {n}") for n in range(1, TEAMS))]
    ApiKey.objects.bulk_create(
        (key(teams[n % TEAMS], f"key {n:05}") for n in range(KEYS)), batch_size=1000
    )
    values: dict[str, Any] = {
        "fields": list(FIELDS),
        "changes": CHANGES,
        "keys": KEYS,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(ROWS, values)
        cursor.execute(SPANS, {"now": now})
        cursor.execute("ANALYZE")


def _measure(ada: Client, sam: Client, now: datetime) -> None:
    day = (now - timedelta(days=60)).date()
    urls = {name: url.format(day=day) for name, url in URLS.items()}
    urls["page 100"] = _page(ada, 100)
    bare = median_of(_bare)
    print(f"\n{CHANGES:,} changes, medians of {ROUNDS} rounds, in ms:")
    print(f"  bare SQL of 51 rows                   {bare * 1000:7.1f}")
    slowest = 0.0
    for who, browser in (("ada", ada), ("sam, of 1 team", sam)):
        for name, url in urls.items():
            taken = median_of(partial(open_page, browser, url))
            slowest = max(slowest, taken)
            scans = _scans(browser, url)
            print(f"  {who}: {name:<35} {taken * 1000:7.1f} {scans}")
            assert not scans
    assert slowest <= TARGET


def _scans(browser: Client, url: str) -> list[str]:
    """Return the statements of a page that read all changes one by one."""
    with CaptureQueriesContext(connection) as queries:
        open_page(browser, url)
    statements = [q["sql"] for q in queries if 'FROM "keys_keychange"' in q["sql"]]
    found = []
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            if "Seq Scan on keys_keychange" in plan:
                found.append(f"{statement}\n{plan}")
    return found


def _page(browser: Client, number: int) -> str:
    """Return the address of a page far behind."""
    url = "/keys/changes/"
    for _ in range(number - 1):
        link = (
            open_page(browser, url).split('id="page-after"', 1)[1].split('href="', 1)[1]
        )
        url = "/keys/changes/" + link.split('"', 1)[0].replace("&amp;", "&")
    return url


def _bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        cursor.fetchall()

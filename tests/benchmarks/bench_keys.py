"""The pages of keys with 100,000 keys and 2,000,000 snapshots, beside bare SQL.

make bench
"""

from __future__ import annotations

import gc

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import (
    setup_test_environment,
    teardown_test_environment,
)

from console.accounts.models import Role, Team
from console.keys.models import ApiKey
from tests.benchmarks.many_keys import store_many_keys
from tests.benchmarks.measuring import ROUNDS, median_of, open_page
from tests.people import ClientOf, person

LIMIT, MATRIX_LIMIT = 0.300, 0.200  # seconds of server time
TIMES_BARE = 3

# What each page must at least ask, by hand: its rows, and the figures beside them.
SHOWN = """
    CASE WHEN state = 'unknown' THEN 'unknown'
        WHEN verified_at > now() - interval '30 minutes' THEN state ELSE 'stale' END
"""
FIGURES = f"""
    SELECT {SHOWN}, count(*), count(*) FILTER (WHERE all_models),
        count(*) FILTER (WHERE all_endpoints),
        count(*) FILTER (WHERE outside_changes > 0), count(*) FILTER (WHERE owner = ''),
        count(*) FILTER (WHERE changed_at > now() - interval '7 days'),
        count(*) FILTER (WHERE 'gone_model' = ANY (finding_kinds)),
        count(*) FILTER (WHERE 'same_key' = ANY (finding_kinds))
    FROM keys_apikey WHERE removed_at IS NULL {{}} GROUP BY 1
"""
ROWS = f"""
    SELECT id, label, owner, state, checked_at, verified_at, changed_at, acls
    FROM keys_apikey WHERE removed_at IS NULL {{}}
    ORDER BY CASE {SHOWN} WHEN 'team_blocked' THEN 0 WHEN 'key_blocked' THEN 1
        WHEN 'rejected' THEN 2 WHEN 'unreachable' THEN 3 WHEN 'stale' THEN 4
        WHEN 'unknown' THEN 5 WHEN 'active' THEN 6 ELSE 7 END, lower(label), id
    LIMIT 26
"""
SEARCH = """
    AND (label ILIKE '%key 00077%' OR owner ILIKE '%key 00077%'
        OR note ILIKE '%key 00077%' OR xai_name ILIKE '%key 00077%'
        OR acls::text ILIKE '%key 00077%')
"""
FEED = """
    SELECT c.id, c.field, c.before, c.after, c.gap_from, c.gap_until, k.label
    FROM keys_keychange AS c JOIN keys_apikey AS k ON k.id = c.key_id
    WHERE k.removed_at IS NULL ORDER BY c.gap_until DESC, c.id DESC LIMIT 26
"""
WAITING = "SELECT review, count(*) FROM keys_keychange GROUP BY 1"
ONE_KEY = (
    "SELECT count(*), count(worst_hour_ticks), count(*) FILTER "
    "(WHERE worst_hour_ticks > (SELECT worst_hour_ticks FROM keys_apikey "
    "WHERE id = %(key)s)) FROM keys_apikey WHERE removed_at IS NULL",
    "SELECT * FROM keys_apikey WHERE id = %(key)s",
    "SELECT * FROM keys_keychange WHERE key_id = %(key)s ORDER BY gap_until DESC",
    "SELECT * FROM keys_keysnapshot WHERE key_id = %(key)s "
    "ORDER BY first_seen_at DESC LIMIT 50",
    "SELECT * FROM keys_statespan WHERE key_id = %(key)s",
    "SELECT * FROM keys_finding WHERE key_id = %(key)s",
    "SELECT * FROM keys_keymodel AS s JOIN catalog_languagemodel AS m ON m.id = "
    "s.model_id "
    "WHERE key_id = %(key)s AND seen_until IS NULL",
    "SELECT DISTINCT ON (model_id) * FROM catalog_priceversion "
    "WHERE team_id = %(team)s ORDER BY model_id, first_seen_at DESC",
)
MATRIX = (
    "SELECT * FROM keys_apikey WHERE removed_at IS NULL ORDER BY all_models DESC, "
    "models_in_reach DESC NULLS LAST, lower(label), id LIMIT 51",
    "SELECT key_id, model_id FROM keys_keymodel WHERE seen_until IS NULL AND key_id IN "
    "(SELECT id FROM keys_apikey ORDER BY label LIMIT 50)",
    "SELECT * FROM catalog_languagemodel",
)
OF_TEAM = "AND team_id = %(team)s"


def pages(key: ApiKey) -> dict[str, tuple[str, float, tuple[str, ...]]]:
    """Return by name the address of each page, its limit and its bare SQL."""
    whole = (FIGURES.format(""), ROWS.format(""))
    searched = tuple(part.format(SEARCH.replace("%", "%%")) for part in (FIGURES, ROWS))
    blocked = (FIGURES.format(""), ROWS.format("AND state = 'key_blocked'"))
    key_rows = tuple(statement for statement in ONE_KEY)
    return {
        "inventory": ("/keys/?size=25", LIMIT, whole),
        "one state": ("/keys/?state=key_blocked", LIMIT, blocked),
        "search": ("/keys/?q=key+00077", LIMIT, searched),
        "changes feed": ("/keys/changes/", LIMIT, (FEED, WAITING)),
        "one key": (f"/keys/{key.pk}/", LIMIT, key_rows),
        "access matrix": ("/keys/access/?size=50", MATRIX_LIMIT, MATRIX),
    }


@pytest.mark.django_db(transaction=True)
def bench_keys(client_of: ClientOf) -> None:
    """Print medians; fail above a limit."""
    teams = [Team.objects.create(name=f"Team {n}") for n in range(5)]
    viewers = {
        "admin": client_of(person("ada", Role.ADMIN, teams[0])),
        "member of one team": client_of(person("sam", Role.STAFF, teams[0])),
    }
    store_many_keys(teams)
    key = ApiKey.objects.get(label="key 000005")
    teardown_test_environment()  # it copies the context of every part of a page
    gc.collect()
    gc.freeze()  # as the web process does
    try:
        misses = [miss for who in viewers for miss in _measure(who, viewers[who], key)]
    finally:
        setup_test_environment()
    assert misses == []


def _measure(who: str, browser: Client, key: ApiKey) -> list[str]:
    print(f"\n100,000 keys, {who}, medians of {ROUNDS} rounds, in ms:")
    misses = []
    for name, (url, limit, statements) in pages(key).items():
        bare = median_of(lambda: _run(statements, key))  # noqa: B023
        taken = median_of(lambda: open_page(browser, url))  # noqa: B023
        ratio = taken / bare
        print(
            f"  {name:<16}{taken * 1000:8.1f}, bare {bare * 1000:8.1f}, {ratio:.1f} x"
        )
        if taken > limit or ratio > TIMES_BARE:
            misses.append(f"{name} for {who}: {taken * 1000:.1f} ms, {ratio:.1f} x")
    return misses


def _run(statements: tuple[str, ...], key: ApiKey) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"key": key.pk, "team": key.team_id})
            cursor.fetchall()

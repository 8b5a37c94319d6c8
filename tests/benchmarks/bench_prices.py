"""The price pages with 3 years of observations of 60 models by 1,000 teams.

make bench
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import (
    CaptureQueriesContext,
    setup_test_environment,
    teardown_test_environment,
)
from django.utils import timezone

from console.accounts.models import Membership, Team, User
from console.catalog.models import LanguageModel
from tests.benchmarks.many_prices import store_many_prices
from tests.benchmarks.measuring import ROUNDS, median_of, open_page
from tests.people import ClientOf

TARGET, RATIO = 0.200, 3.0  # seconds of server time; times the bare SQL
# Of each page, what it shows with nothing around it.
NOW = """
    SELECT model_id, prices_digest, count(*), min(first_seen_at), max(last_seen_at)
      FROM catalog_priceversion WHERE superseded_at IS NULL {scope} GROUP BY 1, 2
"""
ON = """
    SELECT model_id, prices_digest, count(*), min(first_seen_at), max(last_seen_at)
      FROM catalog_priceversion
     WHERE first_seen_at < now() - interval '500 days'
       AND (superseded_at IS NULL OR superseded_at >= now() - interval '500 days')
       {scope}
     GROUP BY 1, 2
"""
CHANGES = """
    SELECT c.id, c.kind, c.before, c.after, c.first_seen_at, count(*), min(s.seen_at),
           (SELECT sum(e.ticks) FROM usage_changeeffect e
             WHERE e.change_id = c.id {scope})
      FROM (SELECT * FROM catalog_catalogchange
             ORDER BY first_seen_at DESC, id DESC LIMIT 26) c
      JOIN catalog_changesight s ON s.change_id = c.id {scope}
     GROUP BY 1, 2, 3, 4, 5
"""
MODEL = """
    SELECT prices_digest, count(DISTINCT team_id), min(first_seen_at),
           max(last_seen_at)
      FROM catalog_priceversion WHERE model_id = '{model}' {scope} GROUP BY 1
"""


@pytest.mark.django_db(transaction=True)
def bench_prices(client_of: ClientOf, fin: User, mia: User, other_team: Team) -> None:
    """Print medians beside the bare SQL; fail above the targets."""
    store_many_prices()
    team = Team.objects.get(name="Team 0500")
    Membership.objects.filter(user=mia).update(team=team)
    model = LanguageModel.objects.get(model_id="grok-30")
    day = (timezone.now() - timedelta(days=500)).date()
    pages = {
        "prices": ("/models/", NOW),
        "prices on a date": (f"/models/?on={day}", ON),
        "changes": ("/models/changes/", CHANGES),
        "one model": (f"/models/{model.pk}/", MODEL),
    }
    print(f"\nMedians of {ROUNDS} rounds, in ms; bare SQL and its multiple:")
    teardown_test_environment()  # it copies the context of every part of a page
    try:
        missed = [
            line
            for who, user, scope in (
                ("all teams", fin, ""),
                ("one team", mia, f"AND team_id = '{team.pk}'"),
            )
            for name, (url, sql) in pages.items()
            for line in _measure(
                f"{name}, {who}",
                partial(open_page, client_of(user), url),
                sql.format(scope=scope, model=model.pk),
            )
        ]
    finally:
        setup_test_environment()
    assert not missed, missed


def _measure(name: str, page: Callable[[], object], sql: str) -> list[str]:
    bare = median_of(partial(_read, sql))
    taken = median_of(page)
    with CaptureQueriesContext(connection) as queries:
        page()
    longest = max((float(q["time"]), q["sql"]) for q in queries)
    spent = sum(float(q["time"]) for q in queries)
    print(
        f"  {name:<30} {taken * 1000:7.1f} {bare * 1000:7.1f} {taken / bare:5.1f}"
        f"   {len(queries)} queries, {spent * 1000:.0f} in the database"
    )
    if longest[0] > 0.05:
        print(f"    {longest[0] * 1000:.0f} ms: {longest[1][:1500]}")
    return [name] if taken > TARGET or taken > RATIO * bare else []


def _read(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.fetchall()

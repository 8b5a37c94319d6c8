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


@pytest.mark.django_db(transaction=True)
def bench_prices(client_of: ClientOf, fin: User, mia: User, other_team: Team) -> None:
    """Print medians beside the bare SQL; fail above the targets."""
    store_many_prices()
    team = Team.objects.get(name="Team 0500")
    Membership.objects.filter(user=mia).update(team=team)
    model = LanguageModel.objects.get(model_id="grok-30")
    day = (timezone.now() - timedelta(days=500)).date()
    pages = {
        "prices": "/models/",
        "prices on a date": f"/models/?on={day}",
        "changes": "/models/changes/",
        "one model": f"/models/{model.pk}/",
    }
    print(f"\nMedians of {ROUNDS} rounds, in ms; bare SQL and its multiple:")
    teardown_test_environment()  # it copies the context of every part of a page
    try:
        missed = [
            line
            for who, user in (("all teams", fin), ("one team", mia))
            for name, url in pages.items()
            for line in _measure(
                f"{name}, {who}", partial(open_page, client_of(user), url)
            )
        ]
    finally:
        setup_test_environment()
    assert not missed, missed


def _measure(name: str, page: Callable[[], object]) -> list[str]:
    """Hold a page beside its own statements, sent bare and without a page."""
    taken = median_of(page)
    with CaptureQueriesContext(connection) as queries:
        page()
    statements = [query["sql"] for query in queries]
    bare = median_of(partial(_read, statements))
    print(
        f"  {name:<30} {taken * 1000:7.1f} {bare * 1000:7.1f} {taken / bare:5.1f}"
        f"   {len(statements)} statements"
    )
    return [name] if taken > TARGET or taken > RATIO * bare else []


def _read(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
            if cursor.description:
                cursor.fetchall()

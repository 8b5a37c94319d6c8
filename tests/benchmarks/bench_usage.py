"""The pages of usage with 10,000,000 calls of a year; storing them takes a while.

Each page stands beside the bare sum of the same days, asked for once and fetched.

make bench
"""

from __future__ import annotations

import gc
from functools import partial

import pytest
from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment

from console.accounts.models import Team, User
from tests.benchmarks.many_calls import CALLS, store_many_calls
from tests.benchmarks.measuring import ROUNDS, medians_of, open_page
from tests.people import ClientOf

MONTH, YEAR, FIRST_PAGE = 0.150, 0.300, 0.100  # seconds of server time
BY = ("day", "team", "model", "key", "person", "endpoint")
PAGES = {
    **{f"month by {by}": (f"/usage/?by={by}", MONTH) for by in BY},
    **{f"year by {by}": (f"/usage/?period=year&by={by}", YEAR) for by in BY},
    "calls": ("/usage/calls/", FIRST_PAGE),
    "calls without a cost": ("/usage/calls/?source=unknown", FIRST_PAGE),
    "calls of messages": ("/usage/calls/?endpoint=messages", FIRST_PAGE),
    "calls of a team": ("/usage/calls/?team={team}", FIRST_PAGE),
    "calls never sent": ("/usage/calls/?state=released", FIRST_PAGE),
}
BARE = """
    SELECT day, sum(calls), sum(cost_ticks), sum(prompt_tokens), sum(cached_tokens),
           sum(completion_tokens), sum(reasoning_tokens)
      FROM usage_usageday
     WHERE day > current_date - 30
     GROUP BY day
"""


@pytest.mark.django_db(transaction=True)
def bench_usage(client_of: ClientOf, fin: User) -> None:
    """Print medians; fail above the targets."""
    store_many_calls()
    print(f"\n{CALLS:,} calls; medians of {ROUNDS} rounds in ms, beside 30 bare days:")
    teardown_test_environment()  # it copies the context of every part of a page
    gc.collect()
    gc.freeze()  # as the web process does
    missed = []
    try:
        team = Team.objects.get(name="Team 07").pk
        for name, (url, target) in PAGES.items():
            asked = url.format(team=team)
            page, bare = medians_of(partial(open_page, client_of(fin), asked), _bare)
            print(f"  {name:<24}{page * 1000:8.1f}{bare * 1000:8.1f}")
            missed += [] if page <= target else [name]
    finally:
        setup_test_environment()
    assert not missed, missed


def _bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        cursor.fetchall()

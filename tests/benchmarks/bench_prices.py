"""The price pages with 3 years of observations of 60 models by 1,000 teams.

Beside each page stands its bare SQL: what it shows, asked for in so many statements
as come to mind, fetched and thrown away. Those who see all teams are held to both
limits; for a member of one team the bare SQL is a few lookups, so that its multiple
is that of the frame of any page, and only the time is held.

make bench
"""

from __future__ import annotations

import gc
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment
from django.utils import timezone

from console.accounts.models import Membership, Team, User
from console.catalog.models import LanguageModel
from tests.benchmarks.many_prices import store_many_prices
from tests.benchmarks.measuring import ROUNDS, medians_of, open_page
from tests.people import ClientOf

TARGET, RATIO = 0.200, 3.0  # seconds of server time; times the bare SQL

NOW = (
    "SELECT * FROM catalog_languagemodel",
    """SELECT model_id, prices_digest, count(*), count(missing_at), min(first_seen_at),
        max(last_seen_at), (array_agg(id))[1]
    FROM catalog_priceversion WHERE superseded_at IS NULL {team} GROUP BY 1, 2""",
    """SELECT s.model_id, count(*), count(*) FILTER (WHERE k.state = 'active')
    FROM keys_keymodel AS s JOIN keys_apikey AS k ON k.id = s.key_id
    WHERE seen_until IS NULL AND removed_at IS NULL {team} GROUP BY 1""",
    """SELECT * FROM catalog_catalogchange WHERE kind = 'price'
    AND first_seen_at > now() - interval '1 year' ORDER BY first_seen_at""",
)
ON_A_DATE = (
    NOW[0],
    """SELECT model_id, prices_digest, count(*), count(missing_at), min(first_seen_at),
        max(last_seen_at), (array_agg(id))[1]
    FROM catalog_priceversion
    WHERE tstzrange(first_seen_at, superseded_at, '(]') @> now() - interval '500 days'
    {team} GROUP BY 1, 2""",
)
_CHANGE = "(SELECT id FROM catalog_catalogchange {of} ORDER BY first_seen_at DESC {n})"
_OF_CHANGES = (
    """SELECT change_id, min(unchanged_at), min(seen_at), max(seen_at), count(*)
    FROM catalog_changesight WHERE change_id = ANY (ARRAY{those}) {team} GROUP BY 1""",
    """SELECT * FROM (SELECT change_id, name, row_number() OVER
        (PARTITION BY change_id ORDER BY seen_at) AS place
    FROM catalog_changesight AS s JOIN accounts_team AS t ON t.id = s.team_id
    WHERE change_id = ANY (ARRAY{those}) {team}) AS named WHERE place <= 3""",
    """SELECT change_id, sum(ticks), sum(calls), sum(unknown_calls), count(*)
    FROM usage_changeeffect WHERE change_id = ANY (ARRAY{those}) {team} GROUP BY 1""",
    """SELECT * FROM (SELECT change_id, ticks, name, row_number() OVER
        (PARTITION BY change_id ORDER BY abs(ticks) DESC) AS place
    FROM usage_changeeffect AS e JOIN accounts_team AS t ON t.id = e.team_id
    WHERE change_id = ANY (ARRAY{those}) {team}) AS large WHERE place <= 5""",
)
CHANGES = (
    "SELECT kind, count(*) FROM catalog_catalogchange GROUP BY 1",
    """SELECT * FROM catalog_catalogchange AS c JOIN catalog_languagemodel AS m
    ON m.id = c.model_id ORDER BY c.first_seen_at DESC LIMIT 26""",
    *(
        one.replace("{those}", _CHANGE.format(of="", n="LIMIT 25"))
        for one in _OF_CHANGES
    ),
)
MODEL = (
    "SELECT * FROM catalog_languagemodel WHERE id = %(model)s",
    """SELECT prices_digest, count(*), count(missing_at), min(first_seen_at),
        max(last_seen_at)
    FROM catalog_priceversion WHERE model_id = %(model)s {team}
    AND superseded_at IS NULL GROUP BY 1""",
    """SELECT prices_digest, count(DISTINCT team_id), min(first_seen_at),
        max(last_seen_at)
    FROM catalog_priceversion WHERE model_id = %(model)s {team} GROUP BY 1""",
    """SELECT * FROM (SELECT prices_digest, name, missing_at, row_number() OVER
        (PARTITION BY prices_digest ORDER BY name) AS place
    FROM catalog_priceversion AS p JOIN accounts_team AS t ON t.id = p.team_id
    WHERE model_id = %(model)s AND superseded_at IS NULL {team}) AS named
    WHERE place <= 8""",
    """SELECT DISTINCT ON (prices_digest) prices_digest, team_id
    FROM catalog_priceversion AS p JOIN LATERAL (SELECT min(first_seen_at) AS began
        FROM catalog_priceversion AS old
        WHERE old.model_id = p.model_id AND old.team_id = p.team_id) AS old ON true
    WHERE model_id = %(model)s AND superseded_at IS NULL {team}
    ORDER BY prices_digest, began""",
    """SELECT * FROM catalog_priceversion WHERE model_id = %(model)s
    AND team_id = %(one)s ORDER BY first_seen_at DESC""",
    """SELECT * FROM catalog_factsversion WHERE model_id = %(model)s
    AND team_id = %(one)s ORDER BY first_seen_at DESC""",
    """SELECT version, fingerprint, aliases, context_length, count(*)
    FROM catalog_factsversion WHERE model_id = %(model)s {team}
    AND superseded_at IS NULL GROUP BY 1, 2, 3, 4""",
    """SELECT s.model_id, count(*), count(*) FILTER (WHERE k.state = 'active')
    FROM keys_keymodel AS s JOIN keys_apikey AS k ON k.id = s.key_id
    WHERE s.model_id = %(model)s AND seen_until IS NULL {team} GROUP BY 1""",
    """SELECT label, name, state FROM keys_keymodel AS s
    JOIN keys_apikey AS k ON k.id = s.key_id JOIN accounts_team AS t ON t.id = k.team_id
    WHERE s.model_id = %(model)s AND seen_until IS NULL {team} ORDER BY 1 LIMIT 12""",
    """SELECT date(opened_at), count(*), sum(cost_ticks) FROM usage_usagerecord
    WHERE model_id = %(model)s {team}
    AND id > usage_first_id(now() - interval '30 days')
    GROUP BY 1""",
    """SELECT c.* FROM catalog_catalogchange AS c
    JOIN catalog_languagemodel AS m ON m.id = c.model_id
    WHERE kind = 'alias' AND (m.id = %(model)s OR before = to_jsonb(m.model_id)
        OR after = to_jsonb(m.model_id)) ORDER BY first_seen_at DESC LIMIT 10""",
    "SELECT * FROM catalog_catalogchange WHERE model_id = %(model)s "
    "ORDER BY first_seen_at DESC LIMIT 8",
    "SELECT * FROM finance_pricereview WHERE change_id = ANY (ARRAY"
    f"{_CHANGE.format(of='WHERE model_id = %(model)s', n='LIMIT 8')})",
    *(
        one.replace(
            "{those}", _CHANGE.format(of="WHERE model_id = %(model)s", n="LIMIT 8")
        )
        for one in _OF_CHANGES
    ),
)


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
        "prices on a date": (f"/models/?on={day}", ON_A_DATE),
        "changes": ("/models/changes/", CHANGES),
        "one model": (f"/models/{model.pk}/", MODEL),
    }
    of_whom = {"one": team.pk, "model": model.pk}
    print(f"\nMedians of {ROUNDS} rounds, in ms; bare SQL and its multiple:")
    teardown_test_environment()  # it copies the context of every part of a page
    gc.collect()
    gc.freeze()  # as the web process does
    missed = []
    try:
        for who, user in (("all teams", fin), ("one team", mia)):
            of_team = "" if user == fin else "AND team_id = %(one)s"
            for name, (url, statements) in pages.items():
                asked = [one.replace("{team}", of_team) for one in statements]
                page, bare = medians_of(
                    partial(open_page, client_of(user), url),
                    partial(_read, asked, of_whom),
                )
                held = page <= TARGET and (user == mia or page <= RATIO * bare)
                print(
                    f"  {name + ', ' + who:<30}{page * 1000:8.1f}{bare * 1000:8.1f}"
                    f"{page / bare:6.1f}"
                )
                missed += [] if held else [f"{name}, {who}"]
    finally:
        setup_test_environment()
    assert not missed, missed


def _read(statements: list[str], of_whom: dict[str, UUID]) -> None:
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql, of_whom)
            cursor.fetchall()

"""10,000,000 calls of a year by 200 people of 20 teams, made by the database itself."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from console.accounts.models import Team
from console.keys.models import ApiKey
from console.lib.days import month_after, month_of
from console.usage.partitions import make_month
from console.usage.rollup import roll_up
from tests.keys.stored import key

CALLS = 10_000_000
TEAMS, PEOPLE, MODELS = 20, 200, 12

_TEAMS = """
    INSERT INTO accounts_team (id, name, xai_team_id, sample, created_at)
    SELECT gen_random_uuid(), 'Team ' || lpad(n::text, 2, '0'), '', false, now()
    FROM generate_series(0, %(teams)s - 1) AS n
"""
_PEOPLE = """
    INSERT INTO accounts_user
        (id, password, username, name, email, role, is_active, created_at, time_zone)
    SELECT gen_random_uuid(), '', 'person' || n, 'Person ' || n, '', 'staff', true,
        now(), ''
    FROM generate_series(0, %(people)s - 1) AS n
"""
_MEMBERS = """
    INSERT INTO accounts_membership (user_id, team_id)
    SELECT person.id, team.id FROM accounts_user AS person JOIN accounts_team AS team
        ON team.name = 'Team ' || lpad(
            (substr(person.username, 7)::int %% %(teams)s)::text, 2, '0')
    WHERE person.username ~ '^person[0-9]'
"""
_CONSUMERS = """
    INSERT INTO usage_consumer (person_id)
    SELECT id FROM accounts_user WHERE username ~ '^person[0-9]'
    ORDER BY substr(username, 7)::int
"""
_MODELS = """
    INSERT INTO catalog_languagemodel
        (id, host, model_id, aliases, raw, first_seen_at, last_seen_at)
    SELECT gen_random_uuid(), 'xai', 'grok-' || lpad(n::text, 2, '0'), '[]', '{}',
        now() - interval '1 year', now()
    FROM generate_series(1, %(models)s) AS n
"""

# Ordered by time, as calls come. Each person uses one key of their team and mostly one
# of three models; 97 in 100 costs are xAI's own.
_CALLS = """
    WITH consumers AS (
        SELECT array_agg(id ORDER BY id) AS ids FROM usage_consumer
    ), teams AS (
        SELECT array_agg(id ORDER BY name) AS ids FROM accounts_team
         WHERE name ~ '^Team [0-9]'
    ), api_keys AS (
        SELECT array_agg(k.id ORDER BY t.name) AS ids
          FROM keys_apikey AS k JOIN accounts_team AS t ON t.id = k.team_id
         WHERE t.name ~ '^Team [0-9]'
    ), language AS (
        SELECT array_agg(id ORDER BY model_id) AS ids FROM catalog_languagemodel
    ), drawn AS (
        SELECT now() - interval '365 days'
                   + n * (interval '365 days' / %(calls)s) AS at,
               floor(random() * %(people)s)::int AS person, random() AS which,
               random() AS how, random() AS size
          FROM generate_series(%(first)s, %(last)s) AS n
    )
    INSERT INTO usage_usagerecord
        (id, state, consumer_id, team_id, key_id, model_id, endpoint, model_asked,
        model_served, ceiling_ticks, opened_at, first_token_at, settled_at, outcome,
        problem, status, upstream_request_id, prompt_tokens, cached_tokens,
        image_tokens, completion_tokens, reasoning_tokens, source, cost_ticks,
        reported_ticks, computed_ticks)
    SELECT usage_new_id(at), 'settled', consumers.ids[1 + person],
        teams.ids[1 + person %% %(teams)s], api_keys.ids[1 + person %% %(teams)s],
        language.ids[1 + (person + CASE WHEN which < 0.7 THEN 0 WHEN which < 0.9
            THEN 1 ELSE 2 END) %% %(models)s],
        CASE WHEN how < 0.85 THEN 'chat' ELSE 'messages' END,
        'grok', 'grok', 10000000000, at, at + interval '1 second',
        at + interval '4 seconds',
        CASE WHEN how < 0.97 THEN 'complete' ELSE 'cut' END, '', 200,
        'request-' || person, 1000 + (size * 3000)::int, (size * 900)::int, 0,
        100 + (size * 400)::int, 50,
        CASE WHEN how < 0.97 THEN 'reported' WHEN how < 0.99 THEN 'estimated'
            ELSE 'unknown' END,
        CASE WHEN how < 0.99 THEN 20000000 + (size * 80000000)::bigint END,
        CASE WHEN how < 0.97 THEN 20000000 + (size * 80000000)::bigint END,
        CASE WHEN how < 0.97 THEN 20000000 + (size * 80000000)::bigint END
    FROM drawn, consumers, teams, api_keys, language
"""
_TOUCHED = """
    INSERT INTO usage_touchedslot (slot_starts_at)
    SELECT DISTINCT usage_slot_of(opened_at) FROM usage_usagerecord
"""


def store_many_calls() -> None:
    """Fill the ledger, add it up and let the planner know it. Takes many minutes."""
    wanted: dict[str, Any] = {
        "teams": TEAMS, "people": PEOPLE, "models": MODELS, "calls": CALLS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_TEAMS, _PEOPLE, _MEMBERS, _CONSUMERS, _MODELS):
            cursor.execute(statement, wanted)
    ApiKey.objects.bulk_create(
        key(team, f"key of {team.name}")
        for team in Team.objects.filter(name__regex="^Team [0-9]")
    )
    for n in range(13):  # before there are calls, so that none has to be moved
        make_month(month_after(month_of(timezone.now().date()), -n))
    with connection.cursor() as cursor:
        # Neither triggers nor references are asked row by row.
        cursor.execute("SET session_replication_role = replica")
        for first in range(1, CALLS + 1, 1_000_000):
            part = {"first": first, "last": min(CALLS, first + 999_999)}
            cursor.execute(_CALLS, wanted | part)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(_TOUCHED)
    roll_up()
    roll_up()  # of the zone that the first one made
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")

"""3 years of observations of 60 models by 1,000 teams, made by the database itself.

Prices and facts of a model change 12 times each, for all teams within 6 hours; the
last 100 teams are told prices of their own. 720,000 price versions, 720,000 versions
of facts, 1,440 changes as each team saw them.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

TEAMS, MODELS, VERSIONS = 1_000, 60, 12

_TEAMS = """
    INSERT INTO accounts_team (id, name, xai_team_id, sample, created_at)
    SELECT gen_random_uuid(), 'Team ' || lpad(n::text, 4, '0'), '', false, now()
    FROM generate_series(1, %(teams)s) AS n
"""
_MODELS = """
    INSERT INTO catalog_languagemodel
        (id, host, model_id, version, fingerprint, aliases, input_modalities,
        output_modalities, context_length, raw, first_seen_at, last_seen_at)
    SELECT gen_random_uuid(), 'xai', 'grok-' || lpad(n::text, 2, '0'), '1.0.12',
        'fp_' || n, jsonb_build_array('grok-' || lpad(n::text, 2, '0') || '-latest'),
        '["text", "image"]', '["text"]', 256000, '{"object": "model"}',
        now() - interval '3 years', now()
    FROM generate_series(1, %(models)s) AS n
"""
_KEYS = """
    INSERT INTO keys_apikey
        (id, team_id, host, label, owner, note, tags, secret_version, fingerprint,
        last_four, watched, created_at, state, state_since, checked_at, verified_at,
        models_checked_at, failures, problem, xai_key_id, xai_team_id, xai_name,
        xai_redacted, xai_created_by, xai_modified_by, acls, mistaken_for,
        outside_changes, escalated_changes, models_in_sight, models_in_reach,
        endpoints_in_reach, all_models, all_endpoints, dearest_model,
        worst_hour_ticks, finding_kinds, finding_weight)
    SELECT gen_random_uuid(), id, 'xai', 'key of ' || name, '', '', '{}', 1,
        sha256(name::bytea), 'x9Qf', true, now() - interval '3 years', 'active',
        now() - interval '3 years', now(), now(), now(), 0, '', 'id of ' || name, name,
        name, 'xai-...x9Qf', '', '', '["api-key:model:*", "api-key:endpoint:*"]', '',
        0, 0, 60, 60, 7, true, true, 'grok-01', 0, '{}', 0
    FROM accounts_team WHERE name LIKE 'Team %%'
"""
_SEEN = """
    INSERT INTO keys_keymodel (key_id, model_id, seen_from)
    SELECT k.id, m.id, now() - interval '3 years'
    FROM keys_apikey AS k CROSS JOIN catalog_languagemodel AS m
"""
# Of each model, team and version: when it began, some minutes apart per team.
_STEPS = """
    SELECT m.id AS model_id, t.id AS team_id, n,
           right(m.model_id, 2)::int AS model, right(t.name, 4)::int AS team,
           now() - (%(versions)s - n) * interval '91 days'
               - interval '3 days' + right(t.name, 4)::int * interval '20 seconds'
               + right(m.model_id, 2)::int * interval '1 minute' AS at
    FROM generate_series(0, %(versions)s - 1) AS n
    CROSS JOIN catalog_languagemodel AS m
    JOIN accounts_team AS t ON t.name LIKE 'Team %%'
    ORDER BY n, m.model_id, t.name
"""
_PRICES = f"""
    INSERT INTO catalog_priceversion
        (id, model_id, team_id, prompt_text_token_price,
        cached_prompt_text_token_price, prompt_image_token_price,
        completion_text_token_price, search_price,
        prompt_text_token_price_long_context,
        cached_prompt_text_token_price_long_context,
        completion_text_token_price_long_context, long_context_threshold,
        first_seen_at, last_seen_at, superseded_at, odd)
    SELECT gen_random_uuid(), model_id, team_id,
        1000 * model, 200 * model, 1000 * model,
        2000 * model + 100 * n - CASE WHEN team > 900 THEN 50 ELSE 0 END, 0,
        2000 * model, 400 * model, 4000 * model, 200000, at,
        CASE WHEN n < %(versions)s - 1
             THEN at + interval '90 days 18 hours' ELSE now() END,
        CASE WHEN n < %(versions)s - 1 THEN at + interval '91 days' END, '{{}}'
    FROM ({_STEPS}) AS step
"""
_FACTS = f"""
    INSERT INTO catalog_factsversion
        (id, model_id, team_id, version, fingerprint, input_modalities,
        output_modalities, aliases, context_length, raw_digest, first_seen_at,
        last_seen_at, superseded_at)
    SELECT gen_random_uuid(), model_id, team_id, '1.0.' || n,
        'fp_' || model || '_' || n, '["text", "image"]', '["text"]',
        jsonb_build_array('grok-' || lpad(model::text, 2, '0') || '-latest'), 256000,
        '', at, CASE WHEN n < %(versions)s - 1
             THEN at + interval '90 days 18 hours' ELSE now() END,
        CASE WHEN n < %(versions)s - 1 THEN at + interval '91 days' END
    FROM ({_STEPS}) AS step
"""
_CHANGES = f"""
    INSERT INTO catalog_catalogchange
        (id, kind, model_id, field, before, after, odd, first_seen_at, last_joined_at,
        recorded_at)
    SELECT gen_random_uuid(), kind, model_id,
        CASE kind WHEN 'price' THEN '' ELSE kind END,
        CASE kind WHEN 'price' THEN jsonb_build_object(
            'completion_text_token_price', 2000 * model + 100 * (n - 1))
        ELSE to_jsonb('fp_' || model || '_' || n - 1) END,
        CASE kind WHEN 'price' THEN jsonb_build_object(
            'completion_text_token_price', 2000 * model + 100 * n)
        ELSE to_jsonb('fp_' || model || '_' || n) END,
        false, min(at), max(at), min(at)
    FROM ({_STEPS}) AS step CROSS JOIN (VALUES ('price'), ('fingerprint')) AS k (kind)
    WHERE n > 0 GROUP BY kind, model_id, model, n
"""
_SIGHTS = """
    INSERT INTO catalog_changesight
        (change_id, team_id, unchanged_at, seen_at, price_before_id, price_after_id)
    SELECT c.id, new.team_id, new.first_seen_at - interval '6 hours',
        new.first_seen_at, CASE c.kind WHEN 'price' THEN old.id END,
        CASE c.kind WHEN 'price' THEN new.id END
    FROM catalog_catalogchange AS c
    JOIN catalog_priceversion AS new ON new.model_id = c.model_id
        AND new.first_seen_at BETWEEN c.first_seen_at AND c.last_joined_at
    JOIN catalog_priceversion AS old ON old.model_id = c.model_id
        AND old.team_id = new.team_id AND old.superseded_at = new.first_seen_at
"""
_EFFECTS = """
    INSERT INTO usage_changeeffect
        (change_id, team_id, ticks, calls, unknown_calls, until)
    SELECT s.change_id, s.team_id, 1000000, 10, 0, s.seen_at
    FROM catalog_changesight AS s WHERE s.price_after_id IS NOT NULL
"""
_CHECKS = """
    INSERT INTO keys_teamchecks (team_id, keys_checked_at, models_checked_at)
    SELECT id, now(), now() FROM accounts_team
"""


def store_many_prices() -> None:
    """Fill the tables and let the planner know them. Takes a few minutes."""
    wanted: dict[str, Any] = {"teams": TEAMS, "models": MODELS, "versions": VERSIONS}
    with connection.cursor() as cursor:
        for statement in (_TEAMS, _MODELS, _KEYS, _SEEN, _CHECKS):
            cursor.execute(statement, wanted)
        for statement in (_PRICES, _FACTS, _CHANGES, _SIGHTS, _EFFECTS):
            cursor.execute(statement, wanted)
        cursor.execute("VACUUM ANALYZE")

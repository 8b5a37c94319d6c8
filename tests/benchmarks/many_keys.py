"""100,000 keys of five teams with 2,000,000 snapshots, made by the database itself."""

from __future__ import annotations

from typing import Any

from django.db import connection

from console.accounts.models import Team

KEYS = 100_000
SNAPSHOTS_EACH = 20
CHANGES_EACH = 5
MODELS = 30
SEEN_EACH = 8  # models; the first keys of each team see all

_MODELS = """
    INSERT INTO catalog_languagemodel
        (id, host, model_id, aliases, raw, first_seen_at, last_seen_at)
    SELECT gen_random_uuid(), 'xai', 'grok-' || lpad(n::text, 2, '0'),
        jsonb_build_array('grok-' || lpad(n::text, 2, '0') || '-latest'), '{}',
        now() - interval '90 days', now()
    FROM generate_series(1, %(models)s) AS n
"""
_PRICES = """
    INSERT INTO catalog_priceversion
        (id, model_id, team_id, prompt_text_token_price,
        cached_prompt_text_token_price, prompt_image_token_price,
        completion_text_token_price, search_price,
        prompt_text_token_price_long_context,
        cached_prompt_text_token_price_long_context,
        completion_text_token_price_long_context, long_context_threshold,
        first_seen_at, last_seen_at, odd)
    SELECT gen_random_uuid(), m.id, t.id, 12500, 2000, 12500, 25000, 0, 25000, 4000,
        50000, 200000, now() - interval '90 days', now(), '{}'
    FROM catalog_languagemodel AS m CROSS JOIN accounts_team AS t
"""
_KEYS = """
    INSERT INTO keys_apikey
        (id, team_id, host, label, owner, note, tags, secret_version, fingerprint,
        last_four, watched, created_at, state, state_since, changed_at, checked_at,
        verified_at, models_checked_at, failures, problem, xai_key_id, xai_team_id,
        xai_name, xai_redacted, xai_created_by, xai_modified_by, xai_created_at,
        xai_modified_at, acls, team_blocked, api_key_blocked, api_key_disabled,
        mistaken_for, outside_changes, escalated_changes, models_in_sight,
        models_in_reach,
        endpoints_in_reach, all_models, all_endpoints, dearest_model,
        worst_hour_ticks, finding_kinds, finding_weight)
    SELECT gen_random_uuid(), (%(teams)s::uuid[])[1 + n %% 5], 'xai',
        'key ' || lpad(n::text, 6, '0'),
        CASE WHEN n %% 9 = 0 THEN '' ELSE 'Owner ' || n %% 200 END,
        repeat('What it is used for, in a sentence of some length. ', n %% 4),
        CASE WHEN n %% 7 = 0 THEN '{batch}'::varchar[] ELSE '{}' END, 1,
        sha256(n::text::bytea), lpad((n %% 10000)::text, 4, '0'), true,
        now() - interval '200 days',
        CASE n %% 40 WHEN 1 THEN 'key_blocked' WHEN 2 THEN 'rejected'
            WHEN 3 THEN 'disabled' WHEN 4 THEN 'unreachable' ELSE 'active' END,
        now() - n %% 90 * interval '1 day', now() - n %% 2000 * interval '1 hour',
        now() - n %% 300 * interval '1 second', now() - n %% 300 * interval '1 second',
        now() - interval '1 hour', 0, '', 'id-' || n, 'team-' || n %% 5,
        'key ' || n || ' at xAI', 'xai-...' || lpad((n %% 10000)::text, 4, '0'),
        md5('person' || n %% 300), md5('person' || n %% 300),
        now() - interval '200 days', now() - n %% 2000 * interval '1 hour',
        CASE n %% 4
            WHEN 0 THEN '["api-key:model:*", "api-key:endpoint:*"]'::jsonb
            WHEN 1 THEN '["api-key:model:*", "api-key:endpoint:chat"]'
            ELSE jsonb_build_array('api-key:endpoint:chat', 'api-key:endpoint:models',
                'api-key:model:grok-' || lpad((1 + n %% 8)::text, 2, '0'),
                'api-key:model:grok-' || lpad((2 + n %% 8)::text, 2, '0')) END,
        false, false, false,
        '', CASE WHEN n %% 50 = 0 THEN 1 ELSE 0 END, 0, 8,
        CASE WHEN n %% 4 < 2 THEN 8 ELSE 2 END,
        CASE WHEN n %% 4 = 0 THEN 7 ELSE 2 END, n %% 4 < 2, n %% 4 = 0, 'grok-01',
        n %% 1000 * 1000000000::bigint,
        CASE WHEN n %% 4 = 0 THEN '{full_wildcard}'::varchar[] ELSE '{}' END,
        CASE WHEN n %% 4 = 0 THEN 100 ELSE 0 END
    FROM generate_series(1, %(keys)s) AS n
"""
_SEEN = """
    INSERT INTO keys_keymodel (key_id, model_id, seen_from)
    SELECT k.id, m.id, now() - interval '90 days'
    FROM keys_apikey AS k JOIN catalog_languagemodel AS m
        ON m.model_id <= 'grok-' || lpad(%(seen)s::text, 2, '0')
        OR k.label <= 'key 000500'
    ON CONFLICT DO NOTHING
"""
_SNAPSHOTS = """
    INSERT INTO keys_keysnapshot (key_id, first_seen_at, last_seen_at, facts, raw)
    SELECT k.id, now() - (n + 1) * interval '4 days', now() - n * interval '4 days',
        jsonb_build_object('name', k.label, 'acls', k.acls, 'modify_time', n),
        jsonb_build_object('name', k.label, 'acls', k.acls, 'api_key_id', k.xai_key_id,
            'more', repeat('x', 400))
    FROM keys_apikey AS k CROSS JOIN generate_series(0, %(each)s - 1) AS n
"""
_CHANGES = """
    INSERT INTO keys_keychange
        (key_id, team_id, field, before, after, gap_from, gap_until, modified_by,
        origin, review, review_note)
    SELECT k.id, k.team_id, CASE n %% 2 WHEN 0 THEN 'acls' ELSE 'name' END,
        '["api-key:model:grok-01"]', '["api-key:model:*"]',
        at - interval '5 minutes', at, k.xai_modified_by, 'outside',
        CASE WHEN n = 0 AND k.outside_changes > 0 THEN 'waiting' ELSE 'confirmed' END,
        ''
    FROM keys_apikey AS k CROSS JOIN generate_series(0, %(each)s - 1) AS n,
        LATERAL (SELECT k.changed_at - n * interval '16 days' AS at) AS moment
    WHERE k.changed_at IS NOT NULL
"""
_SPANS = """
    INSERT INTO keys_statespan (key_id, state, starts_at, ends_at)
    SELECT id, 'active', now() - interval '180 days', state_since FROM keys_apikey
    WHERE state <> 'active'
    UNION ALL SELECT id, state, state_since, NULL FROM keys_apikey
"""
_FINDINGS = """
    INSERT INTO keys_finding
        (key_id, kind, severity, subject, detail, opened_at, accepted_reason)
    SELECT id, 'full_wildcard', 'medium', '', '{}', now() - interval '9 days', ''
    FROM keys_apikey WHERE finding_weight > 0
"""


def store_many_keys(teams: list[Team]) -> None:
    """Fill the tables and let the planner know them. Takes a minute or two."""
    wanted: dict[str, Any] = {
        "teams": [team.pk for team in teams],
        "keys": KEYS,
        "models": MODELS,
        "seen": SEEN_EACH,
    }
    with connection.cursor() as cursor:
        for statement in (_MODELS, _PRICES, _KEYS, _SEEN):
            cursor.execute(statement, wanted)
        cursor.execute(_SNAPSHOTS, {"each": SNAPSHOTS_EACH})
        cursor.execute(_CHANGES, {"each": CHANGES_EACH})
        cursor.execute(_SPANS)
        cursor.execute(_FINDINGS)
        cursor.execute("VACUUM ANALYZE")

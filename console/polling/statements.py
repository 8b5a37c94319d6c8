"""The SQL of the schedule, for `schedule` alone."""

ADD_MISSING = """
    INSERT INTO polling_pollstate (key_id, team_id, kind, due_at, failures)
    SELECT k.id, k.team_id, kind, statement_timestamp(), 0
    FROM keys_apikey AS k
    CROSS JOIN unnest(%(kinds)s::text[]) AS kind
    WHERE k.watched AND k.removed_at IS NULL
    AND NOT EXISTS (
        SELECT FROM polling_pollstate AS p WHERE p.key_id = k.id AND p.kind = kind.kind
    )
    ON CONFLICT (key_id, kind) DO NOTHING
"""
# A key whose secret was replaced has never been asked for its models.
ASK_NEW_SECRETS = """
    UPDATE polling_pollstate SET due_at = statement_timestamp()
    WHERE id IN (
        SELECT p.id FROM polling_pollstate AS p JOIN keys_apikey AS k ON k.id = p.key_id
        WHERE p.kind = 'models' AND p.failures = 0 AND p.lease IS NULL
        AND p.due_at > statement_timestamp() AND k.models_checked_at IS NULL
        FOR UPDATE OF p SKIP LOCKED
    )
"""
DROP_REMOVED = """
    DELETE FROM polling_pollstate AS p USING keys_apikey AS k
    WHERE k.id = p.key_id AND k.removed_at IS NOT NULL
"""

# Looks at each team apart, so that none waits behind the thousand keys of another. A
# team is in the hands of one lane at a time, which keeps its cap.
CLAIM = """
    WITH due AS (
        SELECT chosen.*
        FROM accounts_team AS t
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE busy.lease = %(lane)s) AS mine,
                count(*) FILTER (WHERE busy.lease <> %(lane)s) AS others
            FROM polling_pollstate AS busy
            WHERE busy.team_id = t.id AND busy.lease_until > statement_timestamp()
        ) AS held
        CROSS JOIN LATERAL (
            SELECT p.id, p.due_at, p.team_id, k.host
            FROM polling_pollstate AS p
            JOIN keys_apikey AS k ON k.id = p.key_id
            WHERE p.team_id = t.id
            AND p.due_at <= statement_timestamp()
            AND (p.lease_until IS NULL OR p.lease_until <= statement_timestamp())
            AND p.kind = ANY(%(kinds)s)
            AND k.watched AND k.removed_at IS NULL
            AND NOT k.host = ANY(%(shut)s)
            AND k.host = coalesce(%(only)s, k.host)
            AND held.others = 0
            ORDER BY p.due_at, p.id
            LIMIT greatest(0, %(per_team)s - held.mine)
            FOR UPDATE OF p SKIP LOCKED
        ) AS chosen
        ORDER BY chosen.due_at, chosen.id
        LIMIT %(limit)s
    )
    UPDATE polling_pollstate AS p
    SET lease = %(lane)s,
        lease_until = statement_timestamp() + %(lease_time)s,
        due_at = statement_timestamp() + %(lease_time)s
    FROM due
    WHERE p.id = due.id
    RETURNING p.id, p.key_id, p.team_id, p.kind, due.host, p.lease, p.failures,
        statement_timestamp() - due.due_at
"""

# An earlier date than the end of the lease was written by somebody who asked.
FINISH = """
    UPDATE polling_pollstate AS p
    SET lease = NULL, lease_until = NULL, failures = done.failures,
        due_at = CASE WHEN p.due_at < p.lease_until THEN p.due_at
            ELSE statement_timestamp() + done.wait END
    FROM unnest(
        %(ids)s::bigint[], %(leases)s::uuid[], %(waits)s::interval[],
        %(failures)s::integer[]
    ) AS done (id, lease, wait, failures)
    WHERE p.id = done.id AND p.lease = done.lease
"""

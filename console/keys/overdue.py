"""Which keys must be judged anew although nobody wrote to them.

    the clock · acceptances that ended · the same key stored or removed elsewhere ·
    prices its team was told through another key · names that moved at xAI

Whoever notices one of these cannot mark the keys there and then: it holds the row of
a key already, and to lock others without their order would end in a deadlock. So one
statement a minute looks for keys whose assessment does not fit what is stored now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction

from console.keys.assessment import MOST, WEIGHTS
from console.keys.linter import SILENT_AFTER, UNCHECKED_AFTER
from console.keys.models import FindingKind, Severity

AT_LEAST_EVERY: Final = timedelta(hours=6)  # aliases move without a trace in a key
# Prices are seen when the answer comes and stored within the lease of its poll.
STORED_WITHIN: Final = timedelta(minutes=2)

_MARK = """
    WITH standing AS (
        SELECT key_id,
            bool_or(kind = %(not_checked)s) AS not_checked,
            bool_or(kind = %(same_key)s) AS same_key,
            %(high)s * least(count(*) FILTER (WHERE severity = 'high' AND counts),
                %(most)s)
            + %(medium)s * least(count(*) FILTER (WHERE severity = 'medium' AND counts),
                %(most)s)
            + %(low)s * least(count(*) FILTER (WHERE severity = 'low' AND counts),
                %(most)s) AS weight
        FROM (
            SELECT key_id, kind, severity,
                coalesce(accepted_until <= statement_timestamp(), true) AS counts
            FROM keys_finding WHERE closed_at IS NULL
        ) AS open
        GROUP BY key_id
    ),
    twins AS (
        SELECT xai_key_id FROM keys_apikey
        WHERE removed_at IS NULL AND xai_key_id <> ''
        GROUP BY xai_key_id HAVING count(*) > 1
    ),
    priced AS (
        SELECT p.team_id, m.host, max(p.first_seen_at) AS at
        FROM catalog_priceversion AS p JOIN catalog_languagemodel AS m
            ON m.id = p.model_id
        GROUP BY p.team_id, m.host
    ),
    wrong AS (
        SELECT k.id
        FROM keys_apikey AS k
        LEFT JOIN standing AS s ON s.key_id = k.id
        LEFT JOIN twins AS t ON t.xai_key_id = k.xai_key_id
        LEFT JOIN priced AS p ON p.team_id = k.team_id AND p.host = k.host
        WHERE k.removed_at IS NULL AND k.assess_due_at IS NULL AND (
            k.assessed_at IS NULL
            OR k.assessed_at < statement_timestamp() - %(at_least_every)s
            OR k.assessed_at < p.at + %(stored_within)s
            OR (t.xai_key_id IS NOT NULL) <> coalesce(s.same_key, false)
            OR coalesce(s.not_checked, false) <> (
                k.watched AND CASE WHEN k.verified_at IS NULL
                    THEN k.created_at <= statement_timestamp() - %(unchecked_after)s
                    ELSE k.verified_at <= statement_timestamp() - %(silent_after)s
                END
            )
            OR k.finding_weight <> coalesce(s.weight, 0)
        )
    )
    UPDATE keys_apikey AS k
    SET assess_due_at = statement_timestamp()
    FROM (
        SELECT id FROM keys_apikey WHERE id IN (SELECT id FROM wrong)
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS free
    WHERE k.id = free.id AND k.assess_due_at IS NULL
"""


@transaction.atomic
def mark() -> int:
    """Mark these keys due; return how many. A key that is locked waits for the next.

    One statement and one pass over the keys, whatever their number.
    """
    wanted: dict[str, Any] = {
        "not_checked": FindingKind.NOT_CHECKED.value,
        "same_key": FindingKind.SAME_KEY.value,
        "at_least_every": AT_LEAST_EVERY,
        "stored_within": STORED_WITHIN,
        "unchecked_after": UNCHECKED_AFTER,
        "silent_after": SILENT_AFTER,
        "most": MOST,
        "high": WEIGHTS[Severity.HIGH],
        "medium": WEIGHTS[Severity.MEDIUM],
        "low": WEIGHTS[Severity.LOW],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARK, wanted)
        return int(cursor.rowcount)

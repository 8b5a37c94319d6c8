"""The statements of the ledger check: each reads what should be, and what is kept."""

from __future__ import annotations

from typing import Final

from console.usage.models import DIMENSIONS, MEASURES

REFERENCES: Final = {"team", "key", "model", "consumer"}
BY: Final = ", ".join(f"{one}_id" if one in REFERENCES else one for one in DIMENSIONS)

# Both sides as (place, dimensions, measures): a row of one side that the other lacks
# is a difference as well.
COMPARE: Final = """
    WITH told AS ({told}), kept AS ({kept})
    SELECT coalesce(told.place, kept.place)::text,
           coalesce(told.calls, 0), coalesce(kept.calls, 0),
           coalesce(told.cost_ticks, 0), coalesce(kept.cost_ticks, 0),
           count(*) OVER ()
      FROM told
      FULL JOIN kept ON told.named = kept.named AND told.place = kept.place
     WHERE {measures}
     ORDER BY 1
     LIMIT %(named)s
""".replace(
    "{measures}",
    " OR ".join(f"told.{one} IS DISTINCT FROM kept.{one}" for one in MEASURES),
)
MODEL: Final = "coalesce(model_id::text, '-')"
NAMES: Final = f"concat_ws('|', {BY.replace('model_id', MODEL)})"
SOURCE: Final = "CASE WHEN adjusted_ticks IS NULL THEN source ELSE 'adjusted' END"
SUMS: Final = ", ".join(f"sum({one}) AS {one}" for one in MEASURES)

OF_RECORDS: Final = f"""
    SELECT usage_slot_of(opened_at) AS place,
           {NAMES.replace("source", SOURCE)} AS named, count(*) AS calls,
           sum((prompt_tokens IS NULL)::int) AS untold_calls,
           sum(coalesce((reported_ticks <> computed_ticks)::int, 0))
               AS differing_calls,
           sum(coalesce(cost_ticks, adjusted_ticks, 0)) AS cost_ticks,
           sum(coalesce(prompt_tokens, 0)) AS prompt_tokens,
           sum(coalesce(cached_tokens, 0)) AS cached_tokens,
           sum(coalesce(image_tokens, 0)) AS image_tokens,
           sum(coalesce(completion_tokens, 0)) AS completion_tokens,
           sum(coalesce(reasoning_tokens, 0)) AS reasoning_tokens
      FROM usage_usagerecord
     WHERE state = 'settled' AND id >= %(first)s
       AND NOT EXISTS (SELECT FROM usage_touchedslot
                        WHERE slot_starts_at = usage_slot_of(opened_at))
     GROUP BY 1, 2
"""
KEPT_SLOTS: Final = f"""
    SELECT slot_starts_at AS place, {NAMES} AS named, {", ".join(MEASURES)}
      FROM usage_usageslot slot
     WHERE slot_starts_at >= %(since)s
       AND NOT EXISTS (SELECT FROM usage_touchedslot touched
                        WHERE touched.slot_starts_at = slot.slot_starts_at)
"""
OF_SLOTS: Final = f"""
    SELECT day AS place, {NAMES} AS named, {SUMS}
      FROM unnest(%(days)s::date[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
           AS asked (day, starts_at, ends_at)
      JOIN usage_usageslot
        ON slot_starts_at >= starts_at AND slot_starts_at < ends_at
     GROUP BY 1, 2
"""
KEPT_DAYS: Final = f"""
    SELECT day AS place, {NAMES} AS named, {", ".join(MEASURES)}
      FROM usage_usageday
     WHERE zone_id = %(zone)s AND day >= %(first_day)s
"""
OF_DAYS: Final = f"""
    SELECT date_trunc('month', day)::date AS place, {NAMES} AS named, {SUMS}
      FROM usage_usageday
     WHERE zone_id = %(zone)s AND day >= %(first_month)s
     GROUP BY 1, 2
"""
KEPT_MONTHS: Final = f"""
    SELECT month AS place, {NAMES} AS named, {", ".join(MEASURES)}
      FROM usage_usagemonth
     WHERE zone_id = %(zone)s AND month >= %(first_month)s
"""

# Of the windows of one kind, so that the records are read by its index.
OF_WINDOWS: Final = """
    SELECT kept.budget_id, kept.starts_at, kept.reserved_ticks, kept.spent_ticks,
           kept.unknown_ticks, told.reserved, told.spent, told.unknown,
           count(*) OVER ()
      FROM usage_budgetwindow kept
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(ceiling_ticks) FILTER (WHERE state = 'open'), 0)
                      AS reserved,
                  coalesce(sum(coalesce(cost_ticks, adjusted_ticks)) FILTER (
                      WHERE state = 'settled'), 0) AS spent,
                  coalesce(sum(ceiling_ticks) FILTER (
                      WHERE state = 'settled' AND cost_ticks IS NULL
                        AND adjusted_ticks IS NULL), 0) AS unknown
             FROM usage_usagerecord record
            WHERE id >= usage_first_id(kept.starts_at)
              AND id < usage_first_id(kept.ends_at + interval '1 ms')
              AND opened_at < kept.ends_at
              AND endpoint <> 'tokenize'
              AND {counted}
     ) AS told
     WHERE {kind} AND kept.ends_at > %(since)s AND kept.starts_at >= %(oldest)s
       AND (reserved_ticks, spent_ticks, unknown_ticks)
           IS DISTINCT FROM (reserved, spent, told.unknown)
     ORDER BY kept.starts_at, kept.id
     LIMIT %(named)s
"""
SUBJECTS: Final = ("consumer_id", "team_id", "key_id", "model_id")

# Only calls of unknown cost can have one, and these have an index.
OF_ADJUSTMENTS: Final = """
    SELECT coalesce(told.record_id, kept.id), told.ticks, kept.adjusted_ticks,
           count(*) OVER ()
      FROM (SELECT DISTINCT ON (record_id) record_id, ticks
              FROM usage_adjustment
             WHERE record_id >= %(first)s
             ORDER BY record_id, number DESC) AS told
      FULL JOIN (
           SELECT id, adjusted_ticks
             FROM usage_usagerecord
            WHERE id >= %(first)s AND source = 'unknown'
              AND adjusted_ticks IS NOT NULL) AS kept
        ON kept.id = told.record_id
     WHERE told.ticks IS DISTINCT FROM kept.adjusted_ticks
     ORDER BY 1
     LIMIT %(named)s
"""

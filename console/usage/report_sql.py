"""The two statements of a report, over rows of sums that `report` chooses."""

from __future__ import annotations

from typing import Final

ANSWERS = "now AND endpoint <> 'tokenize'"
BEFORE = "NOT now AND endpoint <> 'tokenize'"
MEASURED: Final = {
    "calls": f"sum(calls) FILTER (WHERE {ANSWERS})",
    "count_calls": "sum(calls) FILTER (WHERE now AND endpoint = 'tokenize')",
    "untold_calls": f"sum(untold_calls) FILTER (WHERE {ANSWERS})",
    "differing_calls": f"sum(differing_calls) FILTER (WHERE {ANSWERS})",
    "reported_calls": f"sum(calls) FILTER (WHERE {ANSWERS} AND source = 'reported')",
    "computed_calls": f"sum(calls) FILTER (WHERE {ANSWERS} AND source = 'computed')",
    "estimated_calls": f"sum(calls) FILTER (WHERE {ANSWERS} AND source = 'estimated')",
    "unknown_calls": f"sum(calls) FILTER (WHERE {ANSWERS} AND source = 'unknown')",
    "cost_ticks": "sum(cost_ticks) FILTER (WHERE now)",
    "reported_ticks": "sum(cost_ticks) FILTER (WHERE now AND source = 'reported')",
    "computed_ticks": "sum(cost_ticks) FILTER (WHERE now AND source = 'computed')",
    "estimated_ticks": "sum(cost_ticks) FILTER (WHERE now AND source = 'estimated')",
    "prompt_tokens": f"sum(prompt_tokens) FILTER (WHERE {ANSWERS})",
    "cached_tokens": f"sum(cached_tokens) FILTER (WHERE {ANSWERS})",
    "image_tokens": f"sum(image_tokens) FILTER (WHERE {ANSWERS})",
    "completion_tokens": f"sum(completion_tokens) FILTER (WHERE {ANSWERS})",
    "reasoning_tokens": f"sum(reasoning_tokens) FILTER (WHERE {ANSWERS})",
    "calls_before": f"sum(calls) FILTER (WHERE {BEFORE})",
    "unknown_before": f"sum(calls) FILTER (WHERE {BEFORE} AND source = 'unknown')",
    "ticks_before": "sum(cost_ticks) FILTER (WHERE NOT now)",
}

# Measures of the rows of sums, which the ones above are made of.
PLAIN: Final = (
    "calls",
    "untold_calls",
    "differing_calls",
    "cost_ticks",
    "prompt_tokens",
    "cached_tokens",
    "image_tokens",
    "completion_tokens",
    "reasoning_tokens",
)
MEASURES = ", ".join(
    f"coalesce({sql}, 0)::bigint AS {name}" for name, sql in MEASURED.items()
)
AGAIN = ", ".join(f"sum({name})::bigint" for name in MEASURED)

# Each groups once, by little: with a second step, or more to group by, the database
# expects so many groups that it sorts all rows on disk.
SPLIT: Final = f"""
    WITH told AS ({{told}}
    ), sums AS (
        SELECT what, {MEASURES} FROM told GROUP BY what
    ), ranked AS (
        SELECT *, row_number() OVER (
                   ORDER BY greatest(cost_ticks, ticks_before) DESC,
                            greatest(calls, calls_before) DESC, what
               ) > %s AS rest
          FROM sums
    )
    SELECT CASE WHEN NOT rest THEN what::text END, rest, count(*), {AGAIN}
      FROM ranked
     GROUP BY 1, 2
"""

OVER_TIME: Final = f"""
    WITH told AS ({{told}}
    )
    SELECT at,
           CASE WHEN what IS NULL THEN 0
                ELSE array_position(%s::{{type}}[], what) END AS part,
           {MEASURES}
      FROM told
     GROUP BY at, part
"""

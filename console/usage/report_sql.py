"""The two statements of a report, over rows of sums that `report` chooses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ANSWERS = "FILTER (WHERE endpoint <> 'tokenize')"
NOW: Final = {
    "calls": f"sum(calls) {ANSWERS}",
    "count_calls": "sum(calls) FILTER (WHERE endpoint = 'tokenize')",
    "untold_calls": f"sum(untold_calls) {ANSWERS}",
    "differing_calls": f"sum(differing_calls) {ANSWERS}",
    **{
        f"{source}_calls": (
            f"sum(calls) FILTER (WHERE endpoint <> 'tokenize' AND source = '{source}')"
        )
        for source in ("reported", "computed", "estimated", "adjusted", "unknown")
    },
    "cost_ticks": "sum(cost_ticks)",
    **{
        f"{source}_ticks": f"sum(cost_ticks) FILTER (WHERE source = '{source}')"
        for source in ("reported", "computed", "estimated", "adjusted")
    },
    **{
        name: f"sum({name}) {ANSWERS}"
        for name in (
            "prompt_tokens",
            "cached_tokens",
            "image_tokens",
            "completion_tokens",
            "reasoning_tokens",
        )
    },
}
BEFORE: Final = {
    "calls_before": NOW["calls"],
    "unknown_before": NOW["unknown_calls"],
    "ticks_before": NOW["cost_ticks"],
}
DRAWN: Final = {  # what charts need, and what tells that two statements agree
    "calls",
    "cost_ticks",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
}
NAMES: Final = (*NOW, *BEFORE)


def _measures(known: Iterable[str]) -> str:
    """Return all measures as columns: those known are added up, the others are 0."""
    sums, of = {**NOW, **BEFORE}, set(known)
    return ", ".join(
        f"coalesce({sums[name]}, 0)::bigint AS {name}" if name in of else f"0 AS {name}"
        for name in NAMES
    )


AGAIN: Final = ", ".join(f"sum({name})::bigint AS {name}" for name in NAMES)

# Each side groups its many rows once, by little and for no more than it is asked: that
# is nearly all the time of a report.
SPLIT: Final = f"""
    WITH sums AS (
        SELECT what, {AGAIN} FROM (
            SELECT what, {_measures(NOW)} FROM ({{now}}) AS now GROUP BY what
            UNION ALL
            SELECT what, {_measures(BEFORE)} FROM ({{before}}) AS before GROUP BY what
        ) AS both_sides
         GROUP BY what
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

_OVER_TIME: Final = """
    SELECT at,
           CASE WHEN what IS NULL THEN 0
                ELSE array_position(%s::{{type}}[], what) END AS part,
           {measures}
      FROM ({{told}}) AS told
     GROUP BY at, part
"""
OVER_TIME: Final = _OVER_TIME.format(measures=_measures(NOW))
DRAWN_OVER_TIME: Final = _OVER_TIME.format(measures=_measures(DRAWN))

"""The two statements of a report, over rows of sums that `report` chooses.

Of 50,000 rows nearly all the time goes into what is done with each of them: so they
are first grouped once, by little and for no more than is asked, and each measure then
asks of some hundred.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from console.usage.models import MEASURES

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
DRAWN: Final = (  # what charts need, and what tells that two statements agree
    "calls",
    "cost_ticks",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
)
NAMES: Final = (*NOW, *BEFORE)


def _measures(known: Iterable[str]) -> str:
    """Return all measures as columns: those known are added up, the others are 0."""
    sums, of = {**NOW, **BEFORE}, set(known)
    return ", ".join(
        f"coalesce({sums[name]}, 0)::bigint AS {name}" if name in of else f"0 AS {name}"
        for name in NAMES
    )


def _grouped(told: str, by: str, measures: Iterable[str]) -> str:
    added = ", ".join(f"sum({name})::bigint AS {name}" for name in measures)
    return f"SELECT {by}, {added} FROM ({told}) AS told GROUP BY {by}"


AGAIN: Final = ", ".join(f"sum({name})::bigint AS {name}" for name in NAMES)

SPLIT: Final = f"""
    WITH sums AS (
        SELECT what, {AGAIN} FROM (
            SELECT what, {_measures(NOW)}
              FROM ({_grouped("{now}", "what, source, endpoint", MEASURES)}) AS now
             GROUP BY what
            UNION ALL
            SELECT what, {_measures(BEFORE)} FROM ({{before}}) AS before GROUP BY what
        ) AS both_sides
         GROUP BY what
        -- What was called on days alone that are taken off is no part.
        HAVING sum(calls + count_calls + calls_before + ticks_before) > 0
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

TOTAL: Final = f"""
    SELECT {_measures(NOW)}
      FROM ({_grouped("{told}", "source, endpoint", MEASURES)}) AS told
"""


def over_time(told: str, *, places: int, kind: str, drawn: bool) -> str:
    """Return the statement of a chart, or of rows over time.

    What each row is of is compared with each place: an array would be searched anew
    for every row, which takes longer than adding up.
    """
    chain = " ".join(f"WHEN what = %s::{kind} THEN {n}" for n in range(1, places + 1))
    place = f"CASE WHEN what IS NULL THEN 0 {chain} END"
    placed = f"SELECT *, {place} AS part FROM ({told}) AS told"
    if drawn:
        rows = _grouped(placed, "at, part, endpoint", DRAWN)
        measures = _measures(DRAWN)
    else:
        rows = _grouped(placed, "at, part, source, endpoint", MEASURES)
        measures = _measures(NOW)
    return f"SELECT at, part, {measures} FROM ({rows}) AS told GROUP BY at, part"

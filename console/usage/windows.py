"""Whether a call still fits into its budgets. Called where a record is opened.

A window of a budget holds one number of each kind, and nothing else does. The ceiling
of a call is reserved by the statement that opens its record, if it fits; a trigger
moves it to what was spent when the call is settled (migration 0007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from console.lib.ticks import MAX_TICKS
from console.usage.models import Budget, BudgetWindow

WINDOWS: Final = """
    usage_windows_of(consumer.id, %(team)s::uuid, %(key)s::uuid, %(model)s::uuid,
                     statement_timestamp())
"""

# Before any window: whoever has the ledger for themselves goes on to windows.
LEDGER: Final = "LOCK TABLE usage_usagerecord IN ROW EXCLUSIVE MODE;"

# In the order of their ids, as everywhere: so nobody waits for each other in a circle.
# A statement of its own, as `limits.LOCK` is.
LOCK: Final = f"""
    SELECT id FROM usage_budgetwindow
     WHERE id IN (SELECT current.id
                    FROM usage_consumer consumer, {WINDOWS} AS current
                   WHERE consumer.person_id = %(person)s)
     ORDER BY id
       FOR NO KEY UPDATE;
"""

TAKEN: Final = "spent_ticks::numeric + reserved_ticks + unknown_ticks"
LIMIT: Final = """
    (limit_ticks::numeric + CASE WHEN raised_until > statement_timestamp()
                                 THEN raised_ticks ELSE 0 END)
"""

# A soft one is over only where its sum would not fit into its column.
OVER: Final = f"""
    CASE WHEN hard
         THEN %(ceiling)s::bigint IS NULL OR {TAKEN} + %(ceiling)s::bigint > {LIMIT}
         ELSE {TAKEN} + coalesce(%(ceiling)s::bigint, 0) > %(most)s
    END
"""

# Budgets that count the call, with the consumer whose calls they count.
COUNTING: Final = """
    (SELECT budget.id,
            CASE WHEN budget.each_person THEN consumer.id
                 ELSE budget.consumer_id END AS consumer_id
       FROM usage_budget budget
      WHERE budget.ended_at IS NULL
        AND (budget.consumer_id = consumer.id OR budget.consumer_id IS NULL)
        AND (budget.team_id = %(team)s::uuid OR budget.team_id IS NULL)
        AND (budget.key_id = %(key)s::uuid OR budget.key_id IS NULL)
        AND (budget.model_id = %(model)s::uuid OR budget.model_id IS NULL))
"""

MISSING: Final = f"""
    (SELECT counting.id, counting.consumer_id FROM {COUNTING} AS counting
      WHERE NOT EXISTS (SELECT FROM {WINDOWS} AS current
                         WHERE current.budget_id = counting.id))
"""

WITHIN: Final = f"""
       AND NOT EXISTS (SELECT FROM {WINDOWS} AS current WHERE {OVER})
       AND NOT EXISTS {MISSING}
"""

FIRST_OVER: Final = f"""
    SELECT current.id
      FROM usage_consumer consumer, {WINDOWS} AS current
     WHERE consumer.person_id = %(person)s AND {OVER}
     ORDER BY current.ends_at DESC, current.id
     LIMIT 1
"""

# The window of now. Its sums begin with what the records say, since a budget can
# begin amid its first window.
MAKE: Final = """
    INSERT INTO usage_budgetwindow
           (budget_id, team_id, consumer_id, key_id, model_id, starts_at, ends_at,
            limit_ticks, hard, raised_ticks, raised_until, told_percent,
            reserved_ticks, spent_ticks, unknown_ticks)
    SELECT budget.id, budget.team_id, %(consumer)s::bigint, budget.key_id,
           budget.model_id, starts_at, ends_at, limit_ticks, hard,
           coalesce(raised.ticks, 0), raised.until, 0, reserved, spent, unknown
      FROM usage_budget budget
     CROSS JOIN LATERAL (
           SELECT date_trunc(span, statement_timestamp(), 'UTC') AS starts_at,
                  (date_trunc(span, statement_timestamp() AT TIME ZONE 'UTC')
                   + ('1 ' || span)::interval) AT TIME ZONE 'UTC' AS ends_at
     ) AS this
      LEFT JOIN LATERAL (
           SELECT ticks, until FROM usage_budgetraise
            WHERE budget_id = budget.id AND ended_at IS NULL
              AND until > statement_timestamp()
              AND (consumer_id = %(consumer)s::bigint OR consumer_id IS NULL)
            ORDER BY id DESC
            LIMIT 1
     ) AS raised ON true
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(usage_reserved(record)), 0) AS reserved,
                  coalesce(sum(usage_spent(record)), 0) AS spent,
                  coalesce(sum(usage_unknown(record)), 0) AS unknown
             FROM usage_usagerecord record
            WHERE id >= usage_first_id(starts_at) AND id < usage_first_id(ends_at)
              AND {counted}
     ) AS sums
     WHERE budget.id = %(budget)s
    ON CONFLICT DO NOTHING
"""
SUBJECTS: Final = ("consumer", "team", "key", "model")


class OverBudget(Exception):
    """A call does not fit into a window of a hard budget; nothing was recorded."""

    def __init__(self, window: BudgetWindow, ceiling_ticks: int | None) -> None:
        super().__init__(f"budget {window.budget_id}")
        self.window = window
        self.ceiling_ticks = ceiling_ticks


def values_of() -> dict[str, Any]:
    """Return what `WITHIN` needs beside what an opening has, by name."""
    return {"most": MAX_TICKS}


def make_missing(call: Mapping[str, Any]) -> int:
    """Begin the windows that a call needs and that are not there; return how many.

    `call` has `person`, `team`, `key` and `model`. The first call of each day does so.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT missing.* FROM usage_consumer consumer, "
            f"LATERAL {MISSING} AS missing WHERE consumer.person_id = %(person)s",
            call,
        )
        missing = cursor.fetchall()
    return make(missing)


@transaction.atomic
def make(windows: Sequence[tuple[UUID, int | None]]) -> int:
    """Begin the windows of now of these budgets and consumers; return how many.

    No record is written meanwhile, so that none is counted twice or not at all.
    """
    if not windows:
        return 0
    budgets = Budget.objects.in_bulk([budget for budget, _ in windows])
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE usage_usagerecord IN SHARE ROW EXCLUSIVE MODE")
        for budget_id, consumer in windows:
            budget = budgets[budget_id]
            subjects: dict[str, Any] = {
                name: getattr(budget, f"{name}_id") for name in SUBJECTS
            }
            subjects["consumer"] = consumer
            # Named alone, so that each kind of budget reads by its own index.
            counted = [
                f"{name}_id = %({name})s"
                for name in SUBJECTS
                if subjects[name] is not None
            ]
            statement = MAKE.replace("{counted}", " AND ".join(counted) or "true")
            cursor.execute(statement, subjects | {"budget": budget_id})
    return len(windows)


def refuse(call: Mapping[str, Any]) -> None:
    """Say which budget a call does not fit into, by raising OverBudget.

    Returns if it is none. Of several the one is named that begins anew last.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIRST_OVER, {**call, **values_of()})
        found = cursor.fetchone()
    if found:
        window = BudgetWindow.objects.select_related(
            "budget__contact", "team", "key", "model", "consumer__person"
        ).get(pk=found[0])
        raise OverBudget(window, call["ceiling"])

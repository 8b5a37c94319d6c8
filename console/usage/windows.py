"""Whether a call still fits into its budgets. Called where a record is opened.

A window of a budget holds one number of each kind, and nothing else does. The ceiling
of a call is reserved by the function that opens its record, if it fits (usage_open,
migration 0012); a trigger moves it to what was spent when the call is settled (0007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from console.usage.models import Budget, BudgetWindow

# Of the windows that a call does not fit into, the one that begins anew last.
FIRST_OVER: Final = """
    SELECT w.id
      FROM usage_consumer consumer,
           usage_windows_of(consumer.id, %(team)s, %(key)s, %(model)s,
                            statement_timestamp()) w
     WHERE consumer.person_id = %(person)s
       AND usage_is_over(w, %(ceiling)s, statement_timestamp())
     ORDER BY w.ends_at DESC, w.id
     LIMIT 1
"""

MISSING: Final = """
    SELECT missing.*
      FROM usage_consumer consumer,
           usage_missing_windows(consumer.id, %(team)s, %(key)s, %(model)s,
                                 statement_timestamp()) missing
     WHERE consumer.person_id = %(person)s
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


def make_missing(call: Mapping[str, Any]) -> int:
    """Begin the windows that a call needs and that are not there; return how many.

    `call` has `person`, `team`, `key` and `model`. The first call of each day does so.
    """
    with connection.cursor() as cursor:
        cursor.execute(MISSING, call)
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
        cursor.execute(FIRST_OVER, call)
        found = cursor.fetchone()
    if found:
        window = BudgetWindow.objects.select_related(
            "budget__contact", "team", "key", "model", "consumer__person"
        ).get(pk=found[0])
        raise OverBudget(window, call["ceiling"])

"""More than the limit of a budget, for a while, and taking that back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.actors import Actor
from console.usage.budgeting import Ended, held, record
from console.usage.models import Budget, BudgetRaise, Consumer

# The newest raise of one person, or of all, as a window begins with it.
FOLLOW: Final = """
    UPDATE usage_budgetwindow AS follows
       SET raised_ticks = coalesce(raised.ticks, 0), raised_until = raised.until
      FROM usage_budgetwindow AS this
      LEFT JOIN LATERAL (
           SELECT ticks, until FROM usage_budgetraise
            WHERE budget_id = this.budget_id AND ended_at IS NULL
              AND until > statement_timestamp()
              AND (consumer_id = this.consumer_id OR consumer_id IS NULL)
            ORDER BY id DESC
            LIMIT 1
      ) AS raised ON true
     WHERE this.id = follows.id AND this.budget_id = %(budget)s
       AND this.ends_at > statement_timestamp()
"""


@transaction.atomic
def raise_limit(
    *,
    budget: Budget,
    person: User | None,
    ticks: int,
    until: datetime,
    reason: str,
    by: User,
    actor: Actor,
) -> BudgetRaise:
    """Add to the limit of a budget until then; the raise before it ends.

    `person` is one of those whose calls a budget for each counts; None: all of them.
    Their own raise comes before that of all. Raises Ended and vault.Sealed.
    """
    budget = held(budget)
    consumer = None
    if person:
        consumer, _ = Consumer.objects.get_or_create(person=person)
    before = budget.raises.filter(ended_at=None, until__gt=Now())
    if consumer:
        before = before.filter(consumer=consumer)
    before.update(ended_at=Now())
    made = BudgetRaise.objects.create(
        budget=budget,
        consumer=consumer,
        ticks=ticks,
        until=until,
        reason=reason,
        made_at=Now(),
        made_by=by,
    )
    _follow_raises(budget)
    detail: dict[str, Any] = {"ticks": ticks, "until": until, "reason": reason}
    if person:
        detail["person"] = person.username
    record("budget.raised", budget, actor, detail)
    return made


@transaction.atomic
def take_back(*, raised: BudgetRaise, actor: Actor) -> None:
    """End a raise before its time. Raises Ended and vault.Sealed."""
    budget = held(raised.budget)
    standing = BudgetRaise.objects.filter(pk=raised.pk, ended_at=None, until__gt=Now())
    if not standing.update(ended_at=Now()):
        raise Ended("This raise is over already.")
    _follow_raises(budget)
    detail = {"ticks": raised.ticks, "until": raised.until, "reason": raised.reason}
    record("budget.raise_taken_back", budget, actor, detail)


def running(budget: Budget) -> list[BudgetRaise]:
    """Return the raises of a budget that stand now, the newest first."""
    found = budget.raises.filter(ended_at=None, until__gt=Now())
    return list(found.select_related("consumer__person").order_by("-id"))


def _follow_raises(budget: Budget) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, {"budget": budget.pk})

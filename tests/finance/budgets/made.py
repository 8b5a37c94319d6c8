"""Budgets as an admin sets them, for tests of all that shows or follows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from console.accounts.models import User
from console.audit.actors import SYSTEM
from console.lib.ticks import TICKS_PER_USD
from console.usage import budgeting, raising
from console.usage.budgeting import Subject, Terms
from console.usage.models import Budget, BudgetRaise, BudgetWindow, Span

USD = TICKS_PER_USD


def set_budget(
    contact: User,
    *,
    hard: bool = True,
    note: str = "",
    day: int | None = None,
    week: int | None = None,
    month: int | None = None,
    ticks: int | None = None,
    **subject: Any,
) -> Budget:
    """Set one budget, of dollars a day, week or month, or of ticks a day."""
    given = {Span.DAY: day, Span.WEEK: week, Span.MONTH: month}
    limits = {span: USD * one for span, one in given.items() if one is not None}
    if ticks is not None:
        limits = {Span.DAY: ticks}
    ((span, limit),) = limits.items()
    return budgeting.set_budget(
        subject=Subject(**subject),
        span=span,
        terms=Terms(limit_ticks=limit, hard=hard, contact=contact, note=note),
        actor=SYSTEM,
    )


def raised(budget: Budget, by: User, *, person: User | None = None) -> BudgetRaise:
    """Raise it by 3 dollars until an hour from now."""
    return raising.raise_limit(
        budget=budget,
        person=person,
        ticks=3 * USD,
        until=timezone.now() + timedelta(hours=1),
        reason="the launch",
        by=by,
        actor=SYSTEM,
    )


def raised_budget(
    contact: User, *, note: str = "", hard: bool = True, **subject: Any
) -> tuple[Budget, BudgetRaise]:
    """Set a budget of 5 dollars a day, and raise it."""
    budget = set_budget(contact, day=5, note=note, hard=hard, **subject)
    return budget, raised(budget, contact)


def window_of(budget: Budget, person: User | None = None) -> BudgetWindow:
    """Return the window of now, of one person where each has their own."""
    found = BudgetWindow.objects.filter(budget=budget, ends_at__gt=timezone.now())
    return found.get(consumer__person=person) if person else found.get()

"""Budgets as an admin would have set them, without the acts around it."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils import timezone

from console.accounts.models import User
from console.usage import windows
from console.usage.models import Budget, BudgetWindow, Span


def stored_budget(limit_ticks: int, *, contact: User, **facts: Any) -> Budget:
    """Store a hard budget of a day; its windows begin with the next call."""
    return Budget.objects.create(
        **{
            "limit_ticks": limit_ticks,
            "contact": contact,
            "span": Span.DAY,
            "created_at": timezone.now(),
            **facts,
        }
    )


def begun(budget: Budget, consumer: int | None = None) -> BudgetWindow:
    """Begin the window of now of one budget, and return it."""
    windows.make([(budget.pk, consumer)])
    return BudgetWindow.objects.get(
        budget=budget, consumer=consumer, ends_at__gt=F("starts_at")
    )


def amounts(budget: Budget) -> tuple[int, int, int]:
    """Return what is reserved, spent and unknown in the only window of a budget."""
    window = BudgetWindow.objects.get(budget=budget)
    return window.reserved_ticks, window.spent_ticks, window.unknown_ticks

"""The budgets of a new install: one that warns, and those of the sample data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from console.accounts.models import Team, User
from console.audit.actors import Actor
from console.lib.ticks import TICKS_PER_USD
from console.usage import budgeting
from console.usage.budgeting import Subject, Terms
from console.usage.models import Span

A_DAY: Final = 5 * TICKS_PER_USD
NOTE: Final = "Set at the first start. Change it, or let it refuse calls."
# Team of the sandbox, or None for all; dollars a month; hard.
OF_SAMPLES: Final = (
    (None, 60, False, "What the pilot was granted."),
    # Wide: a call holds what the whole context of its model could cost.
    ("Search", 1_000, True, ""),
    ("Support desk", 12, False, "Ask before the quarter ends."),
)


def set_first(*, contact: User, actor: Actor) -> None:
    """Let each person be warned about at 5 dollars a day; nothing is refused."""
    budgeting.set_budget(
        subject=Subject(each_person=True),
        span=Span.DAY,
        terms=Terms(limit_ticks=A_DAY, hard=False, contact=contact, note=NOTE),
        actor=actor,
    )


def set_samples(*, teams: Mapping[str, Team], contact: User, actor: Actor) -> None:
    """Set the budgets of try-out mode, by the names of the sandbox's teams."""
    for name, dollars, hard, note in OF_SAMPLES:
        limit = dollars * TICKS_PER_USD
        terms = Terms(limit_ticks=limit, hard=hard, contact=contact, note=note)
        budgeting.set_budget(
            subject=Subject(team=teams[name] if name else None),
            span=Span.MONTH,
            terms=terms,
            actor=actor,
        )

"""What incidents of budgets and of odd costs say. Pure; model ids are xAI's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from console.accounts.models import User
from console.lib.dollars import signed_usd_sum, usd_given, usd_sum
from console.lib.redact import escaped
from console.usage.allowance import Meter
from console.usage.budget_words import called, capital, name_of
from console.usage.models import Budget


def of_threshold(
    budget: Budget, meter: Meter, *, percent: int, people: Sequence[User], number: int
) -> tuple[str, str]:
    """Return title and sentence for a window that has reached a threshold.

    Of a budget for each person, `number` are at it: `people` are the fullest of them,
    and `meter` is that of the first.
    """
    name = name_of(budget)
    if budget.each_person:
        used = "all" if percent >= 100 else f"{percent}%"
        who = f"{number:,} people have" if number > 1 else f"{called(people[0])} has"
        title = f"{who} used {used} of the {name}"
    elif percent >= 100:
        title = f"The {name} is used up"
    else:
        title = f"{percent}% of the {name} is used"
    resets_at = meter.resets_at.astimezone(UTC)
    unknown = ""
    if meter.unknown:
        unknown = f", {usd_sum(meter.unknown)} of it for calls whose cost is not known"
    then = "it only warns, so calls go on"
    if budget.hard:
        then = "calls that do not fit are refused"
    whose = ""
    if budget.each_person and number > 1:
        whose = f"{_listed(people, number)} are at it. Of the fullest, "
    used = f"{usd_sum(meter.used)} of {usd_given(meter.limit)} is used"
    sentence = (
        f"{whose}{used}{unknown}; {then}. "
        f"It begins anew on {resets_at:%-d %b %Y, %H:%M} UTC. "
        f"{decides(budget)}"
    )
    return capital(title), capital(sentence)


def decides(budget: Budget) -> str:
    """Return the end of its sentence: who can give more."""
    return f"{capital(budget.whom_to_ask)} decides on more."


def _listed(people: Sequence[User], number: int) -> str:
    names = [called(one)[:40] for one in people]
    if number > len(names):
        return f"{', '.join(names)} and {number - len(names):,} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def of_overruns(model_id: str, *, calls: int, ticks: int) -> tuple[str, str]:
    """Return title and sentence for calls that cost more than was held for them."""
    sentence = (
        f"{_calls(calls)} cost {usd_sum(ticks)} more than the most that was worked out "
        "before sending, so hard budgets can be passed by as much. Look whether the "
        "price of the model changed, or whether its answers are longer than its "
        "context tells."
    )
    return f"Calls of {escaped(model_id)} cost more than their ceiling", sentence


def of_differences(model_id: str, *, calls: int, ticks: int) -> tuple[str, str]:
    """Return title and sentence for amounts of xAI's that are not tokens x price."""
    sentence = (
        f"For {_calls(calls)} xAI reported another amount than tokens times price, "
        f"{signed_usd_sum(ticks)} in all. xAI's amount is booked. Look whether a price "
        "changed, or is charged in a way that is not known here."
    )
    return f"xAI's amounts for {escaped(model_id)} differ from its prices", sentence


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number:,} calls"

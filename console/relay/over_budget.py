"""What a person reads whose call does not fit into a budget."""

from __future__ import annotations

from datetime import UTC, datetime

from console.accounts.models import Role, User
from console.lib.dollars import usd_given
from console.lib.redact import escaped
from console.relay.parameters import reasons
from console.relay.refusal import Reason, Rule
from console.usage import allowance, budget_words, ledger, windows
from console.usage.models import Budget
from console.usage.zones import clock_of

PAYMENT_REQUIRED = 402  # to wait a little, as after a 429, is no way out


def reason_of(
    over: windows.OverBudget, opening: ledger.Opening, *, now: datetime
) -> Reason:
    """Return why a call was refused: which budget, its numbers, and what to do.

    The numbers are those of just after the refusal, and exact: they are compared.
    """
    budget, person = over.window.budget, opening.person
    meter = allowance.meter_of(budget, over.window, now=now)
    name = budget_words.name_of(budget)
    if over.ceiling_ticks is None:
        sentence, first = _unbounded(name, opening)
    else:
        sentence, first = _too_dear(name, meter, over.ceiling_ticks, opening)
    until_then = max(1, int((meter.resets_at - now).total_seconds()) + 1)
    return Reason(
        rule=Rule.BUDGET,
        sentence=sentence,
        advice=f"{first} {_reset(meter, person)} {_whom(budget, person)}",
        status=PAYMENT_REQUIRED,
        seconds=until_then,
        budget_id=budget.pk if _is_theirs(budget, person) else None,
    )


def _too_dear(
    name: str, meter: allowance.Meter, ceiling: int, opening: ledger.Opening
) -> tuple[str, str]:
    taken = [f"{usd_given(meter.spent)} of {usd_given(meter.limit)} is spent"]
    if meter.reserved:
        taken.append(f"{usd_given(meter.reserved)} is held for calls in flight")
    if meter.unknown:
        taken.append(
            f"{usd_given(meter.unknown)} is held for calls whose cost is not known"
        )
    sentence = (
        f"This call may cost up to {usd_given(ceiling)}, but the {name} has "
        f"{usd_given(meter.left)} left: {_listed(taken)}."
    )
    smaller = "a shorter prompt or a lower limit of output tokens"
    if opening.price and reasons(opening.price.model) is not False:
        smaller = "one that does not reason: reasoning may fill its whole context"
    if ceiling > meter.limit:
        return sentence, (
            "It would not fit if nothing were spent either. Choose a cheaper model, or "
            f"{smaller}."
        )
    if ceiling <= meter.limit - meter.used:
        return sentence, "Wait until a call in flight has ended, and try again."
    if meter.left:
        return sentence, f"Choose a cheaper model, or {smaller}."
    return sentence, "Nothing is left until then."


def _unbounded(name: str, opening: ledger.Opening) -> tuple[str, str]:
    """Say why nobody can tell what the call costs at most."""
    model = escaped(opening.model_asked)
    if opening.price is None:
        why = f"the price of {model} is not known"
    elif reasons(opening.price.model) is not False and (
        opening.price.model.context_length is None
    ):
        why = (
            f"xAI does not tell the context length of {model}, which caps its reasoning"
        )
    else:
        why = "the prices it would be charged at are not all told"
    sentence = (
        f"What this call may cost at most is not known, since {why}. The {name} is a "
        "hard one, which lets through only what is sure to fit."
    )
    return sentence, "Choose a model whose price and context length are told."


def _reset(meter: allowance.Meter, person: User) -> str:
    clock, at = clock_of(person), meter.resets_at.astimezone(UTC)
    words = f"The budget begins anew on {at:%-d %b %Y, %H:%M} UTC."
    if meter.raised and meter.raised_until:
        until = meter.raised_until.astimezone(clock)
        words += (
            f" {usd_given(meter.raised)} of its limit was added until "
            f"{until:%-d %b %Y, %H:%M} {clock}."
        )
    return words


def _is_theirs(budget: Budget, person: User) -> bool:
    return budget.contact_id == person.pk and person.role == Role.ADMIN


def _whom(budget: Budget, person: User) -> str:
    if _is_theirs(budget, person):
        return "You are the one to ask for more: raise it on the page of budgets."
    return f"For more before that, ask {budget.whom_to_ask}."


def _listed(parts: list[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last

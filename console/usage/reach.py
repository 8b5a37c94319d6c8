"""Budgets that no call can count in now, and why: so that nobody relies on one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from console.accounts.models import Membership
from console.keys.models import ApiKey, KeyModel, KeyState
from console.lib.redact import escaped
from console.usage.budget_words import called
from console.usage.models import Budget


@dataclass(frozen=True, slots=True)
class _Stock:
    """What calls could be made with, as far as some budgets ask for it."""

    teams: frozenset[UUID]  # with a key that can be used
    teams_of: dict[UUID, set[UUID]]  # by person
    seen: dict[UUID, set[tuple[UUID, UUID]]]  # key and team, by model


def unreachable(budgets: Sequence[Budget]) -> dict[UUID, str]:
    """Return why no call reaches these budgets, by id; most are not in it.

    Each sentence ends with what to do. Three queries at most. Whether a key may be
    used is what xAI said of it last.
    """
    stock = _stock(budgets)
    found = {one.pk: _why(one, stock) for one in budgets}
    return {pk: why for pk, why in found.items() if why}


def _stock(budgets: Sequence[Budget]) -> _Stock:
    if not budgets:
        return _Stock(frozenset(), {}, {})
    usable = ApiKey.objects.filter(removed_at=None, state=KeyState.ACTIVE)
    people = [one.consumer.person_id for one in budgets if one.consumer]
    teams_of: dict[UUID, set[UUID]] = defaultdict(set)
    if people:
        rows = Membership.objects.filter(user__in=people)
        for person, team in rows.values_list("user", "team"):
            teams_of[person].add(team)
    models = [one.model_id for one in budgets if one.model_id]
    seen: dict[UUID, set[tuple[UUID, UUID]]] = defaultdict(set)
    if models:
        pairs = KeyModel.objects.filter(model__in=models, seen_until=None)
        pairs = pairs.filter(key__removed_at=None)
        for model, key, team in pairs.values_list("model_id", "key_id", "key__team_id"):
            seen[model].add((key, team))
    teams = usable.order_by().values_list("team", flat=True).distinct()
    return _Stock(frozenset(teams), teams_of, seen)


def _why(budget: Budget, stock: _Stock) -> str:
    """Return the first thing that stands in the way; "" if nothing does."""
    return (
        _of_key(budget)
        or _of_person(budget, stock)
        or _of_model(budget, stock)
        or _of_team(budget, stock)
    )


def _of_key(budget: Budget) -> str:
    key = budget.key
    if key is None:
        return ""
    if key.removed_at is not None:
        return f"{key.label} was removed. End this budget."
    if key.state not in (KeyState.ACTIVE, KeyState.UNKNOWN):
        state = KeyState(key.state).label.lower()
        return f"{key.label} cannot be used: {state}. See the page of the key."
    return ""


def _of_person(budget: Budget, stock: _Stock) -> str:
    if budget.consumer is None:
        return ""
    person = budget.consumer.person
    name = called(person)
    if not person.is_active:
        return f"{name} may not sign in any more. End this budget."
    teams = stock.teams_of.get(person.pk, set())
    if not teams:
        return f"{name} belongs to no team, so there is no key to call with."
    wanted = budget.team_id or (budget.key.team_id if budget.key else None)
    if wanted and wanted not in teams:
        return f"{name} does not belong to the team whose calls it counts."
    return ""


def _of_model(budget: Budget, stock: _Stock) -> str:
    if budget.model is None:
        return ""
    model, keys = escaped(budget.model.model_id), stock.seen.get(budget.model.pk, set())
    if budget.key:
        if budget.key_id not in {key for key, _ in keys}:
            return f"xAI does not list {model} for {budget.key.label}."
    elif budget.team:
        if budget.team_id not in {team for _, team in keys}:
            return f"xAI lists {model} for no key of {budget.team.name}."
    elif not keys:
        return f"xAI lists {model} for no key any more. End this budget."
    return ""


def _of_team(budget: Budget, stock: _Stock) -> str:
    if budget.team and budget.team_id not in stock.teams:
        return (
            f"No key of {budget.team.name} can be used now. Add one, or see what "
            "stops them."
        )
    return ""

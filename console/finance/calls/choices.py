"""What the filters of calls offer: teams, models, keys and people that made calls.

Taken from the sums of months, so that only what this person may see is offered, and
nothing that would leave an empty list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from console.accounts.models import User
from console.finance.calls.filters import NO_MODEL, Filters
from console.finance.model_forms import uuid_of
from console.usage.models import UsageMonth

MOST: Final = 300  # of one kind; with more, a team is to be chosen first


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list."""

    value: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What each list of the filters offers; people only to who sees their calls."""

    teams: list[Option]
    models: list[Option]
    keys: list[Option]
    people: list[Option]


def choices(user: User, filters: Filters) -> Choices:
    """Return what may be chosen; keys are those of the chosen team."""
    seen = UsageMonth.objects.visible_to(user).filter(zone__name=filters.zone.key)
    in_team = seen.filter(team=filters.team) if filters.team else seen
    people: list[Option] = []
    if user.sees_all_teams:
        name = Coalesce(NullIf(F("consumer__person__name"), Value("")), F(USERNAME))
        people = _options(in_team, "consumer__person", name, filters.person)
    return Choices(
        teams=_options(seen, "team", F("team__name"), filters.team),
        models=_models(seen, filters),
        keys=_options(in_team, "key", F("key__label"), filters.key),
        people=people,
    )


USERNAME: Final = "consumer__person__username"


def _options(
    sums: QuerySet[Any], field: str, name: Any, chosen: UUID | None
) -> list[Option]:
    named = sums.values(value=F(field), name=name).distinct().order_by("name", "value")
    found = {row["value"]: row["name"] for row in named[:MOST]}
    if chosen and chosen not in found:
        found |= {row["value"]: row["name"] for row in named.filter(**{field: chosen})}
        found.setdefault(chosen, "without calls")
    return [Option(str(pk), label, pk == chosen) for pk, label in found.items()]


def _models(sums: QuerySet[Any], filters: Filters) -> list[Option]:
    named = sums.values(value=F("model"), name=F("model__model_id")).distinct()
    rows = [(row["value"], row["name"]) for row in named.order_by("name", "value")]
    chosen = uuid_of(filters.model) or filters.model
    options = [
        Option(str(pk), name, chosen in (pk, name))
        if pk
        else Option(NO_MODEL, "name not known", chosen == NO_MODEL)
        for pk, name in rows
    ]
    if chosen and not any(one.chosen for one in options):
        name = "without calls" if uuid_of(filters.model) else filters.model
        options.append(Option(filters.model, name, True))
    return options

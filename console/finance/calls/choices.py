"""What the filters of calls offer: teams, models, keys and people that made calls.

Of each of them the database is asked whether it has any call that this person may
see. So nothing is offered that would leave an empty list, and the number of calls
does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet, TextChoices, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.text import capfirst

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel
from console.finance.calls.filters import NO_MODEL, Filters
from console.finance.model_forms import uuid_of
from console.keys.models import ApiKey
from console.usage.models import (
    Consumer,
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageMonth,
    UsageRecord,
)

MOST: Final = 300  # of one kind; with more, a team is to be chosen first
PERSON: Final = Coalesce(NullIf("person__name", Value("")), "person__username")
Rows: TypeAlias = QuerySet[Any]
Options: TypeAlias = list[tuple[str, str]]  # value and name


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What each list of the filters offers; people only to who sees their calls."""

    teams: Options
    models: Options
    model: str  # the value of the one that is chosen
    keys: Options
    people: Options
    endpoints: Options = field(default_factory=lambda: list(Endpoint.choices))
    sources: Options = field(default_factory=lambda: _named(CostSource))
    outcomes: Options = field(default_factory=lambda: _named(Outcome))
    states: Options = field(default_factory=lambda: _named(RecordState))


def choices(user: User, filters: Filters) -> Choices:
    """Return what may be chosen; keys and people are those of the chosen team."""
    sums = UsageMonth.objects.visible_to(user).filter(zone=filters.zone.pk)
    # Records have an index of each team, model, key and consumer. Of two of them at
    # once, as of a key and whoever looks, they have none: then sums are few enough.
    seen = UsageRecord.objects.visible_to(user) if user.sees_all_teams else sums
    in_team = sums.filter(team=filters.team) if filters.team else seen
    people: Options = []
    if user.sees_all_teams:
        who = _used(Consumer.objects.all(), "consumer", in_team)
        people = _options(who, "person", PERSON, filters.person)
    teams = _used(Team.objects.all(), "team", seen)
    keys = _used(ApiKey.objects.all(), "key", in_team)
    models, model = _models(seen, filters)
    return Choices(
        teams=_options(teams, "pk", F("name"), filters.team),
        models=models,
        model=model,
        keys=_options(keys, "pk", F("label"), filters.key),
        people=people,
    )


def _used(rows: Rows, field: str, calls: Rows) -> Rows:
    """Keep the rows that calls name in `field`."""
    return rows.filter(Exists(calls.filter(**{field: OuterRef("pk")})))


def _options(rows: Rows, field: str, name: Any, chosen: UUID | None) -> Options:
    named = rows.order_by(name, field).values_list(field, name)
    found: dict[UUID, str] = dict(named[:MOST])
    if chosen and chosen not in found:
        found |= dict(named.filter(**{field: chosen}))
        found.setdefault(chosen, "without calls")
    return [(str(pk), label) for pk, label in found.items()]


def _models(calls: Rows, filters: Filters) -> tuple[Options, str]:
    """Return the models, and which is chosen: an address may name it as xAI does."""
    used = _used(LanguageModel.objects.order_by("model_id"), "model", calls)
    rows = used.values_list("pk", "model_id")
    options = [(str(pk), name) for pk, name in rows]
    if calls.filter(model=None).exists():
        options.append((NO_MODEL, "name not known"))
    asked = str(uuid_of(filters.model) or filters.model)
    chosen = next((value for value, name in options if asked in (value, name)), asked)
    if chosen and chosen not in dict(options):
        options.append((chosen, "without calls" if uuid_of(chosen) else chosen))
    return options, chosen


def _named(kind: type[TextChoices]) -> Options:
    return [(value, capfirst(label)) for value, label in kind.choices]

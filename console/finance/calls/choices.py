"""What the filters of calls offer: teams, models, keys and people that made calls.

Of each of them the database is asked whether it has any call that this person may
see. So nothing is offered that would leave an empty list, and the number of calls
does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db.models import (
    Case,
    Exists,
    F,
    OuterRef,
    QuerySet,
    TextChoices,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, NullIf
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
NOT_KNOWN: Final = "name not known"
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
    """Return what may be chosen; keys and people are those of the chosen team.

    One query for all of it: planning each of five took longer than finding.
    """
    sums = UsageMonth.objects.visible_to(user).filter(zone=filters.zone.pk)
    # Records have an index of each team, model, key and consumer. Of two of them at
    # once, as of a key and whoever looks, they have none: then sums are few enough.
    seen = UsageRecord.objects.visible_to(user) if user.sees_all_teams else sums
    in_team = sums.filter(team=filters.team) if filters.team else seen
    asked = [
        _used("team", Team.objects.all(), F("name"), seen, filters.team),
        _used("key", ApiKey.objects.all(), F("label"), in_team, filters.key),
        _used("model", LanguageModel.objects.all(), F("model_id"), seen, None),
        _unnamed(seen),
    ]
    if user.sees_all_teams:
        people = Consumer.objects.all()
        asked.append(_used("consumer", people, PERSON, in_team, filters.person))
    found = _found(asked)
    models, model = _models(found["model"], filters)
    return Choices(
        teams=_with(found["team"], filters.team),
        models=models,
        model=model,
        keys=_with(found["key"], filters.key),
        people=_with(found["consumer"], filters.person) if user.sees_all_teams else [],
    )


def _used(kind: str, rows: Rows, name: Any, calls: Rows, chosen: UUID | None) -> Rows:
    """Keep the rows that calls name in a field called like their kind.

    What is chosen comes first, so that it is there however many there are.
    """
    pk = "person" if kind == "consumer" else "pk"
    used = rows.filter(Exists(calls.filter(**{kind: OuterRef("pk")})))
    first = Case(When(**{pk: chosen}, then=0), default=1) if chosen else Value(1)
    return _option(used, kind, F(pk), name).order_by(first, "of_name", "of_id")[:MOST]


def _unnamed(calls: Rows) -> Rows:
    """Return the choice of calls of no known model, if there are any."""
    rows = calls.filter(model=None).order_by()
    return _option(rows, "model", Value(NO_MODEL), Value(NOT_KNOWN))[:1]


def _option(rows: Rows, kind: str, pk: Any, name: Any) -> Rows:
    told = rows.annotate(
        of_kind=Value(kind),
        of_id=Cast(pk, TextField()),
        of_name=Cast(name, TextField()),
    )
    named: Rows = told.values_list("of_kind", "of_id", "of_name")
    return named


def _found(asked: list[Rows]) -> dict[str, Options]:
    """Ask all at once, and return the choices of each kind in the order of names."""
    first, *others = asked
    found: dict[str, Options] = defaultdict(list)
    for kind, pk, name in first.union(*others, all=True):
        found[kind].append((pk, name))
    for options in found.values():
        options.sort(key=lambda one: (one[0] == NO_MODEL, one[1].lower(), *one))
    return found


def _with(options: Options, chosen: UUID | None) -> Options:
    """Add what is chosen if it is not there."""
    if chosen is None or str(chosen) in dict(options):
        return options
    return [*options, (str(chosen), "without calls")]


def _models(options: Options, filters: Filters) -> tuple[Options, str]:
    """Return the models, and which is chosen: an address may name it as xAI does."""
    asked = str(uuid_of(filters.model) or filters.model)
    chosen = next((pk for pk, name in options if asked in (pk, name)), asked)
    if chosen and chosen not in dict(options):
        name = "without calls" if uuid_of(chosen) else chosen
        options = [*options, (chosen, name)]
    return options, chosen


def _named(kind: type[TextChoices]) -> Options:
    return [(value, capfirst(label)) for value, label in kind.choices]

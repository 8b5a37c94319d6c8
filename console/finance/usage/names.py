"""What the parts of a report are called, and what the filters offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel, PriceVersion
from console.finance.usage.forms import Filters
from console.keys.models import ApiKey
from console.usage.models import Consumer, CostSource, Endpoint
from console.usage.report import By

NO_MODEL: Final = "no known model"
GONE: Final = "not found"  # an id of nothing that this person may see


@dataclass(frozen=True, slots=True)
class Name:
    """How one part is shown, and how an address asks for it."""

    title: str
    note: str = ""
    asked_as: str = ""  # value of its filter; empty: it has none
    url: str = ""  # its own page


Told = dict[str, Name]


def names_of(by: By, ids: Iterable[str]) -> Told:
    """Return the names of these ids, all of which stand in sums a person sees."""
    wanted = list(ids)
    found = NAMERS[by](wanted)
    return {one: found.get(one) or Name(GONE, one[:8]) for one in wanted}


def _teams(ids: list[str]) -> Told:
    rows = Team.objects.filter(pk__in=ids).values_list("pk", "name")
    return {str(pk): Name(name, asked_as=str(pk)) for pk, name in rows}


def _models(ids: list[str]) -> Told:
    rows = LanguageModel.objects.filter(pk__in=ids).values_list("pk", "model_id")
    return {str(pk): Name(name, asked_as=str(pk)) for pk, name in rows}


def _keys(ids: list[str]) -> Told:
    rows = ApiKey.objects.filter(pk__in=ids).values_list(
        "pk", "label", "team__name", "removed_at"
    )
    return {
        str(pk): Name(label, f"{team}, removed" if gone else team, str(pk))
        for pk, label, team, gone in rows
    }


def _people(ids: list[str]) -> Told:
    rows = Consumer.objects.filter(pk__in=ids).values_list(
        "pk", "person", "person__name", "person__username", "person__is_active"
    )
    return {
        str(pk): Name(name or login, "" if active else "disabled", str(person))
        for pk, person, name, login, active in rows
    }


def _endpoints(ids: list[str]) -> Told:
    return {value: Name(Endpoint(value).label, asked_as=value) for value in ids}


NAMERS: Final[Mapping[By, Callable[[list[str]], Told]]] = {
    By.TEAM: _teams,
    By.MODEL: _models,
    By.KEY: _keys,
    By.PERSON: _people,
    By.ENDPOINT: _endpoints,
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set by following a row, and can be taken off."""

    field: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Offers:
    """What the filters above the page offer, and those that are set otherwise."""

    teams: list[tuple[str, str]]
    models: list[tuple[str, str]]
    chips: list[Chip]
    endpoints: list[tuple[str, str]]
    sources: list[tuple[str, str]]


def offers(viewer: User, filters: Filters) -> Offers:
    """Return the choices; two queries, and one for each key or person asked for."""
    teams = Team.objects.visible_to(viewer).values_list("pk", "name")
    told = PriceVersion.objects.visible_to(viewer).order_by("model__model_id")
    models = told.values_list("model", "model__model_id").distinct()
    found = Offers(
        teams=[(str(pk), name) for pk, name in teams],
        models=[(str(pk), name) for pk, name in models],
        chips=[],
        endpoints=list(Endpoint.choices),
        sources=list(CostSource.choices),
    )
    found.chips.extend(_chips(viewer, filters, found))
    return found


def _chips(viewer: User, filters: Filters, found: Offers) -> Iterable[Chip]:
    if filters.key:
        keys = ApiKey.objects.filter(team__in=Team.objects.visible_to(viewer))
        yield Chip("key", "Key", _first(keys, filters.key, "label"))
    if filters.person:  # only of those who see whose calls are whose
        yield Chip("person", "Person", _first(User.objects, filters.person, "name"))
    if filters.team and str(filters.team) not in dict(found.teams):
        yield Chip("team", "Team", GONE)
    if filters.model and str(filters.model) not in dict(found.models):
        yield Chip("model", "Model", GONE)


def _first(rows: Any, pk: UUID, field: str) -> str:
    return rows.filter(pk=pk).values_list(field, flat=True).first() or GONE

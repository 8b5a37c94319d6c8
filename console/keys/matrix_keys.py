"""Which keys the access matrix shows, in which order, and which models they see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, TextField
from django.db.models.functions import Cast, Lower

from console.accounts.models import User
from console.keys import sight
from console.keys.acls import Model
from console.keys.breadth import (
    Breadth,
    breadth_expression,
    not_known_expression,
    width_expression,
)
from console.keys.models import ApiKey, ApiKeyQuerySet
from console.keys.shown import ShownState, shown_expression
from console.lib.paging import ID, Column, number, words

Viewer = User | AnonymousUser
Listed = Mapping[str, Mapping[str, Model]]  # by host and id
NAME: Final = Column("name", words)
KNOWN: Final = Column("not_known", number)
WIDTH: Final = Column("width", number)
SORTS: Final = {
    "broadest": (KNOWN, WIDTH.reversed(), NAME, ID),
    "name": (NAME, ID),
    "narrowest": (KNOWN, WIDTH, NAME, ID),
}
SORT_NAMES: Final = {
    "broadest": "broadest first",
    "name": "name",
    "narrowest": "narrowest first",
}
SIZES: Final = (25, 50, 100)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    search: str = ""  # a key or a model
    team: UUID | None = None
    state: ShownState | None = None
    breadth: Breadth | None = None
    sort: str = "broadest"  # a name of SORTS
    size: int = SIZES[1]
    cursor: str = ""

    @property
    def narrows(self) -> bool:
        """Tell whether any key may be left out."""
        return bool(self.search or self.team or self.state or self.breadth)

    def in_words(self) -> dict[str, str]:
        """Return what narrows, as the audit log keeps it."""
        chosen = {
            "search": self.search,
            "team": self.team,
            "state": self.state,
            "breadth": self.breadth,
        }
        return {name: str(value) for name, value in chosen.items() if value}


def keys_found(
    *, user: Viewer, filters: Filters, now: datetime
) -> tuple[ApiKeyQuerySet, Listed]:
    """Return the keys that the filters leave, to be sorted, and the models they see.

    The models are those of the team that was chosen, whatever else narrows: columns
    that come and go with a page could not be compared.
    """
    keys = ApiKey.objects.visible_to(user)
    if filters.team:
        keys = keys.filter(team=filters.team)
    listed = {
        host: {model.model_id: model for model in models}
        for host, models in sight.listed_for(keys).items()
    }
    keys = keys.annotate(
        shown=shown_expression(now),
        breadth=breadth_expression(),
        not_known=not_known_expression(),
        width=width_expression(),
        name=Lower("label"),
    )
    if filters.state:
        keys = keys.filter(Q(shown=filters.state))
    if filters.breadth:
        keys = keys.filter(Q(breadth=filters.breadth))
    if filters.search:
        keys = _searched(keys, listed, filters.search)
    return keys, listed


def matching(models: Iterable[Model], search: str) -> list[str]:
    """Return the ids of the models that go by a name with this text in it."""
    part = search.casefold()
    return [
        model.model_id
        for model in models
        if any(part in name.casefold() for name in (model.model_id, *model.aliases))
    ]


def _searched(keys: ApiKeyQuerySet, listed: Listed, search: str) -> ApiKeyQuerySet:
    """Keep the keys that match; a search that only models match leaves them all."""
    by_name = Q(label__icontains=search) | Q(owner__icontains=search)
    by_name |= Q(last_four=search)
    if not any(matching(models.values(), search) for models in listed.values()):
        keys = keys.annotate(entries=Cast("acls", TextField()))
        return keys.filter(by_name | Q(entries__icontains=search))
    found = keys.filter(by_name)
    return found if found.exists() else keys

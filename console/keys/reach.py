"""How far a key's ACLs reach, in figures for bars. Words are made by `acls`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from console.catalog.models import LanguageModel
from console.keys import acls as grammar
from console.keys.models import KeyModel

BARS = 8  # a bar board of models is never wider


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    allowed: int
    listed: int
    everything: bool  # by a wildcard, so what comes later too

    @property
    def bars(self) -> int:
        """Return how many bars stand for everything."""
        return min(self.listed, BARS)

    @property
    def filled(self) -> int:
        """Return how many of them are filled: one at least for a small share."""
        return -(-self.allowed * self.bars // self.listed) if self.listed else 0


@dataclass(frozen=True, slots=True)
class Reach:
    """What the ACLs of one key open; both None if xAI has not told them."""

    models: Share | None
    endpoints: Share | None


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model that some key sees now."""

    model_id: str
    aliases: tuple[str, ...]


Listed = Mapping[str, Sequence[ListedModel]]  # by name of the host


def listed_models() -> Listed:
    """Return the models that any key sees now, with one query."""
    seen = KeyModel.objects.filter(model=OuterRef("pk"), seen_until=None)
    rows = LanguageModel.objects.filter(Exists(seen)).only(
        "host", "model_id", "aliases"
    )
    by_host: dict[str, list[ListedModel]] = {}
    for row in rows:
        model = ListedModel(row.model_id, tuple(row.aliases or ()))
        by_host.setdefault(row.host, []).append(model)
    return by_host


def reach_of(acls: Sequence[str] | None, *, listed: Sequence[ListedModel]) -> Reach:
    """Count what the ACLs open of what is there."""
    models, endpoints = grammar.models_of(acls), grammar.endpoints_of(acls)
    if models is None or endpoints is None:
        return Reach(None, None)
    return Reach(
        Share(_allowed_of(models, listed), len(listed), models.everything),
        Share(
            len(grammar.ENDPOINTS)
            if endpoints.everything
            else sum(name in grammar.ENDPOINTS for name in endpoints.names),
            len(grammar.ENDPOINTS),
            endpoints.everything,
        ),
    )


def _allowed_of(models: grammar.Allowed, listed: Sequence[ListedModel]) -> int:
    if models.everything:
        return len(listed)
    names = frozenset(models.names)
    return sum(not names.isdisjoint((m.model_id, *m.aliases)) for m in listed)

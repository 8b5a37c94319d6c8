"""What each key may really do, for every model and endpoint, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from console.keys import acls, sight
from console.keys.acls import Cell, Model
from console.keys.models import ApiKey, ApiKeyQuerySet
from console.keys.sight import Sight
from console.lib.export import Record
from console.pages.evidence.scope import Scope

FIELDS = ("key_id", "label", "team", "kind", "name", "verdict", "reason", "entries")
AT_ONCE = 500  # keys whose models are looked up together


def number_of_cells(scope: Scope) -> int:
    """Return how many records there are at most."""
    keys = _keys(scope)
    widest = max(map(len, sight.listed_for(keys).values()), default=0)
    return keys.count() * (widest + len(acls.ENDPOINTS))


def records(scope: Scope) -> Iterator[Record]:
    """Yield one record per key and model, and per key and endpoint.

    The models are those that any key of the pack sees on the same host.
    """
    keys = _keys(scope)
    listed = sight.listed_for(keys)
    ordered = keys.select_related("team").order_by("team__name", "label", "id")
    rows = ordered.iterator(chunk_size=AT_ONCE)
    while batch := list(islice(rows, AT_ONCE)):
        sights = sight.sights_of(batch)
        for key in batch:
            entries = None if key.acls is None else tuple(map(str, key.acls))
            cells = _cells(entries, sights[key.pk], listed.get(key.host, ()))
            yield from _records(key, cells)


def _keys(scope: Scope) -> ApiKeyQuerySet:
    return scope.keys().filter(removed_at=None)


def _records(key: ApiKey, cells: Iterable[tuple[str, str, Cell]]) -> Iterator[Record]:
    for kind, name, cell in cells:
        yield {
            "key_id": str(key.pk),
            "label": key.label,
            "team": key.team.name,
            "kind": kind,
            "name": name,
            "verdict": cell.verdict.value,
            "reason": cell.reason,
            "entries": list(cell.entries),
        }


# Keys of one team are made alike, so most of them share one answer.
@lru_cache(maxsize=256)
def _cells(
    entries: tuple[str, ...] | None, seen: Sight | None, listed: tuple[Model, ...]
) -> Sequence[tuple[str, str, Cell]]:
    access = acls.resolve(entries, seen=seen)
    models = [("model", model.model_id, access.of_model(model)) for model in listed]
    return models + [
        ("endpoint", name, access.of_endpoint(name)) for name in acls.ENDPOINTS
    ]

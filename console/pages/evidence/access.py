"""What each key may really do, for every model and endpoint, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from uuid import UUID

from console.catalog.models import LanguageModel
from console.keys import acls
from console.keys.acls import Cell, Model
from console.keys.models import ApiKey, KeyModel
from console.lib.export import Record
from console.pages.evidence.scope import Scope

FIELDS = ("key_id", "label", "team", "kind", "name", "verdict", "reason", "entries")
Sight = tuple[Model, ...] | None  # None: the list was never read


class Sights:
    """Which models each key of a pack sees now, and which any of them sees."""

    def __init__(self, scope: Scope) -> None:
        rows = list(
            KeyModel.objects.filter(key__in=scope.keys(), seen_until=None).values_list(
                "key_id", "model_id"
            )
        )
        found = LanguageModel.objects.in_bulk({model for _, model in rows})
        by_id = {
            pk: Model(row.model_id, tuple(row.aliases or ()))
            for pk, row in found.items()
        }
        seen: dict[UUID, list[UUID]] = {}
        for key, model in rows:
            seen.setdefault(key, []).append(model)
        self._models = by_id
        self._seen = seen
        hosts: dict[str, list[Model]] = {}
        for pk, row in sorted(found.items(), key=lambda item: item[1].model_id):
            hosts.setdefault(row.host, []).append(by_id[pk])
        self._listed = {host: tuple(models) for host, models in hosts.items()}

    def of(self, key: ApiKey) -> Sight:
        """Return the models this key sees; None if its list was never read."""
        if key.models_checked_at is None and key.pk not in self._seen:
            return None
        models = (self._models[pk] for pk in self._seen.get(key.pk, ()))
        return tuple(sorted(models, key=lambda model: model.model_id))

    def listed(self, host: str) -> tuple[Model, ...]:
        """Return the models that some key of the pack sees on this host."""
        return self._listed.get(host, ())

    @property
    def widest(self) -> int:
        """Return how many cells one key has at most."""
        return max(map(len, self._listed.values()), default=0) + len(acls.ENDPOINTS)


def records(scope: Scope) -> Iterator[Record]:
    """Yield one record per key and model, and per key and endpoint."""
    sights = Sights(scope)
    keys = scope.keys().filter(removed_at=None).select_related("team")
    for key in keys.order_by("team__name", "label", "id").iterator(chunk_size=500):
        entries = None if key.acls is None else tuple(map(str, key.acls))
        for kind, name, cell in _cells(
            entries, sights.of(key), sights.listed(key.host)
        ):
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
    entries: tuple[str, ...] | None, sight: Sight, listed: tuple[Model, ...]
) -> Sequence[tuple[str, str, Cell]]:
    access = acls.resolve(entries, seen=sight)
    models = [("model", model.model_id, access.of_model(model)) for model in listed]
    return models + [
        ("endpoint", name, access.of_endpoint(name)) for name in acls.ENDPOINTS
    ]

"""The models that keys see now: of one key with prices, of many in two queries.

A key sees what xAI listed for it at the last look; of a key whose list was never
read nothing is known, which is None and not an empty list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery

from console.catalog.models import LanguageModel, PriceVersion
from console.keys.acls import Model
from console.keys.models import ApiKey, ApiKeyQuerySet, KeyModel

Sight = tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class SeenModel:
    """A model one key sees, with what it costs its team now."""

    model: LanguageModel
    seen_from: datetime
    price: PriceVersion | None


def models_seen(key: ApiKey) -> list[SeenModel]:
    """Return the models this key sees now, with its team's newest prices."""
    seen = (
        KeyModel.objects.filter(key=key, seen_until=None)
        .select_related("model")
        .order_by("model__model_id")
    )
    prices = newest_prices(team=key.team_id, host=key.host)
    return [
        SeenModel(row.model, row.seen_from, prices.get(row.model.model_id))
        for row in seen
    ]


def newest_prices(*, team: UUID, host: str) -> dict[str, PriceVersion]:
    """Return what a team is told now on one host, by the model's id at xAI."""
    versions = (
        PriceVersion.objects.newest()
        .sound()
        .filter(team=team, model__host=host)
        .select_related("model")
    )
    return {version.model.model_id: version for version in versions}


def sight_of(key: ApiKey, seen: Sequence[SeenModel]) -> Sight | None:
    """Return what a key sees, for its ACLs; None if no list was ever read."""
    return _sight(key, [_named(each.model) for each in seen])


def sights_of(keys: Iterable[ApiKey]) -> Mapping[UUID, Sight | None]:
    """Return what each of these keys sees, by key, in two queries."""
    asked = list(keys)
    pairs = KeyModel.objects.filter(
        key__in=[key.pk for key in asked], seen_until=None
    ).values_list("key_id", "model_id")
    by_key: dict[UUID, list[UUID]] = defaultdict(list)
    for key_id, model_id in pairs:
        by_key[key_id].append(model_id)
    rows = LanguageModel.objects.filter(pk__in=set().union(*by_key.values()))
    models = {row.pk: _named(row) for row in rows.only("model_id", "aliases")}
    return {
        key.pk: _sight(key, [models[pk] for pk in by_key[key.pk] if pk in models])
        for key in asked
    }


def model_named(model_id: str, *, host: str) -> Model:
    """Return a model of the catalog, or a name that stands alone."""
    row = LanguageModel.objects.filter(host=host, model_id=model_id).first()
    return _named(row) if row else Model(model_id)


def team_sees(model_id: str, *, key: ApiKey) -> bool:
    """Tell whether any key of the same team and host sees a model now."""
    return KeyModel.objects.filter(
        model__model_id=model_id,
        seen_until=None,
        key__team=key.team_id,
        key__host=key.host,
        key__removed_at=None,
    ).exists()


def listed_for(keys: ApiKeyQuerySet) -> Mapping[str, Sight]:
    """Return the models that any of these keys sees now, by host; one query.

    It looks for one sighting of each model, in the order of an index: there are few
    models and many keys, and EXISTS has the database read every sighting there is.
    """
    seen = KeyModel.objects.filter(
        model=OuterRef("pk"), seen_until=None, key__in=keys.order_by().values("pk")
    )
    by_host: dict[str, list[Model]] = defaultdict(list)
    rows = (
        LanguageModel.objects.alias(
            sighting=Subquery(seen.order_by("key").values("pk")[:1])
        )
        .filter(sighting__isnull=False)
        .order_by("model_id")
    )
    for row in rows.only("host", "model_id", "aliases"):
        by_host[row.host].append(_named(row))
    return {host: tuple(models) for host, models in by_host.items()}


def _sight(key: ApiKey, models: list[Model]) -> Sight | None:
    if key.models_checked_at is None and not models:
        return None
    return tuple(sorted(models, key=lambda model: model.model_id))


def _named(row: LanguageModel) -> Model:
    return Model(row.model_id, tuple(row.aliases or ()))

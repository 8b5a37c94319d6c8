"""Two keys side by side: what only one may do, what both may, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from console.catalog.models import PRICE_FIELDS, PriceVersion
from console.keys import acls, sight
from console.keys.acls import ENDPOINTS, Access, Cell, Model, Verdict
from console.keys.matrix_keys import Viewer
from console.keys.models import ApiKey

OPTIONS = 50  # keys that a picker offers


@dataclass(frozen=True, slots=True)
class Split:
    """Names by whose they are."""

    left: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # for one of the two at least


@dataclass(frozen=True, slots=True)
class Difference:
    """A model both may use and for which their teams are told different prices."""

    name: str
    left: PriceVersion
    right: PriceVersion


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the rules of two keys allow."""

    models: Split
    endpoints: Split
    compared: int  # models with prices known on both sides
    unpriced: list[str]  # models both may use, without a price on one side
    differing: list[Difference]


def compare(left: ApiKey, right: ApiKey) -> Comparison:
    """Compare two keys by their rules; their states are not part of it."""
    sights = sight.sights_of([left, right])
    of_left = acls.resolve(left.acls, seen=sights[left.pk])
    of_right = acls.resolve(right.acls, seen=sights[right.pk])
    known = {m.model_id: m for m in (*(of_left.seen or ()), *(of_right.seen or ()))}
    names = sorted(known.keys() | _named(of_left) | _named(of_right))
    judged = ((name, known.get(name) or Model(name)) for name in names)
    models = _split(
        (name, of_left.of_model(model), of_right.of_model(model))
        for name, model in judged
    )
    endpoints = _split(
        (name, of_left.of_endpoint(name), of_right.of_endpoint(name))
        for name in ENDPOINTS
    )
    return _with_prices(left, right, models, endpoints)


def options(*, user: Viewer, search: str, chosen: UUID | None) -> list[ApiKey]:
    """Return keys to choose from, by name: the chosen one, and those that match."""
    keys = ApiKey.objects.visible_to(user).select_related("team")
    keys = keys.only("label", "last_four", "team__name")
    matching = keys.order_by(Lower("label"), "id")
    if search:
        matching = matching.filter(
            Q(label__icontains=search)
            | Q(owner__icontains=search)
            | Q(last_four=search)
        )
    found = list(matching[:OPTIONS])
    if chosen and chosen not in {key.pk for key in found}:
        found = [*keys.filter(pk=chosen), *found[: OPTIONS - 1]]
    return found


def _named(access: Access) -> set[str]:
    """Return the names its entries mention, aliases of what it sees left out."""
    aliases = {alias for model in access.seen or () for alias in model.aliases}
    return set(access.models.names if access.models else ()) - aliases


def _split(cells: Iterable[tuple[str, Cell, Cell]]) -> Split:
    split = Split()
    for name, left, right in cells:
        if Verdict.UNKNOWN in (left.verdict, right.verdict):
            split.unknown.append(name)
        elif left.verdict.allows and right.verdict.allows:
            split.both.append(name)
        elif left.verdict.allows:
            split.left.append(name)
        elif right.verdict.allows:
            split.right.append(name)
    return split


def _with_prices(
    left: ApiKey, right: ApiKey, models: Split, endpoints: Split
) -> Comparison:
    told = [
        sight.newest_prices(team=key.team_id, host=key.host) for key in (left, right)
    ]
    priced = [name for name in models.both if all(name in prices for prices in told)]
    pairs = [Difference(name, told[0][name], told[1][name]) for name in priced]
    return Comparison(
        models=models,
        endpoints=endpoints,
        compared=len(priced),
        unpriced=[name for name in models.both if name not in priced],
        differing=[pair for pair in pairs if _prices(pair.left) != _prices(pair.right)],
    )


def _prices(version: PriceVersion) -> tuple[int | None, ...]:
    return tuple(getattr(version, name) for name in PRICE_FIELDS)

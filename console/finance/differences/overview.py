"""Models that not all teams see, and models with more than one price.

Counted in SQL: a thousand teams are a number here, and the first few a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber

from console.accounts.models import Team, User
from console.catalog.models import PRICE_FIELDS, LanguageModel, PriceVersion
from console.finance.differences.mixing import Mix, mix_of
from console.finance.differences.unseen import NAMED, unseen_by
from console.finance.percents import Change, change, factor

Viewer = User | AnonymousUser
SHOWN: Final = 40  # models


@dataclass(frozen=True, slots=True)
class Offer:
    """One set of prices of a model, and the teams that are told it."""

    digest: int
    prices: Mapping[str, int | None]
    teams: int
    named: tuple[str, ...]
    team: UUID  # one of them, to look at
    common: bool  # most teams are told it
    changes: Mapping[str, Change]  # against the most common one
    factor: str | None  # by the mix, against the most common one; None: not known
    cheapest: bool
    dearest: bool

    @property
    def unnamed(self) -> int:
        """Return how many teams are only counted."""
        return self.teams - len(self.named)


@dataclass(frozen=True, slots=True)
class Difference:
    """One model: who sees it, and what it costs them."""

    id: UUID
    model_id: str
    host: str
    told: int  # teams that have it in their newest list
    asked: int  # teams whose list of this host was ever read
    unseen_by: tuple[str, ...]  # some of the others, if they are the fewer
    offers: tuple[Offer, ...]  # the most common one first

    @property
    def unseen(self) -> int:
        """Return how many teams do not see it."""
        return self.asked - self.told

    @property
    def unseen_unnamed(self) -> int:
        """Return how many of those are only counted."""
        return self.unseen - len(self.unseen_by)


@dataclass(frozen=True, slots=True)
class Overview:
    """The models that differ, and what is said above them."""

    teams: int  # that the viewer sees and that were told anything
    models: int  # in any newest list
    found: int  # that differ
    partial: int  # of those: not seen by all
    priced: int  # of those: with more than one price
    mix: Mix
    rows: list[Difference]  # the first ones


def overview(*, user: Viewer, search: str = "", most: int = SHOWN) -> Overview:
    """Return the models that differ, by id; at most `most`, the others counted.

    The number of queries is the same for any number of models and teams.
    """
    newest = PriceVersion.objects.visible_to(user).newest().filter(missing_at=None)
    models = LanguageModel.objects.filter(model_id__icontains=search)
    if search:
        newest = newest.filter(model__in=models.values("pk"))
    known = {row.pk: row for row in models.order_by("model_id", "host")}
    asked = _asked(user, {row.host for row in known.values()})
    counts: dict[UUID, dict[int, int]] = {}
    rows = newest.order_by().values_list("model", "prices_digest")
    for model, digest, teams in rows.annotate(Count("id")):
        counts.setdefault(model, {})[digest] = teams
    partial = [m for m in counts if sum(counts[m].values()) < asked[known[m].host]]
    priced = [m for m, digests in counts.items() if len(digests) > 1]
    differing = {*partial, *priced}
    shown = [model for model in known if model in differing][:most]
    mix = mix_of(user)
    offers = _offers(newest, shown, counts, mix)
    rare = [
        m for m in shown if 0 < asked[known[m].host] - _sum(counts[m]) < _sum(counts[m])
    ]
    unseen = unseen_by(user, {model: known[model].host for model in rare})
    return Overview(
        teams=max(asked.values(), default=0),
        models=len(counts),
        found=len(differing),
        partial=len(partial),
        priced=len(priced),
        mix=mix,
        rows=[
            Difference(
                id=model,
                model_id=known[model].model_id,
                host=known[model].host,
                told=_sum(counts[model]),
                asked=asked[known[model].host],
                unseen_by=unseen.get(model, ()),
                offers=offers[model],
            )
            for model in shown
        ],
    )


def _sum(digests: Mapping[int, int]) -> int:
    return sum(digests.values())


def _asked(user: Viewer, hosts: Iterable[str]) -> dict[str, int]:
    """Return by host how many of the teams were ever told of a model there."""
    named = {f"host_{n}": host for n, host in enumerate(sorted(hosts))}
    told = {
        name: Count(
            "pk",
            filter=Exists(
                PriceVersion.objects.filter(team=OuterRef("pk"), model__host=host)
            ),
        )
        for name, host in named.items()
    }
    found = Team.objects.visible_to(user).aggregate(teams=Count("pk"), **told)
    return {host: found[name] for name, host in named.items()}


def _offers(
    newest: QuerySet[PriceVersion],
    shown: Sequence[UUID],
    counts: Mapping[UUID, Mapping[int, int]],
    mix: Mix,
) -> dict[UUID, tuple[Offer, ...]]:
    """Return the prices of each model; of the teams, the first by id are named."""
    place = Window(
        RowNumber(),
        partition_by=[F("model"), F("prices_digest")],
        order_by=F("team").asc(),
    )
    rows = (
        newest.filter(model__in=shown)
        .annotate(place=place)
        .filter(place__lte=NAMED)
        .order_by("model", "prices_digest", "team__name")
        .values("model", "prices_digest", "team", "team__name", *PRICE_FIELDS)
    )
    by_model: dict[UUID, dict[int, list[dict[str, Any]]]] = {m: {} for m in shown}
    for row in rows:
        by_model[row["model"]].setdefault(row["prices_digest"], []).append(row)
    return {
        model: _of_model(told, counts[model], mix) for model, told in by_model.items()
    }


def _of_model(
    told: Mapping[int, list[dict[str, Any]]], counts: Mapping[int, int], mix: Mix
) -> tuple[Offer, ...]:
    order = sorted(told, key=lambda digest: (-counts[digest], digest))
    prices = {d: {name: told[d][0][name] for name in PRICE_FIELDS} for d in order}
    blends = {digest: mix.blend(prices[digest]) for digest in order}
    known = [blend for blend in blends.values() if blend is not None]
    differ = len(set(known)) > 1
    common = order[0]
    return tuple(
        Offer(
            digest=digest,
            prices=prices[digest],
            teams=counts[digest],
            named=tuple(row["team__name"] for row in told[digest]),
            team=told[digest][0]["team"],
            common=digest == common and len(order) > 1,
            changes=differences(prices[common], prices[digest]),
            factor=_factor(blends[digest], blends[common]),
            cheapest=differ and blends[digest] == min(known),
            dearest=differ and blends[digest] == max(known),
        )
        for digest in order
    )


def differences(
    one: Mapping[str, int | None], other: Mapping[str, int | None]
) -> dict[str, Change]:
    """Return the prices in which the other differs, by the name of the field."""
    compared = {name: change(one[name], other[name]) for name in PRICE_FIELDS}
    return {name: found for name, found in compared.items() if found is not None}


def _factor(blend: int | None, common: int | None) -> str | None:
    return factor(blend, common) if blend is not None and common else None

"""What models cost, at one time, for people; grouped by the database.

However many teams there are, those that are told the same prices share a row.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    Aggregate,
    Case,
    Count,
    Max,
    Min,
    QuerySet,
    Value,
    When,
)

from console.accounts.models import User
from console.catalog.models import (
    PRICE_FIELDS,
    LanguageModel,
    PriceVersion,
    PriceVersionQuerySet,
)
from console.catalog.told_facts import models_told

NAMED: Final = 3  # teams named where prices differ; the others are counted
FEW: Final = 20  # teams of a price that are named at all

Alike = tuple[UUID, int, int]  # model, prices, and the place of the sighting
Names = dict[Alike, list[tuple[str, UUID]]]


class Sighting(StrEnum):
    """How sure it is that these prices held."""

    SEEN = "seen"  # told at that time, or before and after it
    GAP = "gap"  # told before, and nothing was told at that time
    MISSING = "missing"  # told before, and then the model was missed


_ORDER: Final = tuple(Sighting)  # of which most is known first


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceGroup:
    """What one model cost, as the teams that were told the same prices saw it.

    Prices are ticks per token; None means not told. A long-context price or threshold
    of 0 means no such tier. The facts are the newest of the model.
    """

    model: UUID  # the row of the catalog
    host: str
    model_id: str
    aliases: tuple[str, ...] | None
    version: str | None
    fingerprint: str | None
    input_modalities: tuple[str, ...] | None
    output_modalities: tuple[str, ...] | None
    context_length: int | None  # tokens
    known_since: datetime  # when the first team was told of the model
    digest: int  # of the prices
    team_count: int
    teams: tuple[str, ...]  # some names in order, where another row differs
    team: UUID | None  # the first of them
    differs: bool  # another team was told other prices
    sighting: Sighting
    is_sound: bool  # costs may be computed with them
    first_seen_at: datetime  # of these prices, by the first team
    last_seen_at: datetime  # of these prices, by any of the teams
    superseded_at: datetime | None  # by the next told; None: not yet
    missing_at: datetime | None  # first look without the model; None: not missed
    prompt_text_token_price: int | None
    cached_prompt_text_token_price: int | None
    prompt_image_token_price: int | None
    completion_text_token_price: int | None
    search_price: int | None
    prompt_text_token_price_long_context: int | None
    cached_prompt_text_token_price_long_context: int | None
    completion_text_token_price_long_context: int | None
    long_context_threshold: int | None  # tokens

    @property
    def unnamed(self) -> int:
        """How many teams are only counted."""
        return self.team_count - len(self.teams)

    @property
    def takes_images(self) -> bool | None:
        """Whether images go in; None: xAI did not tell."""
        told = self.input_modalities
        return None if told is None else "image" in told

    @property
    def has_long_context_tier(self) -> bool | None:
        """Whether long prompts cost more; None: xAI did not tell."""
        threshold = self.long_context_threshold
        return None if threshold is None else threshold > 0

    @property
    def listed(self) -> bool:
        """Whether the model was in the list, as far as is known."""
        return self.sighting is not Sighting.MISSING


def prices_now(*, user: User | AnonymousUser, search: str = "") -> list[PriceGroup]:
    """Return the newest prices, by model id.

    Four queries, six for staff, and one more for names if any prices differ. `search`
    narrows to models with that text in id, alias, version or fingerprint.
    """
    versions = PriceVersion.objects.visible_to(user).newest()
    seen = Case(
        When(missing_at__isnull=False, then=_place(Sighting.MISSING)),
        default=_place(Sighting.SEEN),
    )
    return _grouped(versions, seen, user, search)


def prices_at(
    *,
    user: User | AnonymousUser,
    start: datetime,
    until: datetime,
    search: str = "",
) -> list[PriceGroup]:
    """Return the prices that held at the end of a time, start <= t < until.

    As `prices_now` does. A price that was told before and not in that time is there
    with what is known of it: told again later, or a gap, or the model was missed.
    """
    versions = PriceVersion.objects.visible_to(user).holding_at(until)
    seen = Case(
        When(last_seen_at__gte=start, then=_place(Sighting.SEEN)),
        When(missing_at__lt=until, then=_place(Sighting.MISSING)),
        default=_place(Sighting.GAP),
    )
    return _grouped(versions, seen, user, search)


def _place(sighting: Sighting) -> Value:
    return Value(_ORDER.index(sighting))


class _AnyValue(Aggregate):
    """The value of one row of a group, whichever comes first."""

    function = "ANY_VALUE"


def _grouped(
    versions: PriceVersionQuerySet,
    seen: Case,
    user: User | AnonymousUser,
    search: str,
) -> list[PriceGroup]:
    models = {row.pk: row for row in models_told(user=user, search=search)}
    if search:
        versions = versions.filter(model__in=models)
    rows = _summed(versions, seen)
    of_model: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_model[row["model_id"]].append(row)
    shown = {
        model: _shown(found) for model, found in of_model.items() if model in models
    }
    samples = PriceVersion.objects.filter(
        pk__in=[row["sample"] for found in shown.values() for row in found]
    )
    prices = {row.pop("pk"): row for row in samples.values("pk", *PRICE_FIELDS)}
    doubted = set(versions.doubted().values_list("model_id", "prices_digest"))
    differing = [found for found in shown.values() if len(found) > 1]
    names = _names(versions.annotate(place=seen), differing)
    groups = [
        _group(
            models[model],
            prices[row["sample"]],
            row,
            named=names.get((model, row["prices_digest"], row["best"]), []),
            differs=len(found) > 1,
            is_sound=(model, row["prices_digest"]) not in doubted,
        )
        for model, found in shown.items()
        for row in found
    ]
    return sorted(groups, key=lambda g: (g.model_id, g.host, -g.team_count, g.teams))


def _summed(versions: PriceVersionQuerySet, seen: Case) -> list[dict[str, Any]]:
    """Return each model's prices with one version that stands for them.

    Those as to which more is known of some teams than of others are there once for
    each sighting. That takes a second query: a group key more, and the database sorts
    all versions in place of hashing them.
    """
    placed = versions.annotate(place=seen).order_by()
    rows = _sums(placed)
    mixed = [row["prices_digest"] for row in rows if row["best"] != row["worst"]]
    if mixed:
        rows = [row for row in rows if row["best"] == row["worst"]]
        rows += _sums(placed.filter(prices_digest__in=mixed), "place")
    return rows


def _sums(placed: PriceVersionQuerySet, *beside: str) -> list[dict[str, Any]]:
    rows = placed.values("model_id", "prices_digest", *beside).annotate(
        best=Min("place"),
        worst=Max("place"),
        sample=_AnyValue("id"),
        team_count=Count("id"),
        first=Min("first_seen_at"),
        last=Max("last_seen_at"),
        next=Max("superseded_at"),
        missed=Max("missing_at"),
    )
    return [{**row} for row in rows]


def _shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out teams of which less is known than of others, as to the same prices.

    And those that miss a model, while others are told of it.
    """
    best: dict[int, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(row["best"])):
        best.setdefault(row["prices_digest"], row)
    missed = _ORDER.index(Sighting.MISSING)
    listed = [row for row in best.values() if row["best"] != missed]
    return listed or [*best.values()]


def _names(placed: QuerySet[Any], differing: list[list[dict[str, Any]]]) -> Names:
    """Return the teams of groups that are few, by name; of many, their number tells."""
    few = [
        row["prices_digest"]
        for found in differing
        for row in found
        if row["team_count"] <= FEW
    ]
    if not few:
        return {}
    rows = placed.filter(prices_digest__in=few).order_by("team__name")
    names: Names = defaultdict(list)
    for model, digest, place, name, team in rows.values_list(
        "model_id", "prices_digest", "place", "team__name", "team_id"
    ):
        names[model, digest, place].append((name, team))
    return names


def _group(
    model: LanguageModel,
    prices: dict[str, Any],
    row: dict[str, Any],
    *,
    named: list[tuple[str, UUID]],
    differs: bool,
    is_sound: bool,
) -> PriceGroup:
    return PriceGroup(
        model=model.pk,
        host=model.host,
        model_id=model.model_id,
        aliases=_texts(model.aliases),
        version=model.version,
        fingerprint=model.fingerprint,
        input_modalities=_texts(model.input_modalities),
        output_modalities=_texts(model.output_modalities),
        context_length=model.context_length,
        known_since=model.first_seen_at,
        digest=row["prices_digest"],
        team_count=row["team_count"],
        teams=tuple(name for name, _ in named[:NAMED]),
        team=named[0][1] if named else None,
        differs=differs,
        sighting=_ORDER[row["best"]],
        is_sound=is_sound,
        first_seen_at=row["first"],
        last_seen_at=row["last"],
        superseded_at=row["next"],
        missing_at=row["missed"],
        **prices,
    )


def _texts(stored: list[str] | None) -> tuple[str, ...] | None:
    return None if stored is None else tuple(stored)

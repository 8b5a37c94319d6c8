"""What the teams of a viewer are told, as offers to compute with. One query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import Team, User
from console.catalog.costs import Prices
from console.catalog.models import PRICE_FIELDS, PriceVersion
from console.finance.estimate.inputs import Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One model at the prices that the named teams are told now.

    `name` is what an address calls it: the model's id, with a team when the viewer's
    teams are told different prices.
    """

    name: str
    host: str
    model_id: str
    teams: tuple[str, ...]  # names, in order
    team_ids: tuple[UUID, ...]
    differs: bool  # the same id has other offers
    listed: bool  # xAI still shows the model to one of these teams
    prices: Prices
    odd: tuple[str, ...]  # fields that nobody confirmed; then nothing is computed
    context_length: int | None  # tokens
    takes_images: bool | None  # None: not told
    seen_at: datetime  # the newest look at these prices


def offers(user: User | AnonymousUser) -> list[Offer]:
    """Return all offers to this person, by model; those with a team by its name."""
    teams = Team.objects.visible_to(user).values("pk")
    versions = (
        PriceVersion.objects.newest()
        .filter(team__in=teams)
        .select_related("model", "team")
        .defer("model__raw", "model__capabilities")
        .order_by("model__model_id", "model__host", "team__name")
    )
    alike: dict[tuple[object, ...], list[PriceVersion]] = {}
    for version in versions:
        prices = tuple(getattr(version, field) for field in PRICE_FIELDS)
        alike.setdefault((version.model_id, prices, version.is_sound), []).append(
            version
        )
    found = [_offer(group) for group in alike.values()]
    number = Counter(offer.model_id for offer in found)
    return [
        replace(offer, differs=True, name=f"{offer.model_id}@{offer.team_ids[0]}")
        if number[offer.model_id] > 1
        else offer
        for offer in found
    ]


def _offer(versions: Sequence[PriceVersion]) -> Offer:
    version, model = versions[0], versions[0].model
    told = model.input_modalities
    return Offer(
        name=model.model_id,
        host=model.host,
        model_id=model.model_id,
        teams=tuple(each.team.name for each in versions),
        team_ids=tuple(each.team_id for each in versions),
        differs=False,
        listed=any(each.missing_at is None for each in versions),
        prices=Prices.of(version),
        odd=() if version.is_sound else tuple(version.odd),
        context_length=model.context_length,
        takes_images=None if told is None else "image" in told,
        seen_at=max(each.last_seen_at for each in versions),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """The offers that inputs mean, and the names that mean none."""

    offers: tuple[Offer, ...]
    unknown: tuple[str, ...] = ()


def chosen(inputs: Inputs, found: Sequence[Offer]) -> Choice:
    """Return what the inputs mean to somebody who is made these offers.

    A name without a team, or with one whose price the person is not told, means every
    offer of the model. No name at all means every model that is still listed.
    """
    if not inputs.models:
        return Choice(tuple(offer for offer in found if offer.listed))
    wanted: dict[Offer, None] = {}
    unknown: list[str] = []
    for name in inputs.models:
        meant = _meant(name, found)
        wanted |= dict.fromkeys(meant)
        if not meant:
            unknown.append(split(name)[0])
    kept = tuple(offer for offer in found if offer in wanted)
    return Choice(kept, tuple(dict.fromkeys(unknown)))


def narrowed(inputs: Inputs, found: Sequence[Offer]) -> Inputs | None:
    """Return the inputs with what these offers do not hold left out.

    None when models are named and none of them is left: no model would mean all.
    """
    choice = chosen(inputs, found)
    if inputs.models and not choice.offers:
        return None
    names = tuple(offer.name for offer in choice.offers) if inputs.models else ()
    told = inputs.with_counts_of({offer.model_id for offer in found})
    return replace(told, models=names)


def _meant(name: str, found: Iterable[Offer]) -> list[Offer]:
    model_id, team = split(name)
    of_model = [offer for offer in found if offer.model_id == model_id]
    of_team = [offer for offer in of_model if team in offer.team_ids]
    return of_team or of_model


def split(name: str) -> tuple[str, UUID | None]:
    """Return the model's id and the team that a name holds."""
    model_id, _, team = name.rpartition("@")
    try:
        return (model_id, UUID(team)) if model_id else (name, None)
    except ValueError:
        return name, None

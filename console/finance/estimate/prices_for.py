"""What the teams of a viewer are told, as offers to compute with.

Grouped by the database: however many teams there are, those that are told the same
prices are one offer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Min, Q, TextField
from django.db.models.functions import Cast

from console.accounts.models import User
from console.catalog.costs import Prices
from console.catalog.models import PriceVersion
from console.catalog.prices import PriceGroup, prices_now
from console.finance.estimate.inputs import Inputs

Alike = tuple[UUID, int]  # a model and its prices, which some teams are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One model at the prices that some teams are told now.

    `name` is what an address calls it: the model's id, with a team when the viewer's
    teams are told different prices.
    """

    name: str
    host: str
    model_id: str
    teams: tuple[str, ...]  # some names in order, where prices differ
    team_count: int
    team_ids: tuple[UUID, ...]  # that stand for them: the first, and those asked for
    differs: bool  # the same id has other offers
    listed: bool  # xAI still shows the model to one of these teams
    prices: Prices
    sound: bool  # False: odd and confirmed by nobody; then nothing is computed
    context_length: int | None  # tokens
    takes_images: bool | None  # None: not told
    gives_text: bool | None  # None: not told
    seen_at: datetime  # the newest look at these prices

    @property
    def whose(self) -> str:
        """Say which teams are told these prices."""
        unnamed = self.team_count - len(self.teams)
        if not self.teams:
            return f"{unnamed:,} team{'' if unnamed == 1 else 's'}"
        more = f" and {unnamed:,} more team{'' if unnamed == 1 else 's'}"
        return ", ".join(self.teams) + (more if unnamed else "")

    @property
    def as_told(self) -> str:
        """Say as whom the offer is made."""
        return f"as {self.whose} {'is' if self.team_count == 1 else 'are'} told"


def offers(user: User | AnonymousUser, names: Iterable[str] = ()) -> list[Offer]:
    """Return all offers to this person, by model; those with a team by its name.

    `names` are those of an address: a team in one of them is found, whichever team
    stands for its offer now. At most two queries more than `prices_now`.
    """
    groups = prices_now(user=user)
    number = Counter(group.model_id for group in groups)
    shared = [group for group in groups if number[group.model_id] > 1]
    stand_ins = _stand_ins(user, [group for group in shared if group.team is None])
    asked = _asked(user, names) if shared else {}
    made = []
    for group in groups:
        alike = group.model, group.digest
        first = group.team or stand_ins.get(alike)
        ids = dict.fromkeys([*([first] if first else []), *asked.get(alike, [])])
        offer = _offer(group, tuple(ids))
        if number[group.model_id] > 1:
            offer = replace(offer, differs=True, name=f"{offer.model_id}@{first}")
        made.append(offer)
    return made


def _stand_ins(
    user: User | AnonymousUser, groups: Sequence[PriceGroup]
) -> dict[Alike, UUID]:
    """Return one team for each group that names none: always the same one.

    One that still lists the model, if any does.
    """
    if not groups:
        return {}
    alike = {(group.model, group.digest) for group in groups}
    rows = (
        PriceVersion.objects.visible_to(user)
        .newest()
        .filter(prices_digest__in={digest for _, digest in alike})
        .order_by()
        .values_list("model_id", "prices_digest")
        .annotate(
            listed=Min(Cast("team_id", TextField()), filter=Q(missing_at=None)),
            first=Min(Cast("team_id", TextField())),
        )
    )
    return {
        (model, digest): UUID(listed or first)
        for model, digest, listed, first in rows
        if (model, digest) in alike
    }


def _asked(user: User | AnonymousUser, names: Iterable[str]) -> dict[Alike, list[UUID]]:
    """Return which prices the teams of an address are told now of its models."""
    pairs = [(model_id, team) for model_id, team in map(split, names) if team]
    if not pairs:
        return {}
    rows = (
        PriceVersion.objects.visible_to(user)
        .newest()
        .filter(
            model__model_id__in={model_id for model_id, _ in pairs},
            team__in={team for _, team in pairs},
        )
    )
    found: dict[Alike, list[UUID]] = {}
    for model, digest, team in rows.values_list("model_id", "prices_digest", "team_id"):
        found.setdefault((model, digest), []).append(team)
    return found


def _offer(group: PriceGroup, team_ids: tuple[UUID, ...]) -> Offer:
    gives = group.output_modalities
    return Offer(
        name=group.model_id,
        host=group.host,
        model_id=group.model_id,
        teams=group.teams,
        team_count=group.team_count,
        team_ids=team_ids,
        differs=False,
        listed=group.listed,
        prices=Prices.of(group),
        sound=group.is_sound,
        context_length=group.context_length,
        takes_images=group.takes_images,
        gives_text=None if gives is None else "text" in gives,
        seen_at=group.last_seen_at,
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

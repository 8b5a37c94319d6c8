"""What xAI tells the teams of one person, now and before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import Team, User
from console.catalog.costs import Prices
from console.catalog.models import PriceVersion
from console.finance.referee.cases import Past
from console.finance.referee.verdicts import Model, Told


def models_for(user: User | AnonymousUser) -> list[Model]:
    """Return every model that a team of this person was ever told. One query.

    A model of several upstreams is one: a file does not tell them apart.
    """
    versions = (
        PriceVersion.objects.filter(team__in=Team.objects.visible_to(user))
        .select_related("model", "team")
        .defer("model__raw", "model__capabilities")
        .order_by("model__model_id", "-first_seen_at", "team__name")
    )
    return [
        _model(model_id, list(of_model))
        for model_id, of_model in groupby(versions, key=lambda v: v.model.model_id)
    ]


def _model(model_id: str, versions: list[PriceVersion]) -> Model:
    newest = [version for version in versions if version.superseded_at is None]
    listed = [version for version in newest if version.missing_at is None]
    gone = [version.missing_at for version in newest if version.missing_at is not None]
    facts = max((v.model for v in versions), key=lambda model: model.last_seen_at)
    aliases = {alias for v in versions for alias in v.model.aliases or ()}
    return Model(
        model_id=model_id,
        aliases=tuple(sorted(aliases)),
        context=facts.context_length,
        told=_told(listed),
        past=_past(versions),
        gone_at=max(gone) if gone and not listed else None,
        seen_at=max((v.last_seen_at for v in listed), default=None),
    )


def _told(versions: Iterable[PriceVersion]) -> tuple[Told, ...]:
    """Return one for all teams that are told the same, most teams first."""
    alike: dict[tuple[Prices, bool], set[str]] = {}
    for version in versions:
        same = Prices.of(version), version.is_sound
        alike.setdefault(same, set()).add(version.team.name)
    told = [
        Told(prices=prices, sound=sound, teams=tuple(sorted(teams)))
        for (prices, sound), teams in alike.items()
    ]
    return tuple(sorted(told, key=lambda one: (-len(one.teams), one.teams)))


def _past(versions: Iterable[PriceVersion]) -> tuple[Past, ...]:
    """Return the sound prices that were replaced, each with its last day."""
    ends: dict[Prices, datetime] = {}
    for version in versions:
        ended_at = version.superseded_at or version.missing_at
        if ended_at is not None and version.is_sound:
            prices = Prices.of(version)
            ends[prices] = max(ended_at, ends.get(prices, ended_at))
    past = [Past(prices, until) for prices, until in ends.items()]
    return tuple(sorted(past, key=lambda one: one.until, reverse=True))

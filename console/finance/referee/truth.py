"""What xAI tells the teams of one person, now and before.

Grouped by the database: what is loaded grows with prices, and not with teams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import groupby
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from console.accounts.models import User
from console.catalog.costs import Prices
from console.catalog.models import PriceVersion
from console.catalog.prices import PriceGroup, prices_now
from console.finance.referee.cases import Past
from console.finance.referee.verdicts import Model, Told

FIELDS: Final = tuple(field.name for field in fields(Prices))


def models_for(user: User | AnonymousUser) -> list[Model]:
    """Return every model that a team of this person was ever told.

    One query more than `prices_now`. A model of several upstreams is one: a file does
    not tell them apart.
    """
    past = _past(user)
    return [
        _model(model_id, list(groups), past.get(model_id, []))
        for model_id, groups in groupby(prices_now(user=user), key=lambda g: g.model_id)
    ]


def _model(model_id: str, groups: Sequence[PriceGroup], past: list[Past]) -> Model:
    listed = [group for group in groups if group.listed]
    gone = [group.missing_at for group in groups if group.missing_at is not None]
    newest = max(groups, key=lambda group: group.last_seen_at)
    aliases = {alias for group in groups for alias in group.aliases or ()}
    return Model(
        model_id=model_id,
        aliases=tuple(sorted(aliases)),
        context=newest.context_length,
        told=_told(listed),
        past=tuple(past),
        gone_at=max(gone) if gone and not listed else None,
        seen_at=max((group.last_seen_at for group in listed), default=None),
    )


def _told(groups: Sequence[PriceGroup]) -> tuple[Told, ...]:
    """Return one for all teams that are told the same, most teams first."""
    told: dict[tuple[Prices, bool], Told] = {}
    for group in groups:
        prices = Prices.of(group)
        same = told.get((prices, group.is_sound))
        told[prices, group.is_sound] = Told(
            prices=prices,
            sound=group.is_sound,
            teams=tuple(sorted({*group.teams, *(same.teams if same else ())})),
            team_count=group.team_count + (same.team_count if same else 0),
        )
    return tuple(sorted(told.values(), key=lambda one: (-one.team_count, one.teams)))


def _past(user: User | AnonymousUser) -> dict[str, list[Past]]:
    """Return the sound prices that ended, by model, each with its last day."""
    rows = (
        PriceVersion.objects.visible_to(user)
        .sound()
        .filter(Q(superseded_at__isnull=False) | Q(missing_at__isnull=False))
        .order_by()
        .values_list("model__model_id", *FIELDS)
        .annotate(until=Max(Coalesce("superseded_at", "missing_at")))
        .order_by("-until")
    )
    found: dict[str, list[Past]] = {}
    for model_id, *values, until in rows:
        prices = Prices(**dict(zip(FIELDS, values, strict=True)))
        found.setdefault(model_id, []).append(Past(prices, until))
    return found

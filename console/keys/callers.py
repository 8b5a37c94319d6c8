"""Who can call models: the keys that xAI shows them to, counted by the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q

from console.accounts.models import User
from console.keys.models import KeyModel, KeyState
from console.lib.freshness import trusted_since

NAMED: Final = 12  # keys named of one model; the others are counted


@dataclass(frozen=True, slots=True)
class Caller:
    """One key that sees the model."""

    id: UUID
    label: str
    team: str
    usable: bool


@dataclass(frozen=True, slots=True)
class Callers:
    """The keys that see one model, with some of their names."""

    allowed: int = 0
    usable: int = 0  # of the allowed: xAI answers and no flag is set
    teams: int = 0
    named: tuple[Caller, ...] = ()

    @property
    def unnamed(self) -> int:
        """Return how many keys are only counted."""
        return self.allowed - len(self.named)


def callers(*, user: User | AnonymousUser, now: datetime) -> Mapping[UUID, Callers]:
    """Count who can call each model, of the keys this person sees.

    One query, or two for those who see all teams.
    """
    seen = KeyModel.objects.filter(seen_until=None).order_by()
    usable = _usable(now)
    if not (isinstance(user, User) and user.sees_all_teams):
        own = seen.visible_to(user).values_list("model")
        counts = own.annotate(all=Count("id"), fit=Count("id", filter=usable))
        return {UUID(str(one)): Callers(number, fit) for one, number, fit in counts}
    # Few keys are removed or out of use: taking them off spares a join with all.
    gone = Q(key__removed_at__isnull=False)
    others = seen.filter(gone | ~usable).values_list("model")
    less = {
        model: (removed, useless)
        for model, removed, useless in others.annotate(
            gone=Count("id", filter=gone), useless=Count("id")
        )
    }
    found = {}
    for model, number in seen.values_list("model").annotate(all=Count("id")):
        removed, useless = less.get(model, (0, 0))
        if number > removed:
            found[UUID(str(model))] = Callers(number - removed, number - useless)
    return found


def model_callers(*, user: User | AnonymousUser, model: UUID, now: datetime) -> Callers:
    """Return who can call a model, of the keys this person sees; two queries."""
    seen = KeyModel.objects.visible_to(user).filter(model=model, seen_until=None)
    counts = seen.aggregate(
        allowed=Count("id"),
        usable=Count("id", filter=_usable(now)),
        teams=Count("key__team", distinct=True),
    )
    named = (
        seen.annotate(fit=_usable(now))
        .order_by("key__label", "key")
        .values_list("key", "key__label", "key__team__name", "fit")
    )
    return Callers(
        **counts,
        named=tuple(
            Caller(UUID(str(key)), label, team, bool(fit))
            for key, label, team, fit in named[:NAMED]
        ),
    )


def _usable(now: datetime) -> Q:
    horizon = trusted_since(interval=settings.XAI_POLL_EVERY, now=now)
    return Q(key__state=KeyState.ACTIVE, key__verified_at__gte=horizon)

"""Who can call a model: the keys that xAI shows it to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from console.accounts.models import User
from console.keys.models import ApiKey, KeyModel, KeyState
from console.lib.freshness import trusted_since

NAMED: Final = 12  # keys named per model and team; the others are counted


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

    @classmethod
    def together(cls, parts: Iterable[Callers]) -> Callers:
        """Return the callers of several teams as one."""
        found = list(parts)
        return cls(
            allowed=sum(part.allowed for part in found),
            usable=sum(part.usable for part in found),
            teams=sum(part.teams for part in found),
            named=tuple(caller for part in found for caller in part.named),
        )


CallersOf = Mapping[tuple[UUID, UUID], Callers]  # by model and team


def callers(*, user: User | AnonymousUser, now: datetime) -> CallersOf:
    """Return who can call each model, of the keys this person sees; two queries."""
    horizon = trusted_since(interval=settings.XAI_POLL_EVERY, now=now)
    usable = Q(key__state=KeyState.ACTIVE, key__verified_at__gte=horizon)
    seen = KeyModel.objects.filter(
        seen_until=None, key__in=ApiKey.objects.visible_to(user)
    )
    counts = seen.values_list("model", "key__team").annotate(
        allowed=Count("id"), fit=Count("id", filter=usable)
    )
    named = _named(seen, usable)
    return {
        (model, team): Callers(
            allowed, fit, 1 if allowed else 0, tuple(named[model, team])
        )
        for model, team, allowed, fit in counts.order_by()
    }


def _named(
    seen: QuerySet[KeyModel], usable: Q
) -> dict[tuple[UUID, UUID], list[Caller]]:
    place = Window(
        RowNumber(),
        partition_by=[F("model"), F("key__team")],
        order_by=[F("key__label").asc(), F("key").asc()],
    )
    rows = (
        seen.annotate(place=place, usable=usable)
        .filter(place__lte=NAMED)
        .order_by("key__team__name", "key__label", "key")
        .values_list(
            "model", "key__team", "key", "key__label", "key__team__name", "usable"
        )
    )
    named: dict[tuple[UUID, UUID], list[Caller]] = defaultdict(list)
    for model, team, key, label, name, usable_now in rows:
        caller = Caller(key, label, name, bool(usable_now))
        named[UUID(str(model)), team].append(caller)
    return named

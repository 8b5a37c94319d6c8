"""Who can call one model: counted, and some named, whatever their number."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q

from console.accounts.models import User
from console.keys.callers import NAMED, Caller, Callers
from console.keys.models import ApiKey, KeyModel, KeyState
from console.lib.freshness import trusted_since


def model_callers(*, user: User | AnonymousUser, model: UUID, now: datetime) -> Callers:
    """Return who can call a model, of the keys this person sees; two queries."""
    horizon = trusted_since(interval=settings.XAI_POLL_EVERY, now=now)
    usable = Q(key__state=KeyState.ACTIVE, key__verified_at__gte=horizon)
    seen = KeyModel.objects.filter(
        model=model, seen_until=None, key__in=ApiKey.objects.visible_to(user)
    )
    counts = seen.aggregate(
        allowed=Count("id"),
        usable=Count("id", filter=usable),
        teams=Count("key__team", distinct=True),
    )
    named = (
        seen.annotate(fit=usable)
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

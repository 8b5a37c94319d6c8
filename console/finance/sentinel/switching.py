"""What an admin decides about the sentinel: the only writes beside a worker's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower, Now

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.finance.models import Sentinel
from console.keys.models import ApiKey, KeyState
from console.keys.models.api_key import ApiKeyQuerySet
from console.lib.freshness import trusted_since
from console.polling.clock import database_time

ASK_EVERY = timedelta(minutes=10)
TOKENIZE = ("api-key:endpoint:*", "api-key:endpoint:tokenize")


class Refused(Exception):
    """Nothing was done; `sentence` says why."""

    sentence: ClassVar[str]


class IsOff(Refused):
    """Nobody has switched it on."""

    sentence = "The sentinel is switched off, so there is nothing to ask for."


class IsOn(Refused):
    """This key tokenizes already, for this person."""

    sentence = "Tokenizers are read with this key already. Nothing was changed."


class IsAtWork(Refused):
    """A look is due already, or paused."""

    sentence = "A look has begun and is not finished. This page shows how far it is."


class TooSoon(Refused):
    """The last look has only just ended."""

    sentence = "The last look ended less than 10 minutes ago. Nothing was asked."


def usable_keys(user: User, *, now: datetime) -> ApiKeyQuerySet:
    """Return the keys this person may choose: in good order, and may tokenize."""
    horizon = trusted_since(interval=settings.XAI_POLL_EVERY, now=now)
    may = Q()
    for entry in TOKENIZE:
        may |= Q(acls__contains=[entry])
    keys = ApiKey.objects.visible_to(user).filter(may, verified_at__gte=horizon)
    usable = keys.filter(state=KeyState.ACTIVE).select_related("team")
    return usable.order_by(Lower("label"), "pk")


@transaction.atomic
def switch_on(*, key: ApiKey, person: User, actor: Actor) -> None:
    """Let the models of this key be read, from now on; or another key's until now.

    The calls are booked as this person's. Raises IsOn, or vault.Sealed.
    """
    before = Sentinel.objects.select_for_update().select_related("key").first()
    if before and (before.key_id, before.person_id) == (key.pk, person.pk):
        raise IsOn
    Sentinel.objects.update_or_create(
        only=True,
        defaults={
            "key": key,
            "person": person,
            "switched_on_at": Now(),
            "due_at": Now(),
            "lease": None,  # a worker that is at it with another key loses it
            "lease_until": None,
            "problem": "",
        },
    )
    if before is None:
        _record("sentinel.switched_on", key, actor)
    else:
        keys: dict[str, dict[str, UUID]] = {
            "before": {"key": before.key_id},
            "after": {"key": key.pk},
        }
        _record("sentinel.key_changed", key, actor, keys)


@transaction.atomic
def switch_off(*, actor: Actor) -> None:
    """Let nothing be read any more; what was read stays. Raises IsOff, vault.Sealed."""
    row = Sentinel.objects.select_for_update().select_related("key").first()
    if row is None:
        raise IsOff
    row.delete()
    _record("sentinel.switched_off", row.key, actor)


@transaction.atomic
def ask_now(*, actor: Actor) -> None:
    """Make the next look due at once. Raises a Refused, or vault.Sealed."""
    row = Sentinel.objects.select_for_update().select_related("key").first()
    if row is None:
        raise IsOff
    now = database_time()
    if row.due_at <= now:
        raise IsAtWork
    if row.finished_at is not None and now - row.finished_at < ASK_EVERY:
        raise TooSoon
    Sentinel.objects.update(due_at=Now())
    _record("sentinel.asked", row.key, actor)


def _record(
    action: str,
    key: ApiKey,
    actor: Actor,
    detail: dict[str, dict[str, UUID]] | None = None,
) -> None:
    trail.record(
        action=action,
        actor=actor,
        object_kind="sentinel",
        object_name=key.label,
        team_id=key.team_id,
        detail=detail,
    )

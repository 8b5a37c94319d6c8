"""The personal address of the Atom feed. Only a digest of its token is kept."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.finance.models import FeedToken

PREFIX: Final = "ghf_"  # by it a log knows what to leave out
NOTE_USE_EVERY: Final = timedelta(minutes=5)


@transaction.atomic
def make(*, user: User, actor: Actor) -> str:
    """Return a new token for this person; the one before opens nothing any more.

    It is shown once: nobody can read it back.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    FeedToken.objects.update_or_create(
        person=user,
        defaults={"digest": _digest(token), "made_at": Now(), "last_used_at": None},
    )
    trail.record(action="feed.made", actor=actor, object_kind="feed", detail={})
    return token


@transaction.atomic
def drop(*, user: User, actor: Actor) -> bool:
    """Let the token open nothing any more; return whether there was one."""
    dropped, _ = FeedToken.objects.filter(person=user).delete()
    if dropped:
        trail.record(action="feed.dropped", actor=actor, object_kind="feed", detail={})
    return bool(dropped)


def person_with(token: str) -> User | None:
    """Return whose token this is, if they may still sign in; note that it was used."""
    known = FeedToken.objects.filter(digest=_digest(token), person__is_active=True)
    found = known.select_related("person").first()
    if found is None:
        return None
    unnoted = Q(last_used_at=None) | Q(last_used_at__lt=Now() - NOTE_USE_EVERY)
    known.filter(unnoted).update(last_used_at=Now())
    return found.person


def _digest(token: str) -> str:
    """Return what is stored. The token is 256 random bits, so no salt is needed."""
    return sha256(token.encode()).hexdigest()

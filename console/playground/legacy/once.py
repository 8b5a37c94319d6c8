"""Whether a form was sent before: a page that is loaded again sends its form again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

from console.accounts.models import User

REMEMBERED = timedelta(days=7)


def is_first(user: User, form_id: UUID | None) -> bool:
    """Note that this person sent this form; return whether it is the first time.

    Of two at the same moment one is the first. Without an id, or while the broker is
    away, every time is.
    """
    if form_id is None:
        return True
    try:
        return cache.add(_name(user, form_id), True, REMEMBERED.total_seconds())
    except RedisError:
        return True


def forget(user: User, form_id: UUID | None) -> None:
    """Let the form be sent again, since nothing came of it."""
    try:
        cache.delete(_name(user, form_id))
    except RedisError:
        return


def _name(user: User, form_id: UUID | None) -> str:
    return f"legacy:{user.pk}:{form_id}"

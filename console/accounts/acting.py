"""From a request to the actor of an audit entry."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.http import HttpRequest

from console.accounts.models import User
from console.audit.actors import STRANGER, Actor
from console.audit.models import ActorKind


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts through this request, with the address they come from.

    All entries of one request share its id.
    """
    request_id = getattr(request, "request_id", None)
    if request_id is None:
        request_id = uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
    address = request.META.get("REMOTE_ADDR", "")
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return replace(STRANGER, address=address, request_id=request_id)
    return Actor(ActorKind.PERSON, str(user.pk), user.username, address, request_id)


def person_of(request: HttpRequest) -> User:
    """Return who is signed in. For views whose rule lets no stranger in."""
    assert isinstance(request.user, User)
    return request.user

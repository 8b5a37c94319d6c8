"""Recording who signed in, confirmed it, failed, and left. Called by signals."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account import signals as allauth_signals
from django.contrib.auth import signals as django_signals
from django.db import transaction
from django.http import HttpRequest

from console import vault
from console.accounts.acting import actor_of
from console.accounts.models import User
from console.audit import tallies, trail
from console.audit.actors import Actor

log = logging.getLogger(__name__)


def connect() -> None:
    """Listen; called once, when Django starts."""
    allauth_signals.user_logged_in.connect(_signed_in)
    allauth_signals.authentication_step_completed.connect(_confirmed)
    django_signals.user_login_failed.connect(_failed)
    django_signals.user_logged_out.connect(_signed_out)


def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    request.user = user
    _record("sign_in.done", actor_of(request), user)


def _confirmed(
    request: HttpRequest, user: User, reauthenticated: bool = False, **_: Any
) -> None:
    if reauthenticated:
        request.session.cycle_key()  # the proof is for whoever typed the password
        _record("sign_in.confirmed", actor_of(request), user)


def _failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Name the account that was tried, if there is one.

    What was typed is not kept: people type passwords into the wrong field. Names
    that nobody has are counted: there is no end of them.
    """
    if request is None:
        return
    named = str(credentials.get("username", ""))
    user = User.objects.filter(username__iexact=named).first()
    if user is not None:
        _record("sign_in.failed", actor_of(request), user, outcome="refused")
        return
    tallies.count(
        action="sign_in.failed",
        actor=actor_of(request),
        what="unknown name",
        outcome="refused",
    )


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        _record("sign_out", actor_of(request), user)


def _record(action: str, actor: Actor, user: User, *, outcome: str = "done") -> None:
    """Write one entry; with a sealed vault count it, to be written later.

    Somebody must be able to sign in to a sealed console and read why it is sealed.
    Everything that changes something needs the trail and is refused then.
    """
    try:
        with transaction.atomic():
            trail.record(
                action=action,
                actor=actor,
                object_kind="person",
                object_id=str(user.pk),
                object_name=user.username,
                outcome=outcome,
            )
    except vault.Sealed:
        tallies.count(action=action, actor=actor, what=user.username, outcome=outcome)
        log.warning("%s by %s not in the audit trail yet: sealed", action, actor.name)

"""What pages show of a key: its state, and what may be told of its secret.

The state is what xAI said last, unless that is too old to trust.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When

from console.keys.models import ApiKey, KeyState
from console.lib.freshness import Freshness, freshness
from console.vault import sealing


class ShownState(models.TextChoices):
    """A KeyState, or "stale"; in order of need for attention."""

    TEAM_BLOCKED = KeyState.TEAM_BLOCKED.value, KeyState.TEAM_BLOCKED.label
    KEY_BLOCKED = KeyState.KEY_BLOCKED.value, KeyState.KEY_BLOCKED.label
    REJECTED = KeyState.REJECTED.value, KeyState.REJECTED.label
    UNREACHABLE = KeyState.UNREACHABLE.value, KeyState.UNREACHABLE.label
    STALE = "stale", "Not verified"
    UNKNOWN = KeyState.UNKNOWN.value, KeyState.UNKNOWN.label
    ACTIVE = KeyState.ACTIVE.value, KeyState.ACTIVE.label
    DISABLED = KeyState.DISABLED.value, KeyState.DISABLED.label


# Known from a refusal or from silence, so the last try counts, not the last answer.
KNOWN_BY_TRYING = (KeyState.REJECTED, KeyState.UNREACHABLE)
KNOWN_BY_ANSWER = (
    KeyState.ACTIVE,
    KeyState.TEAM_BLOCKED,
    KeyState.KEY_BLOCKED,
    KeyState.DISABLED,
)


def shown_state(key: ApiKey, *, now: datetime) -> ShownState:
    """Return the state to show for one key at `now`.

    An answer that left out the flags verifies nothing, so such a key is not new.
    """
    if key.state == KeyState.UNKNOWN:
        return ShownState.STALE if key.verified_at else ShownState.UNKNOWN
    by_trying = key.state in KNOWN_BY_TRYING
    judged_at = key.checked_at if by_trying else key.verified_at
    trust = freshness(judged_at, interval=settings.XAI_POLL_EVERY, now=now)
    return ShownState.STALE if trust == Freshness.UNKNOWN else ShownState(key.state)


def shown_expression(now: datetime) -> Case:
    """Return `shown_state` as SQL."""
    return Case(
        When(_new(), then=Value(ShownState.UNKNOWN.value)),
        When(_trusted(now), then=F("state")),
        default=Value(ShownState.STALE.value),
        output_field=models.CharField(),
    )


def rank_expression(now: datetime) -> Case:
    """Return the need for attention as SQL; 0 is the greatest.

    Written out and not made of `shown_expression`, which the database would
    reckon anew for each of its states.
    """
    ranks = {state.value: Value(rank) for rank, state in enumerate(ShownState)}
    by_state = Case(
        *(When(state=state.value, then=ranks[state.value]) for state in KeyState),
        output_field=models.IntegerField(),
    )
    return Case(
        When(_new(), then=ranks[ShownState.UNKNOWN.value]),
        When(_trusted(now), then=by_state),
        default=ranks[ShownState.STALE.value],
        output_field=models.IntegerField(),
    )


def _new() -> Q:
    return Q(state=KeyState.UNKNOWN, verified_at=None)


def _trusted(now: datetime) -> Q:
    horizon = now - 6 * settings.XAI_POLL_EVERY
    return Q(state__in=KNOWN_BY_ANSWER, verified_at__gte=horizon) | Q(
        state__in=KNOWN_BY_TRYING, checked_at__gte=horizon
    )


def tail_of(key: ApiKey) -> str:
    """Return the redacted key, in xAI's form."""
    return key.xai_redacted or f"xai-...{key.last_four}"


def short_fingerprint(key: ApiKey) -> str | None:
    """Return 8 hex digits that tell two keys apart."""
    return sealing.short(bytes(key.fingerprint)) if key.fingerprint else None

"""What pages show of a key: its state, and what may be told of its secret.

The state is what xAI said last, unless that is too old to trust.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When

from console.keys.failures import UNREACHABLE_AFTER
from console.keys.models import ApiKey, KeyState
from console.lib.freshness import UNKNOWN_FROM, Freshness, freshness, trusted_since
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

    @property
    def glyph(self) -> str:
        """Return its icon's name, which is also its name in the stylesheet."""
        drawn = {ShownState.ACTIVE: "ok", ShownState.UNKNOWN: "new"}
        return drawn.get(self, self.value.replace("_", "-"))


# xAI answers with these as flags, and refuses with them in words as well.
TOLD_BAD = (KeyState.TEAM_BLOCKED, KeyState.KEY_BLOCKED, KeyState.DISABLED)


def shown_state(key: ApiKey, *, now: datetime) -> ShownState:
    """Return the state to show for one key at `now`.

    An answer that left out the flags verifies nothing, so such a key is not new.
    """
    if key.state == KeyState.UNKNOWN:
        return ShownState.STALE if key.verified_at else ShownState.UNKNOWN
    return ShownState(key.state) if _is_trusted(key, now) else ShownState.STALE


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


def _is_trusted(key: ApiKey, now: datetime) -> bool:
    """Judge the age of what made the state, by how often such a key is asked."""
    judged_at, interval = _judged(key)
    return freshness(judged_at, interval=interval, now=now) != Freshness.UNKNOWN


def trusted_until(key: ApiKey) -> datetime | None:
    """Return when the stored state stops being shown; None if it never was."""
    judged_at, interval = _judged(key)
    if judged_at is None or key.state == KeyState.UNKNOWN:
        return None
    return judged_at + UNKNOWN_FROM * interval


def _judged(key: ApiKey) -> tuple[datetime | None, timedelta]:
    """Return what the state rests on, and how often that is asked.

    A refusal and silence are known by trying, whatever the last good answer was;
    so is a block told in words, while no silence came after it.
    """
    told_bad = key.state in TOLD_BAD and key.failures < UNREACHABLE_AFTER
    if key.state == KeyState.REJECTED:
        return key.checked_at, settings.XAI_POLL_REJECTED_EVERY
    if key.state == KeyState.UNREACHABLE or told_bad:
        return key.checked_at, settings.XAI_POLL_EVERY
    return key.verified_at, settings.XAI_POLL_EVERY


def _trusted(now: datetime) -> Q:
    """Return `_is_trusted` as SQL."""
    lately = trusted_since(interval=settings.XAI_POLL_EVERY, now=now)
    rarely = trusted_since(interval=settings.XAI_POLL_REJECTED_EVERY, now=now)
    silent = Q(failures__gte=UNREACHABLE_AFTER)
    told_bad = Q(state__in=TOLD_BAD)
    by_answer = Q(state=KeyState.ACTIVE) | told_bad & silent
    by_trying = Q(state=KeyState.UNREACHABLE) | told_bad & ~silent
    return (
        by_answer & Q(verified_at__gte=lately)
        | by_trying & Q(checked_at__gte=lately)
        | Q(state=KeyState.REJECTED, checked_at__gte=rarely)
    )


def tail_of(key: ApiKey) -> str:
    """Return the redacted key, in xAI's form."""
    return key.xai_redacted or f"xai-...{key.last_four}"


def short_fingerprint(key: ApiKey) -> str | None:
    """Return 8 hex digits that tell two keys apart."""
    return sealing.short(bytes(key.fingerprint)) if key.fingerprint else None

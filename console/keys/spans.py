"""Which state a key showed when: written by `observations`, read for the strips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Value
from django.db.models.functions import Greatest

from console.keys.models import ApiKey, KeyState, StateSpan
from console.keys.shown import ShownState, shown_state, trusted_until


@dataclass(frozen=True, slots=True)
class Known:
    """What was shown of a key when it was last looked at, and how long it holds."""

    key_id: UUID
    shown: ShownState
    until: datetime | None  # when it stops being trusted; None: never, by itself

    @classmethod
    def of(cls, api_key: ApiKey) -> Known:
        """Read it from a key, before a new look is written to the row."""
        if api_key.checked_at is None:
            return cls(api_key.pk, ShownState.UNKNOWN, None)
        shown = shown_state(api_key, now=api_key.checked_at)
        until = None if shown == ShownState.STALE else trusted_until(api_key)
        return cls(api_key.pk, shown, until)


def follow(
    known: Known,
    *,
    shows: ShownState,
    seen_at: datetime,
    since: datetime | None = None,
) -> None:
    """Write what a look at `seen_at` makes a key show; `since`, if that is longer.

    Costs no query when nothing changed. A time in which nothing could be trusted
    becomes a span of its own: what was not looked at is not shown as good.
    """
    if known.until is not None and known.until < seen_at:
        _begin(known.key_id, ShownState.STALE, at=known.until)
        if shows != ShownState.STALE:
            _begin(known.key_id, shows, at=seen_at)
    elif shows != known.shown:
        _begin(known.key_id, shows, at=since or seen_at)


def end(api_key: ApiKey, *, at: datetime) -> None:
    """Write that nothing is known of a key from now on: it is removed."""
    StateSpan.objects.filter(key=api_key, ends_at=None).update(
        ends_at=Greatest("starts_at", Value(at))
    )


def told(state: str) -> ShownState:
    """Return what a good answer makes a key show; without flags it verifies nothing."""
    return ShownState.STALE if state == KeyState.UNKNOWN else ShownState(state)


def _begin(key_id: UUID, state: ShownState, *, at: datetime) -> None:
    """Let another span follow the open one, and replace it where it had no length."""
    opened = StateSpan.objects.filter(key=key_id, ends_at=None).first()
    if opened is not None and opened.starts_at >= at:
        opened.state = state
        opened.save(update_fields=["state"])
        return
    if opened is not None:
        opened.ends_at = at
        opened.save(update_fields=["ends_at"])
    StateSpan.objects.create(key_id=key_id, state=state, starts_at=at)

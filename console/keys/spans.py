"""Which state a key was in when: written by `observations`, read for the strips."""

from __future__ import annotations

from datetime import datetime

from console.keys.models import ApiKey, KeyState, StateSpan
from console.keys.shown import ShownState, trusted_until


def follow(api_key: ApiKey, *, state: str, seen_at: datetime) -> None:
    """Write that a key, given as it was before, is in `state` since `seen_at`.

    Costs no query when nothing changed. A time in which nothing could be trusted
    becomes a span of its own: what was not looked at is not shown as good.
    """
    end = trusted_until(api_key)
    gap = end is not None and end < seen_at
    if state == api_key.state and not gap:
        return
    opened = StateSpan.objects.filter(key=api_key.pk, ends_at=None).first()
    if opened is not None:
        closed_at = end if gap and end is not None else seen_at
        opened.ends_at = max(opened.starts_at, closed_at)
        opened.save(update_fields=["ends_at"])
        if gap:
            StateSpan.objects.create(
                key_id=api_key.pk,
                state=ShownState.STALE,
                starts_at=opened.ends_at,
                ends_at=max(opened.ends_at, seen_at),
            )
    if state != KeyState.UNKNOWN:
        StateSpan.objects.create(key_id=api_key.pk, state=state, starts_at=seen_at)

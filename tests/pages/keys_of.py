"""Keys as the poller would leave them, for the pages that count and list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from console.accounts.models import Team
from console.keys import team_checks
from console.keys.models import ApiKey, KeyState

USABLE = KeyState.ACTIVE


def stored(
    team: Team, label: str, state: KeyState = USABLE, *, age: float = 60, **more: Any
) -> ApiKey:
    """Store a key in this state, last verified `age` seconds ago."""
    seen_at: datetime | None = timezone.now() - timedelta(seconds=age)
    if state == KeyState.UNKNOWN:
        seen_at = None
    if seen_at is not None:
        team_checks.note_keys({team.pk: seen_at})
    return ApiKey.objects.create(
        team=team,
        host="sandbox",
        label=label,
        last_four="abcd",
        state=state,
        state_since=seen_at,
        checked_at=seen_at,
        verified_at=seen_at,
        **more,
    )

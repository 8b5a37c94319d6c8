"""Looks that found something changed, stored as `observations` would."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from console.keys.models import ApiKey, KeyChange, Origin, Review

SOMEBODY = "3d38b4dc-4eb7-4785-ae26-c3fa8997ffc7"
GAP = timedelta(minutes=5)
WIDENED = {
    "acls": (["api-key:model:grok-4.3"], ["api-key:model:grok-4.3", "api-key:model:*"])
}
RENAMED = {"name": ("triage (new)", "triage")}
BLOCKED = {"api_key_blocked": (False, True)}


def look(
    api_key: ApiKey,
    changes: dict[str, tuple[Any, Any]] | None = None,
    *,
    at: datetime | None = None,
    **facts: Any,
) -> list[KeyChange]:
    """Store one look at a key; made outside and not reviewed, if not said otherwise.

    The key counts it, and the flags that only xAI sets are xAI's doing.
    """
    seen_at = at or timezone.now() - timedelta(hours=1)
    outside = {"origin": Origin.OUTSIDE, "review": Review.WAITING}
    by_xai = {"origin": Origin.XAI, "review": Review.NONE}
    rows = [
        KeyChange(
            **{
                "key": api_key,
                "team_id": api_key.team_id,
                "field": field,
                "before": before,
                "after": after,
                "gap_from": seen_at - GAP,
                "gap_until": seen_at,
                "modified_by": SOMEBODY,
                **(by_xai if field.endswith("_blocked") else outside),
                **facts,
            }
        )
        for field, (before, after) in (changes or WIDENED).items()
    ]
    if any(row.review == Review.WAITING for row in rows):
        api_key.outside_changes += 1
        api_key.save(update_fields=["outside_changes"])
    return KeyChange.objects.bulk_create(rows)

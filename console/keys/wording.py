"""Facts of keys in words, for lists where a line must do."""

from __future__ import annotations

from typing import Any

from console.keys import acls
from console.keys.models import KeyChange, KeyState

LONGEST = 80
FIELDS = {
    "acls": "rights",
    "api_key_blocked": "blocked by xAI",
    "api_key_disabled": "disabled",
    "team_blocked": "team blocked",
    "team_id": "team at xAI",
    "modified_by": "changed by",
    "modify_time": "time of change",
}


def field_in_words(field: str) -> str:
    """Name a fact as people do."""
    return FIELDS.get(field, field.replace("_", " "))


def change_in_words(change: KeyChange) -> tuple[str, str]:
    """Return before and after, each short enough for a line."""
    return _say(change.field, change.before), _say(change.field, change.after)


def state_in_words(value: Any) -> str:
    """Name a state of a change as pages do; one that is none any more as it stands."""
    return (
        str(KeyState(value).label).lower() if value in KeyState.values else str(value)
    )


def _say(field: str, value: Any) -> str:
    if field == "acls":
        return acls.in_words(value)
    if value is None:
        return "not told"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field == "state":
        return state_in_words(value)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

"""Changes of one key as events with words, for its page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from console.keys.models import KeyChange


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after; lists are compared by entry."""

    field: str
    removed: list[str]
    added: list[str]
    unchanged: int = 0  # entries of a list


@dataclass(frozen=True, slots=True)
class Event:
    """What one look at the key found changed, and the gap in which it happened."""

    title: str
    glyph: str
    gap_from: datetime | None
    gap_until: datetime
    modified_by: str
    differences: list[Difference]


def events(changes: Iterable[KeyChange]) -> list[Event]:
    """Put what was found at one look into one event, newest first."""
    return [
        _event(at, list(found))
        for at, found in groupby(changes, key=lambda change: change.gap_until)
    ]


GLYPHS: Final = {  # in order: the weightiest change of one look names the event
    "state": "warn",
    "team_blocked": "team-blocked",
    "api_key_blocked": "key-blocked",
    "api_key_disabled": "disabled",
    "acls": "outside",
    "team_id": "outside",
    "name": "pencil",
}
TITLES: Final = {  # of one field, or of one field and what it became
    "state": "State changed",
    "team_id": "Moved to another team",
    "name": "Renamed",
    ("team_blocked", True): "xAI blocked the team",
    ("team_blocked", False): "xAI lifted the block of the team",
    ("api_key_blocked", True): "xAI blocked this key",
    ("api_key_blocked", False): "xAI lifted the block of this key",
    ("api_key_disabled", True): "Switched off in xAI's console",
    ("api_key_disabled", False): "Switched on in xAI's console",
}
OTHERWISE: Final = "Details changed"


def _event(gap_until: datetime, found: list[KeyChange]) -> Event:
    by_field = {change.field: change for change in found}
    weightiest = next((field for field in GLYPHS if field in by_field), "")
    return Event(
        title=_title(by_field[weightiest]) if weightiest else OTHERWISE,
        glyph=GLYPHS.get(weightiest, "pencil"),
        gap_from=found[0].gap_from,
        gap_until=gap_until,
        modified_by=next((c.modified_by for c in found if c.modified_by), ""),
        differences=[_difference(change) for change in found],
    )


def _title(change: KeyChange) -> str:
    if change.field == "acls":
        return _access_title(_difference(change))
    if isinstance(change.after, bool):
        return TITLES.get((change.field, change.after), OTHERWISE)
    return TITLES.get(change.field, OTHERWISE)


def _access_title(difference: Difference) -> str:
    if difference.added and difference.removed:
        return "Access changed"
    return "Access widened" if difference.added else "Access narrowed"


def _difference(change: KeyChange) -> Difference:
    if isinstance(change.before, list) and isinstance(change.after, list):
        before, after = (
            [str(entry) for entry in entries]
            for entries in (change.before, change.after)
        )
        return Difference(
            field=change.field,
            removed=[entry for entry in before if entry not in after],
            added=[entry for entry in after if entry not in before],
            unchanged=sum(entry in before for entry in after),
        )
    return Difference(change.field, [_word(change.before)], [_word(change.after)])


def _word(value: Any) -> str:
    if value is None:
        return "not told"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

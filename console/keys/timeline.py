"""Changes of keys as events with words: what one look found, for lists and pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from console.keys.models import KeyChange, KeyModel, Origin, Review
from console.keys.wording import state_in_words
from console.lib.redact import redact

Names = Mapping[str, str]  # by xAI's user id
NOBODY: Final[Names] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after; lists are compared by entry."""

    field: str
    removed: list[str]
    added: list[str]
    unchanged: tuple[str, ...] = ()  # entries of a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one look at a key found changed, and the gap in which it happened.

    Its `change_id` names the look in addresses; 0 for what is no look.
    """

    title: str
    glyph: str
    gap_from: datetime | None
    gap_until: datetime
    key_id: UUID
    change_id: int = 0
    origin: Origin = Origin.XAI
    modified_by: str = ""  # xAI's id of the person, where it told one
    by: str = ""  # who that is, where somebody here has said it
    differences: tuple[Difference, ...] = ()  # weightiest first
    remark: str = ""
    review: Review = Review.NONE
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    review_note: str = ""

    @property
    def outside(self) -> bool:
        """Tell whether a person did it, and not in Gatehouse."""
        return self.origin == Origin.OUTSIDE


def events(changes: Iterable[KeyChange], names: Names = NOBODY) -> list[Event]:
    """Put what was found at one look at one key into one event, in the order given.

    Who reviewed is read from `reviewed_by`, so rows should come with it.
    """
    looks: dict[tuple[UUID, datetime], list[KeyChange]] = {}
    for change in changes:
        looks.setdefault((change.key_id, change.gap_until), []).append(change)
    return [_event(found, names) for found in looks.values()]


def model_events(sightings: Iterable[KeyModel], acls: list[str] | None) -> list[Event]:
    """Return when xAI began and stopped to list models for one key, newest first.

    What its first list named is no news.
    """
    rows = list(sightings)
    first = min((row.seen_from for row in rows), default=None)
    came: dict[datetime, list[KeyModel]] = {}
    went: dict[datetime, list[KeyModel]] = {}
    for row in rows:
        if row.seen_from != first:
            came.setdefault(row.seen_from, []).append(row)
        if row.seen_until is not None:
            went.setdefault(row.seen_until, []).append(row)
    found = [
        _models("xAI now lists", "plus", at, rows, "") for at, rows in came.items()
    ]
    for at, rows in went.items():
        named = {f"api-key:model:{row.model.model_id}" for row in rows} & {
            *(acls or ())
        }
        remark = "a rule that names it has no effect now" if named else ""
        found.append(_models("xAI stopped listing", "stale", at, rows, remark))
    return sorted(found, key=lambda event: event.gap_until, reverse=True)


GLYPHS: Final = {  # in order: the weightiest change of one look names the event
    "state": "warn",
    "team_blocked": "team-blocked",
    "api_key_blocked": "key-blocked",
    "api_key_disabled": "disabled",
    "acls": "sliders",
    "team_id": "team",
    "name": "pencil",
}
RANK: Final = {field: rank for rank, field in enumerate(GLYPHS)}
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
    ("state", "rejected"): "xAI does not accept the secret",
    ("state", "unreachable"): "No answer to several checks",
    ("state", "active"): "Usable again",
    ("state", "disabled"): "Switched off in xAI's console",
    ("state", "key_blocked"): "xAI blocked this key",
    ("state", "team_blocked"): "xAI blocked the team",
}
OTHERWISE: Final = "Details changed"
EVERYTHING: Final = {"api-key:model:*": "models", "api-key:endpoint:*": "endpoints"}
WEIGHT: Final = (Origin.OUTSIDE, Origin.XAI, Origin.HERE, Origin.OBSERVED)


def _event(found: list[KeyChange], names: Names) -> Event:
    found = sorted(found, key=lambda change: RANK.get(change.field, len(RANK)))
    head = found[0]
    plain = GLYPHS.get(head.field, "pencil")
    glyph = "outside" if head.origin == Origin.OUTSIDE else plain
    origins = {change.origin for change in found}
    modified_by = next((c.modified_by for c in found if c.modified_by), "")
    reviewed = next((c for c in found if c.review != Review.NONE), head)
    by = reviewed.reviewed_by
    return Event(
        title=_title(head),
        glyph=glyph,
        gap_from=head.gap_from,
        gap_until=head.gap_until,
        key_id=head.key_id,
        change_id=min(change.pk or 0 for change in found),
        origin=next(origin for origin in WEIGHT if origin in origins),
        modified_by=modified_by,
        by=names.get(modified_by, ""),
        differences=tuple(difference(change) for change in found),
        review=Review(reviewed.review),
        reviewed_by=by.name if by else "",
        reviewed_at=reviewed.reviewed_at,
        review_note=reviewed.review_note,
    )


def _models(
    what: str, glyph: str, at: datetime, rows: list[KeyModel], remark: str
) -> Event:
    ids = sorted(row.model.model_id for row in rows)
    listed = ids[0] if len(ids) == 1 else f"{len(ids)} models: {', '.join(ids)}"
    return Event(
        title=f"{what} {listed}",
        glyph=glyph,
        gap_from=None,
        gap_until=at,
        key_id=rows[0].key_id,
        remark=remark,
    )


def _title(change: KeyChange) -> str:
    if change.field == "acls":
        return _access_title(difference(change))
    if isinstance(change.after, bool | str):
        named = TITLES.get((change.field, change.after))
        if named:
            return named
    return TITLES.get(change.field, OTHERWISE)


def _access_title(difference: Difference) -> str:
    opened = [word for entry, word in EVERYTHING.items() if entry in difference.added]
    if opened:
        return f"Access widened to all {' and '.join(opened)}"
    if not difference.added or not EVERYTHING.keys().isdisjoint(difference.removed):
        return "Access narrowed"
    return "Access changed" if difference.removed else "Access widened"


def difference(change: KeyChange) -> Difference:
    """Return one field before and after, without anything like a secret."""
    if change.field == "state":
        states = [state_in_words(side) for side in (change.before, change.after)]
        return Difference(change.field, states[:1], states[1:])
    before, after = told(change.before), told(change.after)
    if isinstance(before, list) and isinstance(after, list):
        return Difference(
            field=change.field,
            removed=[entry for entry in before if entry not in after],
            added=[entry for entry in after if entry not in before],
            unchanged=tuple(entry for entry in after if entry in before),
        )
    return Difference(change.field, [_word(before)], [_word(after)])


def told(value: Any) -> list[str] | str | None:
    """Return a value of xAI's as text or a list of texts, secrets left out."""
    if isinstance(value, list):
        return [redact(str(entry)) for entry in value]
    if value is None or isinstance(value, str):
        return None if value is None else redact(value)
    return redact(json.dumps(value, ensure_ascii=False))


def _word(value: list[str] | str | None) -> str:
    if value is None:
        return "not told"
    return ", ".join(value) if isinstance(value, list) else value

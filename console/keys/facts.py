"""The facts of /v1/api-key: from an answer to columns, and what differs. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console import xai
from console.keys.models import ApiKey, KeyChange, KeySnapshot, KeyState, Origin, Review

# Compared from poll to poll: the name in snapshots and changes, and our column.
FACTS = {
    "name": "xai_name",
    "acls": "acls",
    "team_blocked": "team_blocked",
    "api_key_blocked": "api_key_blocked",
    "api_key_disabled": "api_key_disabled",
    "team_id": "xai_team_id",
    "redacted_api_key": "xai_redacted",
    "user_id": "xai_created_by",
    "create_time": "xai_created_at",
    "modify_time": "xai_modified_at",
    "modified_by": "xai_modified_by",
}
# They go with every edit at xAI, so they are a change only when nothing else is.
TRACES = {"modify_time", "modified_by"}
BY_XAI = {"team_blocked", "api_key_blocked"}  # the only ones that no customer sets
FLAGS = ("team_blocked", "api_key_blocked", "api_key_disabled")
BLOCKED = {KeyState.TEAM_BLOCKED, KeyState.KEY_BLOCKED}


def columns_of(api_key: ApiKey, info: xai.KeyInfo) -> dict[str, Any]:
    """Return the facts of an answer by column; last good ones where it is silent."""
    told: dict[str, Any] = {
        "xai_name": _cut(info.name, 200),
        "acls": None if info.acls is None else list(info.acls),
        "team_blocked": info.team_blocked,
        "api_key_blocked": info.api_key_blocked,
        "api_key_disabled": info.api_key_disabled,
        "xai_team_id": _cut(info.team_id, 64),
        "xai_redacted": _cut(info.redacted_api_key, 64),
        "xai_created_by": _cut(info.user_id, 64),
        "xai_created_at": _sane(info.create_time),
        "xai_modified_at": _sane(info.modify_time),
        "xai_modified_by": _cut(info.modified_by, 64),
    }
    return {
        column: getattr(api_key, column) if value is None else value
        for column, value in told.items()
    }


def digest_of(info: xai.KeyInfo) -> bytes:
    """Return 32 bytes that are the same for the same answer in any order."""
    return hashlib.sha256(json.dumps(info.raw, sort_keys=True).encode()).digest()


def facts_of(columns: Mapping[str, Any]) -> dict[str, object]:
    """Return the facts under xAI's names, as a snapshot stores them."""
    return {fact: _json(columns[column]) for fact, column in FACTS.items()}


def compare(
    api_key: ApiKey,
    latest: KeySnapshot,
    facts: Mapping[str, object],
    seen_at: datetime,
) -> list[KeyChange]:
    """Return one change for each fact that differs from the latest snapshot.

    A key without an id has just got another secret here, so the facts are those of
    another key of xAI's. Whatever else a person changed, they changed outside, and
    a person here must look at it.
    """
    here = not api_key.xai_key_id
    differ = {fact for fact in FACTS if latest.facts.get(fact) != facts[fact]}
    moved = facts["modify_time"] != latest.facts.get("modify_time")
    changes = []
    for fact in FACTS:
        if fact not in differ or (fact in TRACES and not differ <= TRACES):
            continue
        origin = Origin.HERE if here else _origin_of(fact)
        outside = origin == Origin.OUTSIDE
        changes.append(
            KeyChange(
                key=api_key,
                team_id=api_key.team_id,
                field=fact,
                before=latest.facts.get(fact),
                after=facts[fact],
                gap_from=latest.last_seen_at,
                gap_until=seen_at,
                modified_by=str(facts["modified_by"] or "") if moved else "",
                origin=origin,
                review=Review.WAITING if outside else Review.NONE,
            )
        )
    return changes


def state_change(api_key: ApiKey, state: KeyState, seen_at: datetime) -> KeyChange:
    """Return the change to a state that no snapshot tells of.

    xAI refuses a disabled or blocked key in words, so those are somebody's doing;
    that a key is rejected or out of reach is what checks found out.
    """
    states = {api_key.state, state}
    origin = Origin.OBSERVED
    if states & BLOCKED:
        origin = Origin.XAI
    elif KeyState.DISABLED in states:
        origin = Origin.OUTSIDE
    return KeyChange(
        key=api_key,
        team_id=api_key.team_id,
        field="state",
        before=str(api_key.state),
        after=str(state),
        gap_from=api_key.checked_at,
        gap_until=seen_at,
        origin=origin,
        review=Review.WAITING if origin == Origin.OUTSIDE else Review.NONE,
    )


def _origin_of(fact: str) -> Origin:
    return Origin.XAI if fact in BY_XAI else Origin.OUTSIDE


def oddities_of(info: xai.KeyInfo) -> str:
    """Say which fields of a good answer could not be used, and which it left out."""
    sentences = []
    if info.odd:
        names = ", ".join(info.odd)
        sentences.append(f"Odd values from xAI, last good ones kept: {names}.")
    silent = [fact for fact in ("acls", *FLAGS) if getattr(info, fact) is None]
    if left_out := ", ".join(fact for fact in silent if fact not in info.odd):
        sentences.append(f"xAI left out {left_out}; what it told before stays.")
    return " ".join(sentences)[:200]


def tells_state(info: xai.KeyInfo) -> bool:
    """Tell whether an answer says all that the state is made of."""
    return all(getattr(info, flag) is not None for flag in FLAGS)


def _cut(text: str | None, length: int) -> str | None:
    return None if text is None else text[:length]


def _sane(instant: datetime | None) -> datetime | None:
    """Leave out years that only a mistake can name and a database may not hold."""
    return instant if instant and 1970 <= instant.year < 9999 else None


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value

"""One spelling for each entry: what the chain's HMAC is computed over."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from console.lib.redact import holds_secret

LONGEST = 200  # characters of any text in an entry
FIRST_PREV = bytes(32)
FIELDS = (
    "seq",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "object_kind",
    "object_id",
    "object_name",
    "team_id",
    "request_id",
    "address",
    "outcome",
    "detail",
    "key_version",
)

_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def mac_of(row: Mapping[str, Any], *, prev: bytes, key: bytes) -> bytes:
    """Return the HMAC of this row behind the one whose mac is `prev`.

    The row is written as JSON with sorted names and nothing optional, so two rows
    that differ never give the same bytes.
    """
    team = row["team_id"]
    facts = {name: row[name] for name in FIELDS}
    facts["at"] = _spelled(row["at"])
    facts["team_id"] = None if team is None else str(team)
    text = _write(facts)
    return hmac.digest(key, text.encode("ascii") + prev, "sha256")


def plain(value: Any) -> Any:
    """Return a detail value as JSON that PostgreSQL gives back unchanged.

    Refuses fractions, which have several spellings, and anything like a secret:
    with a ValueError that does not repeat it.
    """
    match value:
        case None | bool() | int():
            return value
        case str():
            return words(value)
        case UUID():
            return str(value)
        case datetime():
            return _spelled(value)
        case Mapping():
            return {words(str(name)): plain(each) for name, each in value.items()}
        case list() | tuple() | set() | frozenset():
            items = [plain(each) for each in value]
            return (
                sorted(items, key=str) if isinstance(value, set | frozenset) else items
            )
        case _:
            kind = type(value).__name__
            raise TypeError(f"A {kind} cannot stand in an audit entry.")


def words(text: str) -> str:
    """Return at most 200 visible characters; refuse what looks like a secret."""
    if holds_secret(text):
        del text  # an error report prints the variables of this frame
        raise ValueError("An audit entry would have held a secret.")
    visible = "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )
    return visible if len(visible) <= LONGEST else visible[: LONGEST - 1] + "…"


def _spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")

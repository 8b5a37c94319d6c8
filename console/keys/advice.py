"""What a finding means and how to mend it, in words and as a request for xAI. Pure.

Everything is made of the finding's kind and detail, so that words never go stale in
the database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from console.keys.acls import ENDPOINTS, EVERYTHING, NAMESPACE, Model, parse
from console.keys.models import FindingKind

Detail = Mapping[str, Any]


def explanation(kind: str, detail: Detail) -> str:
    """Return what was found and why it matters."""
    return EXPLAINED[FindingKind(kind)](detail)


def fix(kind: str, detail: Detail) -> str:
    """Return what to do about it."""
    return MENDED[FindingKind(kind)](detail)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for xAI's Management API that mends a finding."""

    line: str  # method and path
    body: str  # JSON


def request(
    kind: str,
    detail: Detail,
    *,
    key_id: str,
    entries: Sequence[str] | None,
    seen: Sequence[Model] | None,
) -> Request | None:
    """Return the request that stores the smaller ACL list; None where none can help.

    `key_id` is xAI's; `seen` are the models the key sees, None if never read.
    """
    smaller = _smaller(FindingKind(kind), detail, entries, seen)
    if smaller is None or not key_id:
        return None
    body = {"apiKey": {"aclStrings": smaller}, "fieldMask": "aclStrings"}
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return Request(f"PUT /auth/api-keys/{key_id}", text)


def _smaller(
    kind: FindingKind,
    detail: Detail,
    entries: Sequence[str] | None,
    seen: Sequence[Model] | None,
) -> list[str] | None:
    if entries is None:
        return None
    match kind:
        case FindingKind.FULL_WILDCARD | FindingKind.NAME_AND_RIGHTS:
            return _written_out(entries, seen)
        case FindingKind.GONE_MODEL | FindingKind.UNKNOWN_ENTRY:
            return [entry for entry in entries if entry != detail.get("entry")]
        case FindingKind.ALIAS_ONLY:
            ids = [_entry("model", name) for name in detail.get("behind", ())]
            return _replaced(entries, detail.get("entry"), ids)
        case _:
            return None


def _written_out(
    entries: Sequence[str], seen: Sequence[Model] | None
) -> list[str] | None:
    """Name what the wildcards stand for today; other entries add nothing to it."""
    if not seen:
        return None
    strange = [entry for entry in entries if not parse(entry).understood]
    return [
        *(_entry("model", model.model_id) for model in seen),
        *(_entry("endpoint", name) for name in ENDPOINTS),
        *strange,
    ]


def _replaced(entries: Sequence[str], old: str | None, new: Sequence[str]) -> list[str]:
    found: list[str] = []
    for entry in entries:
        found += new if entry == old else [entry]
    return list(dict.fromkeys(found))


def _entry(kind: str, name: str) -> str:
    return f"{NAMESPACE}:{kind}:{name}"


def _does_nothing(detail: Detail) -> str:
    models, endpoints = detail.get("models"), detail.get("endpoints")
    if models and endpoints:
        return "No entry allows a model or an endpoint, so xAI refuses every call."
    missing = "a model" if models else "an endpoint"
    return (
        f"No entry allows {missing}. Both kinds are needed, so xAI refuses every call."
    )


def _not_checked(detail: Detail) -> str:
    since = f"{datetime.fromisoformat(detail['since']):%-d %b %Y, %H:%M} UTC"
    if detail.get("never"):
        return f"It was stored on {since}, and xAI has given no good answer since."
    return (
        f"The last good answer came on {since}. Whatever is shown of this key may be "
        "wrong by now."
    )


EXPLAINED: Final[Mapping[FindingKind, Callable[[Detail], str]]] = {
    FindingKind.DOES_NOTHING: _does_nothing,
    FindingKind.FULL_WILDCARD: lambda _: (
        f"{_entry('model', EVERYTHING)} and {_entry('endpoint', EVERYTHING)} allow "
        "every model and every endpoint, also those that come later."
    ),
    FindingKind.GONE_MODEL: lambda detail: (
        f"xAI does not list {detail['model']} for this key, so the entry has no "
        "effect. A model of that name that comes later would be allowed at once."
    ),
    FindingKind.ALIAS_ONLY: lambda detail: (
        f"{detail['model']} is an alias and leads to {_listed(detail['behind'])} now. "
        "xAI may point it at another model, and does not document that such an entry "
        "covers the model behind it."
    ),
    FindingKind.UNKNOWN_ENTRY: lambda _: (
        "Gatehouse does not understand this entry, so what it allows is not known."
    ),
    FindingKind.NO_OWNER: lambda _: (
        "Nobody is noted as its owner, so nobody is asked before it is switched off, "
        "or told when it leaks."
    ),
    FindingKind.NAME_AND_RIGHTS: lambda detail: (
        f"It is called “{detail['name']}”, which says production, and may use "
        "everything. If it leaks from there, nothing holds a thief back."
    ),
    FindingKind.SAME_KEY: lambda detail: (
        f"Another stored key has the same id at xAI, {detail['key_id']}: the same key "
        "is stored twice, or both secrets of a rotated key are. Figures count it twice."
    ),
    FindingKind.IDENTITY: lambda detail: (
        f"xAI answered for the key {detail['answered']}, but this secret belonged to "
        f"{detail['first']}. A secret has one id for ever, so the answer was not used."
    ),
    FindingKind.NOT_CHECKED: _not_checked,
    FindingKind.TEAM_MISMATCH: lambda detail: (
        f"xAI counts it to the team {detail['told']}, but the keys stored beside it "
        f"belong to {detail['expected']}. Another team pays for it, and it is blocked "
        "with that one."
    ),
}
MENDED: Final[Mapping[FindingKind, Callable[[Detail], str]]] = {
    FindingKind.DOES_NOTHING: lambda _: (
        "Add the missing entry in xAI's console, or delete the key there and remove "
        "it here if nobody misses it."
    ),
    FindingKind.FULL_WILDCARD: lambda _: (
        "Replace the wildcards by names. This list writes out what they stand for "
        "today: take away what the job does not need."
    ),
    FindingKind.GONE_MODEL: lambda detail: (
        f"Take the entry “{detail['entry']}” away, or name the model that followed it."
    ),
    FindingKind.ALIAS_ONLY: lambda _: "Name the model by its id instead.",
    FindingKind.UNKNOWN_ENTRY: lambda detail: (
        f"Ask who added “{detail['entry']}” what it is for. If nobody needs it, "
        "take it away."
    ),
    FindingKind.NO_OWNER: lambda _: "Note a person, or an address that is read.",
    FindingKind.NAME_AND_RIGHTS: lambda _: (
        "Give it only what production needs. This list writes out what the wildcards "
        "stand for today: take away the rest."
    ),
    FindingKind.SAME_KEY: lambda _: (
        "Keep the row with the newer secret and remove the other one here; that "
        "changes nothing at xAI. A row that was removed and stored again does not "
        "count."
    ),
    FindingKind.IDENTITY: lambda _: (
        "Check the key now. If it stays so, replace the secret with one that is known "
        "to belong to this key, and find out how the other came here."
    ),
    FindingKind.NOT_CHECKED: lambda _: (
        "Check it now and read what the last check said. If other keys are silent too, "
        "look at the status page."
    ),
    FindingKind.TEAM_MISMATCH: lambda _: (
        "Remove it here and store it under the team it belongs to."
    ),
}


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)

"""One entry of the audit log as a row of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.audit.models import ActorKind, Entry
from console.keys.wording import field_in_words
from console.lib.dollars import usd_given
from console.pages.audit_words import Kind, Sentence, kind_of, sentence_of

NOTHING = "nothing"
TONES = {"refused": "warn", "broken": "bad"}  # by outcome; others have none
WORDS_OF = {"hard": "at the limit", "contact": "whom to ask", "ticks": "amount"}
INNER = ("subject",)  # what makes an incident the same one; its name says it in words
BOTH_WAYS = {"hard": ("refuses", "only warns")}  # by field: yes and no
SHORT = 3  # bytes of a mac that are shown


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What was taken from a list and put into it."""

    field: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the log."""

    seq: int
    at: datetime
    actor: str
    kind: Kind
    tone: str
    sentence: Sentence
    url: str  # of the thing acted on; "" if it has no page any more
    changes: tuple[Change, ...]
    differences: tuple[Difference, ...]
    facts: tuple[tuple[str, str], ...]  # details that are no change
    meta: str  # role, and where from
    mark: str  # the first digits of the mac
    mac: str


def row_of(entry: Entry, *, links: Mapping[str, str], roles: Mapping[str, str]) -> Row:
    """Say one entry in words."""
    detail: dict[str, Any] = entry.detail if isinstance(entry.detail, dict) else {}
    before, after = _sides(detail)
    one_sided = {**before, **after} if not (before and after) else {}
    fields = [
        name
        for name in {**before, **after}
        if before.get(name) != after.get(name) and not one_sided
    ]
    lists = [f for f in fields if _is_list(before.get(f)) and _is_list(after.get(f))]
    mac = bytes(entry.mac)
    return Row(
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor_name,
        kind=kind_of(entry.action),
        tone=TONES.get(entry.outcome, ""),
        sentence=sentence_of(entry.action, entry.object_name, detail),
        url=links.get(entry.object_id, ""),
        changes=tuple(
            Change(
                words_of(name),
                said(name, before.get(name)),
                said(name, after.get(name)),
            )
            for name in fields
            if name not in lists
        ),
        differences=tuple(_difference(f, before[f], after[f]) for f in lists),
        facts=tuple(
            (words_of(name), said(name, value))
            for name, value in {**one_sided, **detail}.items()
            if say(value) != NOTHING
            and not ((before or after) and name in ("before", "after"))
            and name not in INNER
        ),
        meta=_meta(entry, roles),
        mark=mac[:SHORT].hex(),
        mac=mac.hex(),
    )


def words_of(field: str) -> str:
    """Name a detail as pages do."""
    return WORDS_OF.get(field) or field_in_words(field.removesuffix("_ticks"))


def said(field: str, value: Any) -> str:
    """Write the value of a detail for people: ticks are dollars."""
    if isinstance(value, bool) and field in BOTH_WAYS:
        return BOTH_WAYS[field][not value]
    if isinstance(value, int) and (field == "ticks" or field.endswith("_ticks")):
        return usd_given(value)
    return say(value)


def say(value: Any) -> str:
    """Write a value of a detail for people."""
    match value:
        case None | "" | [] | {}:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(map(say, value))
        case dict():
            return ", ".join(f"{name} {say(each)}" for name, each in value.items())
    return str(value)


def _sides(detail: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what was before and after; a thing that came or went has one side."""
    before, after = detail.get("before"), detail.get("after")
    if not all(side is None or isinstance(side, dict) for side in (before, after)):
        return {}, {}
    return before or {}, after or {}


def _difference(name: str, before: list[Any], after: list[Any]) -> Difference:
    return Difference(
        words_of(name),
        removed=tuple(say(each) for each in before if each not in after),
        added=tuple(say(each) for each in after if each not in before),
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _meta(entry: Entry, roles: Mapping[str, str]) -> str:
    match entry.actor_kind:
        case ActorKind.PERSON:
            who = roles.get(
                entry.actor_id, "No account" if entry.actor_id else "Stranger"
            )
            return f"{who}, from {entry.address}" if entry.address else who
        case ActorKind.COMMAND:
            return "A command on the host"
    return "Gatehouse itself"

"""What is wrong with one key, by its facts. Pure.

    Facts --lint--> Found, Found, ...

Words for people are made of kind and detail by `advice`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from console.keys import acls as grammar
from console.keys.acls import EVERYTHING, Access
from console.keys.models import FindingKind, Severity

SILENT_AFTER: Final = timedelta(hours=24)  # without a good answer
UNCHECKED_AFTER: Final = timedelta(hours=1)  # since it was stored, and never one
PRODUCTION: Final = frozenset({"prod", "production", "prd", "live"})  # whole words
LONGEST_SUBJECT: Final = 300  # characters, as the column holds

SEVERITIES: Final = {
    FindingKind.IDENTITY: Severity.HIGH,
    FindingKind.NAME_AND_RIGHTS: Severity.HIGH,
    FindingKind.TEAM_MISMATCH: Severity.HIGH,
    FindingKind.FULL_WILDCARD: Severity.MEDIUM,
    FindingKind.NO_OWNER: Severity.MEDIUM,
    FindingKind.SAME_KEY: Severity.MEDIUM,
    FindingKind.NOT_CHECKED: Severity.MEDIUM,
    FindingKind.DOES_NOTHING: Severity.MEDIUM,
    FindingKind.UNKNOWN_ENTRY: Severity.MEDIUM,
    FindingKind.GONE_MODEL: Severity.LOW,
    FindingKind.ALIAS_ONLY: Severity.LOW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the linter looks at."""

    entries: tuple[str, ...] | None  # verbatim; None: xAI has not told them
    access: Access  # of these entries
    names: tuple[str, ...]  # what people call it, here and at xAI
    owner: str
    xai_key_id: str
    mistaken_for: str  # xAI's id of another key that answered
    twins: int  # other stored keys with this xAI id
    xai_team_id: str  # "" until told
    team_expected: str  # xAI's id of the team it is stored under; "" if not known
    watched: bool
    created_at: datetime
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """One thing the linter found; kind and subject tell it from the others."""

    kind: FindingKind
    subject: str = ""  # an ACL entry; "" for the whole key
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """Return how much it matters."""
        return SEVERITIES[self.kind]


def lint(facts: Facts, *, now: datetime) -> list[Found]:
    """Return everything that is wrong, each kind and subject once."""
    found = [*_of_entries(facts), *_of_the_key(facts), *_of_time(facts, now)]
    return list({(each.kind, each.subject): each for each in found}.values())


def says_production(name: str) -> bool:
    """Tell whether one of the words of a name means production."""
    return not PRODUCTION.isdisjoint(re.findall(r"[^\W_]+", name.lower()))


def _of_entries(facts: Facts) -> Iterator[Found]:
    models, endpoints = facts.access.models, facts.access.endpoints
    if facts.entries is None or models is None or endpoints is None:
        return
    if models.nothing or endpoints.nothing:
        missing = {"models": models.nothing, "endpoints": endpoints.nothing}
        yield Found(FindingKind.DOES_NOTHING, "", missing)
    if models.everything and endpoints.everything:
        yield Found(FindingKind.FULL_WILDCARD)
        name = next(filter(says_production, facts.names), None)
        if name is not None:
            yield Found(FindingKind.NAME_AND_RIGHTS, "", {"name": name})
    for entry in facts.entries:
        yield from _of_entry(entry, facts.access)


def _of_entry(entry: str, access: Access) -> Iterator[Found]:
    acl, subject = grammar.parse(entry), entry[:LONGEST_SUBJECT]
    if not acl.understood:
        yield Found(FindingKind.UNKNOWN_ENTRY, subject, {"entry": entry})
    if acl.kind != "model" or acl.name == EVERYTHING or access.seen is None:
        return
    if any(acl.name == model.model_id for model in access.seen):
        return
    behind = [model.model_id for model in access.seen if acl.name in model.aliases]
    detail = {"entry": entry, "model": acl.name}
    if not behind:
        yield Found(FindingKind.GONE_MODEL, subject, detail)
    elif access.models is None or not access.models.everything:
        # Where the wildcard stands, nothing hangs on where the alias leads.
        yield Found(FindingKind.ALIAS_ONLY, subject, {**detail, "behind": behind})


def _of_the_key(facts: Facts) -> Iterator[Found]:
    if not facts.owner.strip():
        yield Found(FindingKind.NO_OWNER)
    if facts.mistaken_for:
        ids = {"first": facts.xai_key_id, "answered": facts.mistaken_for}
        yield Found(FindingKind.IDENTITY, "", ids)
    if facts.twins:
        yield Found(FindingKind.SAME_KEY, "", {"key_id": facts.xai_key_id})
    told, expected = facts.xai_team_id, facts.team_expected
    if told and expected and told != expected:
        ids = {"told": told, "expected": expected}
        yield Found(FindingKind.TEAM_MISMATCH, "", ids)


def _of_time(facts: Facts, now: datetime) -> Iterator[Found]:
    """A key that nobody watches is not expected to be checked."""
    since = facts.verified_at or facts.created_at
    patience = SILENT_AFTER if facts.verified_at else UNCHECKED_AFTER
    if facts.watched and now - since >= patience:
        detail = {"since": since.isoformat(), "never": facts.verified_at is None}
        yield Found(FindingKind.NOT_CHECKED, "", detail)

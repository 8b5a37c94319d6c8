"""What a model is, as one team is told, and what it was before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q

from console.accounts.models import User
from console.catalog.models import (
    CatalogChange,
    ChangeKind,
    FactsVersion,
    LanguageModel,
)
from console.catalog.observations import raw_digest
from console.lib.redact import redact_value

NAMES: Final = {
    "version": "version",
    "fingerprint": "fingerprint",
    "aliases": "aliases",
    "input_modalities": "takes",
    "output_modalities": "gives",
    "context_length": "context",
}
FACTS: Final = tuple(NAMES)
MOST_VERSIONS: Final = 200
MOST_TELLINGS: Final = 10
MOST_MOVES: Final = 20
LONGEST_TEXT: Final = 300
LONGEST_RAW: Final = 20_000
DEPRECATION: Final = re.compile(
    r"deprecat|shut_?down|sunset|retire|end_of_life|discontinu|replaced_by|successor",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Held:
    """A value and the time in which it was seen, both ends included."""

    value: Any
    first_seen_at: datetime
    last_seen_at: datetime
    now: bool  # it stands in the newest version


@dataclass(frozen=True, slots=True)
class Telling:
    """Facts that some teams are told in place of these."""

    teams: int
    differs: tuple[
        tuple[str, str | None], ...
    ]  # the fact and its value; None: not told


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A field in which xAI may speak of an end, verbatim."""

    name: str
    text: str
    says_so: bool  # it is not empty and not false


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts now, their history, and the raw answer."""

    version: str | None
    fingerprint: str | None
    aliases: list[str] | None
    input_modalities: list[str] | None
    output_modalities: list[str] | None
    context_length: int | None
    versions: tuple[Held, ...]  # newest first, as all histories
    fingerprints: tuple[Held, ...]
    alias_times: tuple[Held, ...]
    others: tuple[Telling, ...]
    moves: tuple[CatalogChange, ...]  # of aliases, to this model or away
    deprecations: tuple[Deprecation, ...]
    capabilities: Mapping[str, Any]
    raw: str
    raw_is_own: bool  # else another team was told it last, and it is not shown

    @property
    def takes(self) -> str | None:
        """Return what goes in, in one line; None: not told."""
        return _text(self.input_modalities)

    @property
    def gives(self) -> str | None:
        """Return what comes out, in one line; None: not told."""
        return _text(self.output_modalities)


def facts(*, model: LanguageModel, user: User | AnonymousUser, team: UUID) -> Facts:
    """Return the facts as this team is told them; three queries."""
    told = list(
        FactsVersion.objects.filter(model=model, team=team).order_by("-first_seen_at")[
            :MOST_VERSIONS
        ]
    )
    whole = isinstance(user, User) and user.sees_all_teams
    stored = model if whole else LanguageModel(host=model.host, model_id=model.model_id)
    newest: FactsVersion | LanguageModel = told[0] if told else stored
    # Of whole answers the newest to any team is kept, and a digest of each team's.
    own = whole or (bool(told) and told[0].raw_digest == raw_digest(model.raw))
    raw = model.raw if own else {}
    return Facts(
        **{name: getattr(newest, name) for name in FACTS},
        versions=_held(told, "version"),
        fingerprints=_held(told, "fingerprint"),
        alias_times=_alias_times(told),
        others=_others(model, user, newest),
        moves=_moves(model, user),
        deprecations=tuple(deprecations(raw)),
        capabilities=(model.capabilities or {}) if own else {},
        raw=raw_text(raw),
        raw_is_own=own,
    )


def _held(told: list[FactsVersion], name: str) -> tuple[Held, ...]:
    """Return the values of one fact, each as long as it was seen without another."""
    found: list[Held] = []
    for number, row in enumerate(told):
        value = getattr(row, name)
        if found and found[-1].value == value:
            found[-1] = Held(
                value, row.first_seen_at, found[-1].last_seen_at, found[-1].now
            )
        else:
            found.append(Held(value, row.first_seen_at, row.last_seen_at, number == 0))
    return tuple(found)


def _alias_times(told: list[FactsVersion]) -> tuple[Held, ...]:
    """Return for each alias the times in which it stood for this model."""
    found: list[Held] = []
    open_: dict[str, int] = {}  # alias -> its place among the found
    for number, row in enumerate(told):
        names = row.aliases or []
        open_ = {alias: at for alias, at in open_.items() if alias in names}
        for alias in names:
            if alias in open_:
                held = found[open_[alias]]
                found[open_[alias]] = Held(
                    alias, row.first_seen_at, held.last_seen_at, held.now
                )
            else:
                open_[alias] = len(found)
                found.append(
                    Held(alias, row.first_seen_at, row.last_seen_at, number == 0)
                )
    return tuple(found)


def _others(
    model: LanguageModel,
    user: User | AnonymousUser,
    newest: FactsVersion | LanguageModel,
) -> tuple[Telling, ...]:
    rows = (
        FactsVersion.objects.visible_to(user)
        .filter(model=model, superseded_at=None)
        .order_by()
        .values(*FACTS)
        .annotate(teams=Count("id"))
        .order_by("-teams")[: MOST_TELLINGS + 1]
    )
    found = []
    for row in rows:
        differs = tuple(
            (NAMES[name], _text(row[name]))
            for name in FACTS
            if row[name] != getattr(newest, name)
        )
        if differs:
            found.append(Telling(row["teams"], differs))
    return tuple(found[:MOST_TELLINGS])


def _text(value: list[str] | str | int | None) -> str | None:
    """Return a fact in one line; None: not told."""
    if value is None:
        return None
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)


def _moves(
    model: LanguageModel, user: User | AnonymousUser
) -> tuple[CatalogChange, ...]:
    """Return the newest changes in which an alias came to this model or left it."""
    changes = CatalogChange.objects.visible_to(user).filter(kind=ChangeKind.ALIAS)
    of_model = changes.filter(
        Q(model=model) | Q(before=model.model_id) | Q(after=model.model_id),
        model__host=model.host,
    )
    return tuple(of_model.order_by("-first_seen_at", "-id")[:MOST_MOVES])


def deprecations(raw: Mapping[str, Any]) -> Iterator[Deprecation]:
    """Yield what the raw answer says of an end, wherever in it, cut."""
    for name, value in _walk(raw, ""):
        text = value if isinstance(value, str) else json.dumps(value)
        yield Deprecation(name, str(redact_value(text))[:LONGEST_TEXT], bool(value))


def _walk(value: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        path = f"{before}{name}"
        if DEPRECATION.search(name):
            yield path[:LONGEST_TEXT], inner
        elif isinstance(inner, dict) and path.count(".") < 3:
            yield from _walk(inner, f"{path}.")


def raw_text(raw: Mapping[str, Any]) -> str:
    """Return the raw answer as text, cut."""
    if not raw:
        return ""
    text = json.dumps(redact_value(raw), indent=2, ensure_ascii=False)
    return text if len(text) <= LONGEST_RAW else f"{text[:LONGEST_RAW]}\n… cut"

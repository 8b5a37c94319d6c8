"""Everything that is known about one key, for its page: facts, reach, history."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from console.catalog.costs import Prices
from console.keys import acls, meanings, xai_users
from console.keys.can_do import CanDo, can_do
from console.keys.models import ApiKey, KeySnapshot, Review
from console.keys.sentences import Sentence, sentences
from console.keys.shown import (
    ShownState,
    short_fingerprint,
    shown_state,
    tail_of,
)
from console.keys.sight import SeenModel, Sight, models_seen, sight_of
from console.keys.state_record import StateRecord, state_record
from console.keys.timeline import Event, events, model_events
from console.lib.freshness import Freshness, freshness
from console.lib.redact import escaped, redact

NEWEST: Final = 50  # changes, and snapshots, shown on the page
ASKED: Final = 3  # looks that a person is asked about at once
SIGHTINGS: Final = 500  # of models, looked through for events
WAIT_AT_MOST: Final = timedelta(minutes=1)  # for a check that somebody asked for
UNTOLD: Final = "xAI has not told this yet"
NEVER_TOLD: Final = "xAI does not tell this to an inference key"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known, or not known with the reason why."""

    name: str
    value: str | datetime | bool | None
    reason: str = UNTOLD
    word: str = "unknown"  # in place of the value
    mono: bool = False

    @property
    def kind(self) -> str:
        """Return how to write it: unknown, flag, time or text."""
        match self.value:
            case None | "":
                return "unknown"
            case bool():
                return "flag"
            case datetime():
                return "time"
        return "text"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What xAI said over an interval, as text."""

    id: int
    first_seen_at: datetime
    last_seen_at: datetime
    raw: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One key's page."""

    key: ApiKey
    tail: str
    state: ShownState
    tone: str  # of a notice: "bad", "warn", "ok" or ""
    meaning: str
    advice: str
    freshness: Freshness
    next_check_at: datetime | None
    waiting: bool  # for a check that somebody asked for
    seen: Sight | None  # the models it sees; None: never read
    in_words: str  # its ACLs on one line
    sentences: list[Sentence]  # one per ACL entry
    can_do: CanDo
    models: list[SeenModel]
    events: list[Event]
    to_review: list[Event]  # made outside, not reviewed; the newest, at most ASKED
    record: StateRecord
    snapshots: list[Snapshot]
    told: list[Fact]
    ours: list[Fact]
    raw: str

    @property
    def prices(self) -> dict[str, Prices]:
        """Return what its team is told now, by id of the models it sees."""
        return {
            seen.model.model_id: Prices.of(seen.price)
            for seen in self.models
            if seen.price is not None
        }


def dossier(*, key: ApiKey, now: datetime) -> Dossier:
    """Gather the page of one key; `key` comes with its team and its adder."""
    state = shown_state(key, now=now)
    models = models_seen(key)
    seen = sight_of(key, models)
    meaning, advice = meanings.of(state, watched=key.watched)
    looks, to_review = looks_of(key)
    poll = key.polls.filter(kind="key").first()  # polling lies above; only its row
    asked_at = poll.asked_at if poll else None
    snapshots = [_snapshot(row) for row in key.snapshots.all()[:NEWEST]]
    return Dossier(
        key=key,
        tail=tail_of(key),
        state=state,
        tone=meanings.TONES.get(state, ""),
        meaning=meaning,
        advice=advice,
        freshness=freshness(key.verified_at, interval=settings.XAI_POLL_EVERY, now=now),
        next_check_at=poll.due_at if poll and key.watched else None,
        waiting=is_waiting(asked_at=asked_at, checked_at=key.checked_at, now=now),
        seen=seen,
        in_words=acls.in_words(key.acls),
        sentences=sentences(key.acls, seen=seen),
        can_do=can_do(key.acls, seen=seen, state=state),
        models=models,
        events=_newest_first(looks, key),
        to_review=to_review,
        record=state_record(key=key, events=looks, now=now),
        snapshots=snapshots,
        told=told_facts(key),
        ours=our_facts(key),
        raw=snapshots[0].raw if snapshots else "",
    )


def is_waiting(
    *, asked_at: datetime | None, checked_at: datetime | None, now: datetime
) -> bool:
    """Tell whether a check was asked for and its answer may still come soon."""
    if asked_at is None or now - asked_at > WAIT_AT_MOST:
        return False
    return checked_at is None or checked_at < asked_at


def looks_of(key: ApiKey) -> tuple[list[Event], list[Event]]:
    """Return what the newest checks found changed, and what of all waits for review."""
    changes = key.changes.select_related("reviewed_by")
    newest = list(changes[:NEWEST])
    waiting = []
    if key.outside_changes:
        waiting = list(changes.filter(review=Review.WAITING)[:NEWEST])
    names = xai_users.names_of(change.modified_by for change in [*newest, *waiting])
    return events(newest, names), events(waiting, names)[:ASKED]


def _newest_first(looks: list[Event], key: ApiKey) -> list[Event]:
    """Put what became of models between the looks."""
    sightings = key.sees.select_related("model").order_by("-seen_from")[:SIGHTINGS]
    found = [*looks, *model_events(sightings, key.acls)]
    return sorted(found, key=lambda event: event.gap_until, reverse=True)[:NEWEST]


def told_facts(key: ApiKey) -> list[Fact]:
    """Return what xAI says of the key, and what it never says."""
    return [
        Fact("Name", key.xai_name),
        Fact("Key id", key.xai_key_id, mono=True),
        Fact("Team id", key.xai_team_id, mono=True),
        Fact("Created", key.xai_created_at),
        Fact("Created by", key.xai_created_by, mono=True),
        Fact("Changed", key.xai_modified_at),
        Fact("Changed by", key.xai_modified_by, mono=True),
        Fact("Team blocked", key.team_blocked),
        Fact("Key blocked", key.api_key_blocked),
        Fact("Key disabled", key.api_key_disabled),
        Fact("Expires", None, NEVER_TOLD, "not told by xAI"),
        Fact("Rate limits", None, NEVER_TOLD, "not told by xAI"),
        Fact("Last used", None, NEVER_TOLD, "not told by xAI"),
    ]


def our_facts(key: ApiKey) -> list[Fact]:
    """Return what Gatehouse knows of the key by itself."""
    added_by = key.created_by.name if key.created_by else None
    return [
        Fact("Team", key.team.name),
        Fact("Owner", key.owner, "Nobody has noted an owner", "no owner"),
        Fact("Upstream", key.host, mono=True),
        Fact("Added", key.created_at),
        Fact("Added by", added_by, "Stored by a command, or the person is gone"),
        Fact("Secret", f"encrypted, version {key.secret_version}"),
        Fact("Fingerprint", short_fingerprint(key), "No secret is stored", mono=True),
        Fact("Watched", key.watched),
        Fact(
            "Models read", key.models_checked_at, "No model list was read yet", "never"
        ),
    ]


def _snapshot(row: KeySnapshot) -> Snapshot:
    return Snapshot(row.pk, row.first_seen_at, row.last_seen_at, pretty(row.raw))


def pretty(raw: Any) -> str:
    """Write an answer of xAI for reading; anything like a secret is left out.

    What would hide or turn text is made visible.
    """
    lines = json.dumps(raw, indent=2, ensure_ascii=False).split("\n")
    return redact("\n".join(map(escaped, lines)))

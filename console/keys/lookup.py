"""Is this string one of our keys? What was found somewhere, held against the inventory.

The text is never stored or logged, and no hash of it either; what is written is that
somebody asked, and which key it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from console import xai
from console.accounts.models import Team, User
from console.audit import trail
from console.audit.actors import Actor
from console.audit.models import Entry
from console.keys import acls, intake
from console.keys.models import ApiKey, KeyModel
from console.keys.refusals import Refused
from console.keys.sentences import Sentence, sentences
from console.keys.shown import ShownState, shown_state, tail_of
from console.vault import sealing

MOST: Final = 20  # keys in one text
MOST_LIVE: Final = 3  # that xAI is asked about, one after the other
PER_HOUR: Final = 10  # look-ups of one person
HOUR: Final = timedelta(hours=1)
ACTION: Final = "key.looked_up"
LOCK: Final = 0x47480004  # advisory lock, with a hash of who asks

# A run of a key's characters counts from each "xai-" in it to its end.
KEY = re.compile(r"(?=(xai-[A-Za-z0-9_-]{20,200})(?![A-Za-z0-9_-]))")


class TooOften(Exception):
    """This person has asked too often; `again_at` is when they may ask again."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at
        self.sentence = (
            f"You have looked up {PER_HOUR} times within an hour, which is the most. "
            f"You can again at {again_at:%H:%M} UTC. Nothing was looked up."
        )

    @property
    def seconds(self) -> int:
        """Return how long to wait, for Retry-After."""
        return max(1, int((self.again_at - timezone.now()).total_seconds()))


@dataclass(frozen=True, slots=True)
class Ours:
    """A key of ours that the text holds, perhaps a removed one."""

    key: ApiKey
    tail: str
    state: ShownState
    sentences: list[Sentence]
    in_words: str  # its ACLs on one line


@dataclass(frozen=True, slots=True)
class Live:
    """What xAI says of a key that is not ours, or why it said nothing."""

    info: xai.KeyInfo | None
    sentences: list[Sentence]
    problem: str
    team: Team | None  # of ours, with this team id of xAI's
    twin: ApiKey | None  # of ours: the same key at xAI under another secret


@dataclass(frozen=True, slots=True)
class Match:
    """One key of the text."""

    place: int  # in the text, from 1
    last_four: str
    ours: list[Ours]  # the stored one first, then removed ones
    live: Live | None = None  # None: xAI was not asked


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one look-up."""

    matches: list[Match]
    too_many: bool  # unknown keys to ask xAI about, so none was asked about

    @property
    def found(self) -> int:
        """Return how many of the keys are ours."""
        return sum(bool(match.ours) for match in self.matches)


@dataclass(frozen=True, slots=True, repr=False)
class Candidate:
    """One key of the text, as the ways to read it."""

    secrets: tuple[xai.Secret, ...]  # the whole run first


def candidates(text: str) -> list[Candidate]:
    """Return the keys that a text holds, each once, at most MOST.

    Hyphens and underscores at an end may be the text's own, so such a key is also
    read without them.
    """
    runs = dict.fromkeys(found[1] for found in KEY.finditer(text))
    read = []
    for run in list(runs)[:MOST]:
        ways = dict.fromkeys((run, run.rstrip("-_")))
        secrets = [_parsed(way) for way in ways]
        read.append(Candidate(tuple(one for one in secrets if one is not None)))
    return read


def look_up(
    found: Sequence[Candidate], *, user: User, actor: Actor, live_at: str | None
) -> Looked:
    """Hold keys against all that are or were stored here.

    With `live_at`, an upstream, xAI is asked there about those that are not, if they
    are few. Raises TooOften, or vault.Sealed: what cannot be recorded is not looked
    up.
    """
    matches, asks = _look_up_here(found, user=user, actor=actor, live=bool(live_at))
    if live_at and asks:
        matches = [
            match
            if match.ours
            else replace(match, live=_ask_live(one, host=live_at, user=user))
            for match, one in zip(matches, found, strict=True)
        ]
    return Looked(matches, too_many=bool(live_at) and not asks)


@transaction.atomic
def _look_up_here(
    found: Sequence[Candidate], *, user: User, actor: Actor, live: bool
) -> tuple[list[Match], bool]:
    """Look up and record it; return also whether xAI may be asked, which is recorded.

    Two transactions would let a look-up through that is not written down.
    """
    _refuse_too_often(actor)
    ours = _ours(found, user=user, now=timezone.now())
    matches = [
        Match(place, one.secrets[0].last_four, keys)
        for place, (one, keys) in enumerate(zip(found, ours, strict=True), start=1)
    ]
    known = [match.ours[0].key for match in matches if match.ours]
    unknown = len(matches) - len(known)
    asks = live and unknown <= MOST_LIVE
    only = known[0] if len(known) == 1 else None
    trail.record(
        action=ACTION,
        actor=actor,
        object_kind="key",
        object_id=str(only.pk) if only else "",
        object_name=only.label if only else "",
        team_id=only.team_id if only else None,
        outcome="found" if known else "not found",
        detail={
            "found": [str(key.pk) for key in known],
            "not_found": unknown,
            "asked_live": asks and unknown > 0,
        },
    )
    return matches, asks


def _ask_live(one: Candidate, *, host: str, user: User) -> Live:
    """Ask xAI about a key that is not ours: GET /v1/api-key and nothing else."""
    try:
        info = intake.ask(one.secrets[0], host=host).info
    except Refused as refusal:
        return Live(None, [], refusal.sentence, None, None)
    keys = ApiKey.objects.visible_to(user).filter(xai_key_id=info.api_key_id[:64])
    return Live(
        info=info,
        sentences=sentences(info.acls, seen=None),
        problem="",
        team=Team.objects.visible_to(user)
        .filter(xai_team_id=info.team_id or "none")
        .first(),
        twin=keys.first(),
    )


def _ours(found: Sequence[Candidate], *, user: User, now: datetime) -> list[list[Ours]]:
    """Return, for each, what this person may see of the keys that it is or was."""
    prints = [{sealing.fingerprint(way) for way in one.secrets} for one in found]
    stored = ApiKey.objects.visible_to(user).values("pk")
    removed = Q(removed_at__isnull=False, team__in=Team.objects.visible_to(user))
    keys = list(
        ApiKey.objects.filter(Q(pk__in=stored) | removed)
        .filter(fingerprint__in=set().union(*prints))
        .select_related("team")
        .order_by(F("removed_at").desc(nulls_first=True), "pk")
    )
    sight = _sight(keys)
    shown = [
        Ours(
            key=key,
            tail=tail_of(key),
            state=shown_state(key, now=now),
            sentences=sentences(key.acls, seen=sight.get(key.pk)),
            in_words=acls.in_words(key.acls),
        )
        for key in keys
    ]
    return [
        [each for each in shown if bytes(each.key.fingerprint or b"") in ways]
        for ways in prints
    ]


def _sight(keys: Sequence[ApiKey]) -> dict[UUID, list[acls.Model]]:
    """Return the models that each key sees now, where its list was ever read."""
    sight: dict[UUID, list[acls.Model]] = {
        key.pk: [] for key in keys if key.models_checked_at is not None
    }
    rows = KeyModel.objects.filter(key__in=list(sight), seen_until=None)
    for row in rows.select_related("model"):
        model = acls.Model(row.model.model_id, tuple(row.model.aliases or ()))
        sight[row.key_id].append(model)
    return sight


def _refuse_too_often(actor: Actor) -> None:
    """Count in the audit trail itself, where each look-up is written anyway."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, actor.id]
        )
    lately = Entry.objects.filter(
        action=ACTION, actor_id=actor.id, at__gt=timezone.now() - HOUR
    )
    times = list(lately.order_by("-seq").values_list("at", flat=True)[:PER_HOUR])
    if len(times) == PER_HOUR:
        raise TooOften(times[-1] + HOUR)


def _parsed(text: str) -> xai.Secret | None:
    try:
        return xai.Secret.parse(text)
    except xai.BadSecret:
        return None

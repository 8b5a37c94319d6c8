"""What the poller, and custody after a live check, write about keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from console import xai
from console.accounts.models import Team
from console.keys import spans, team_checks
from console.keys.facts import (
    FACTS,
    columns_of,
    compare,
    digest_of,
    facts_of,
    oddities_of,
    state_change,
    tells_state,
)
from console.keys.failures import Verdict, judge
from console.keys.models import (
    ApiKey,
    KeyChange,
    KeySnapshot,
    KeyState,
    Review,
)
from console.keys.shown import shown_state
from console.keys.sightings import ModelsSeen, record_models
from console.keys.spans import Known
from console.keys.states import state_of

__all__ = [
    "FACTS",
    "KeyAnswer",
    "ModelsSeen",
    "record_answers",
    "record_failure",
    "record_key_info",
    "record_models",
    "record_problem",
]

# Nothing of an answer for another key is kept.
MISTAKEN = "xAI answered for another key than the one first seen; not used."


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """One good answer of /v1/api-key, and which secret it was asked with."""

    key_id: UUID
    secret_version: int
    info: xai.KeyInfo
    seen_at: datetime  # when it arrived


def record_key_info(
    *, api_key: ApiKey, info: xai.KeyInfo, seen_at: datetime
) -> list[KeyChange]:
    """Store one answer of /v1/api-key; return what changed.

    Calling it twice with the same answer is harmless. `seen_at` is the time the
    answer arrived, taken by the caller; an answer older than what is known is
    left out, as is one for a secret that was replaced meanwhile.
    """
    answer = KeyAnswer(api_key.id, api_key.secret_version, info, seen_at)
    return record_answers([answer]).get(api_key.id, [])


@transaction.atomic(savepoint=False)
def record_answers(answers: Sequence[KeyAnswer]) -> dict[UUID, list[KeyChange]]:
    """Store many answers as `record_key_info` does; return the changes by key.

    All that say nothing new cost four statements together, whatever their number.
    """
    stored = _locked(answer.key_id for answer in answers)
    changes: dict[UUID, list[KeyChange]] = {}
    checked: dict[UUID, datetime] = {}
    unchanged: list[KeyAnswer] = []
    for answer in answers:
        api_key = stored.get(answer.key_id)
        if api_key is None or _is_late(api_key, answer.secret_version, answer.seen_at):
            continue
        before = checked.get(api_key.team_id, answer.seen_at)
        checked[api_key.team_id] = max(before, answer.seen_at)
        if _says_nothing_new(api_key, answer.info):
            shows = spans.told(api_key.state)
            spans.follow(Known.of(api_key), shows=shows, seen_at=answer.seen_at)
            unchanged.append(answer)
        else:
            changes[api_key.id] = _record(api_key, answer.info, answer.seen_at)
    _move_on(unchanged)
    if checked:
        team_checks.note_keys(checked)
    return changes


@transaction.atomic
def record_failure(
    *, api_key: ApiKey, error: xai.XaiError, seen_at: datetime
) -> list[KeyChange]:
    """Store that a poll of /v1/api-key gave no good answer; return what changed.

    Rejected only after two refusals at least 30 s apart, unreachable after three
    polls in a row without an answer. The facts of the last good answer stay.
    """
    stored = _locked([api_key.id]).get(api_key.id)
    if stored is None or _is_late(stored, api_key.secret_version, seen_at):
        return []
    changes = _record_verdict(stored, judge(stored, error, seen_at), seen_at)
    team_checks.note_keys({stored.team_id: seen_at})
    return changes


@transaction.atomic
def record_problem(*, api_key: ApiKey, problem: str, seen_at: datetime) -> None:
    """Store why a key could not be asked at all, a fault on our side."""
    stored = _locked([api_key.id]).get(api_key.id)
    if stored is not None and not _is_late(stored, api_key.secret_version, seen_at):
        known = Known.of(stored)
        stored.problem, stored.checked_at = problem[:200], seen_at
        stored.save(update_fields=["problem", "checked_at"])
        shows = shown_state(stored, now=seen_at)
        spans.follow(known, shows=shows, seen_at=seen_at)
        team_checks.note_keys({stored.team_id: seen_at})


def _locked(key_ids: Iterable[UUID]) -> dict[UUID, ApiKey]:
    """Lock the keys that are not removed, in one order for all."""
    rows = (
        ApiKey.objects.select_for_update(no_key=True)
        .filter(pk__in=list(key_ids), removed_at=None)
        .order_by("pk")
        .defer("sealed_secret", "fingerprint", "note")
    )
    return {row.id: row for row in rows}


def _is_late(api_key: ApiKey, secret_version: int, seen_at: datetime) -> bool:
    """Tell whether something newer is known, or the secret was replaced."""
    if api_key.secret_version != secret_version:
        return True
    if api_key.verified_at is not None and seen_at <= api_key.verified_at:
        return True
    return api_key.checked_at is not None and seen_at < api_key.checked_at


def _says_nothing_new(api_key: ApiKey, info: xai.KeyInfo) -> bool:
    return (
        api_key.verified_at is not None
        and tells_state(info)
        and api_key.answer_digest == digest_of(info)
        and api_key.xai_key_id == info.api_key_id[:64]
        and api_key.state == state_of(api_key)
        and api_key.failures == 0
        and api_key.refused_at is None
        and api_key.problem == oddities_of(info)
    )


_MOVE_KEYS = """
    UPDATE keys_apikey AS k
    SET checked_at = seen.at, verified_at = seen.at
    FROM unnest(%(ids)s::uuid[], %(times)s::timestamptz[]) AS seen (id, at)
    WHERE k.id = seen.id
"""
_MOVE_SNAPSHOTS = """
    UPDATE keys_keysnapshot AS s
    SET last_seen_at = latest.at
    FROM (
        SELECT DISTINCT ON (s.key_id) s.id, seen.at
        FROM unnest(%(ids)s::uuid[], %(times)s::timestamptz[]) AS seen (id, at)
        JOIN keys_keysnapshot AS s ON s.key_id = seen.id
        ORDER BY s.key_id, s.first_seen_at DESC
    ) AS latest
    WHERE s.id = latest.id
"""


def _move_on(answers: Sequence[KeyAnswer]) -> None:
    """Write that these keys were seen as they are known."""
    if not answers:
        return
    seen: dict[str, Any] = {
        "ids": [answer.key_id for answer in answers],
        "times": [answer.seen_at for answer in answers],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_KEYS, seen)
        cursor.execute(_MOVE_SNAPSHOTS, seen)


def _record(api_key: ApiKey, info: xai.KeyInfo, seen_at: datetime) -> list[KeyChange]:
    if api_key.xai_key_id and api_key.xai_key_id != info.api_key_id[:64]:
        # A secret has one id for ever; trusting this answer could pass a blocked key.
        api_key.mistaken_for = info.api_key_id[:64]
        api_key.assess_due_at = seen_at
        verdict = Verdict(KeyState.REJECTED, MISTAKEN, since=seen_at)
        return _record_verdict(api_key, verdict, seen_at)
    columns = columns_of(api_key, info)
    latest = api_key.snapshots.first()
    facts = facts_of(columns)
    changes = compare(api_key, latest, facts, seen_at) if latest else []
    state = state_of(SimpleNamespace(**columns))
    if not _explained(api_key, latest, state):
        changes.append(state_change(api_key, state, seen_at))
    outside = any(change.review == Review.WAITING for change in changes)
    if latest and latest.facts == facts:
        latest.last_seen_at, latest.raw = seen_at, info.raw
        latest.save(update_fields=["last_seen_at", "raw"])
    else:
        api_key.snapshots.create(
            first_seen_at=seen_at, last_seen_at=seen_at, facts=facts, raw=info.raw
        )
    if columns["xai_team_id"] != api_key.xai_team_id:
        _name_team(api_key.team_id, columns["xai_team_id"])
    spans.follow(Known.of(api_key), shows=spans.told(state), seen_at=seen_at)
    # Old flags are not as good as new ones; a key without any is not "never checked".
    verifies = tells_state(info) or state == KeyState.UNKNOWN
    ApiKey.objects.filter(pk=api_key.pk).update(
        **columns,
        xai_key_id=info.api_key_id[:64],
        answer_digest=digest_of(info),
        state=state,
        state_since=api_key.state_since if state == api_key.state else seen_at,
        changed_at=seen_at if changes else api_key.changed_at,
        checked_at=seen_at,
        verified_at=seen_at if verifies else api_key.verified_at,
        failures=0,
        refused_at=None,
        problem=oddities_of(info),
        mistaken_for="",
        outside_changes=api_key.outside_changes + outside,
        assess_due_at=seen_at,
    )
    return KeyChange.objects.bulk_create(changes)


def _name_team(team_id: UUID, xai_team_id: str) -> None:
    """Keep xAI's id of a team once the first of its keys tells it."""
    unnamed = Team.objects.filter(pk=team_id, xai_team_id="")
    unnamed.update(xai_team_id=xai_team_id)


def _explained(api_key: ApiKey, latest: KeySnapshot | None, state: KeyState) -> bool:
    """Tell whether the flags of the two snapshots say all about a new state."""
    if state == api_key.state or api_key.state == KeyState.UNKNOWN:
        return True
    return latest is not None and api_key.state == state_of(api_key)


def _record_verdict(
    api_key: ApiKey, verdict: Verdict, seen_at: datetime
) -> list[KeyChange]:
    changes = []
    known = Known.of(api_key)
    if verdict.state != api_key.state:
        changes = [state_change(api_key, verdict.state, seen_at)]
        api_key.outside_changes += changes[0].review == Review.WAITING
        api_key.state_since = verdict.since or seen_at
        api_key.changed_at = api_key.assess_due_at = seen_at
    api_key.state = verdict.state
    api_key.failures = verdict.failures
    api_key.refused_at = verdict.refused_at
    api_key.problem = verdict.problem[:200]
    api_key.checked_at = seen_at
    api_key.save(
        update_fields=[
            "state",
            "state_since",
            "changed_at",
            "failures",
            "refused_at",
            "problem",
            "checked_at",
            "mistaken_for",
            "assess_due_at",
            "outside_changes",
        ]
    )
    shows = shown_state(api_key, now=seen_at)
    spans.follow(known, shows=shows, seen_at=seen_at, since=verdict.since)
    return KeyChange.objects.bulk_create(changes)

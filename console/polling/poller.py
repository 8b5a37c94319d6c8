"""Polling what is due: claim, ask, write. Called by tasks and `refresh_keys`.

    claim_due --> errands --> event loop --> results --> write (fenced) --+
        ^                                                                 |
        +----------------- while something is due <-----------------------+

Rows are only touched before and after the HTTP calls, never while they run, and
answers are written as they come, so that one slow key delays no other.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import uniform
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from console import vault, xai
from console.alerts import incidents, model_changes
from console.keys import custody, observations, upstream
from console.keys.models import ApiKey, KeyChange
from console.keys.observations import KeyAnswer, ModelsSeen
from console.polling import breaker, dates, schedule
from console.polling.fetching import (
    Background,
    Errand,
    Fault,
    Fetched,
    Lane,
    ModelLists,
    NotAsked,
    background,
)
from console.polling.models import PollKind
from console.polling.schedule import Claim, Finish
from console.usage import repricing

log = logging.getLogger(__name__)
MISTAKES = (DataError, IntegrityError, LookupError, TypeError, ValueError)

MOST = 256  # polls that one run holds, most of them waiting for their turn
TOGETHER = 64  # results written at once

# After one of these changes the key may see other models.
OPENS_MODELS = {
    "acls",
    "state",
    "team_id",
    "team_blocked",
    "api_key_blocked",
    "api_key_disabled",
}
NO_ANSWER = (xai.Unreachable, xai.UpstreamDown)  # 4xx never opens a breaker
DOES_NOT_OPEN = Fault(
    "The stored secret does not open for this key; replace it on the key's page."
)
NO_SUCH_HOST = Fault(
    "XAI_HOSTS no longer names this key's host, so it cannot be asked."
)


def poll_due(
    *,
    time_limit: timedelta | None = None,
    kinds: Sequence[str] = tuple(PollKind.values),
    loop: Background | None = None,
) -> int:
    """Poll until nothing more can be claimed; return how many polls were made.

    At most XAI_POLL_BATCH are in flight here, and XAI_POLL_PER_TEAM of one team in
    all processes together. After `time_limit` nothing more is claimed. A sealed
    vault polls nothing.
    """
    if not vault.state().is_open:
        return 0
    loop = loop or background()
    lane = Lane(at_once=settings.XAI_POLL_BATCH, per_team=settings.XAI_POLL_PER_TEAM)
    last_sign = monotonic()
    end = last_sign + (time_limit or timedelta(days=1)).total_seconds()
    waiting = made = 0
    while True:
        if waiting <= MOST // 2 and monotonic() < end:
            claims = schedule.claim_due(limit=MOST - waiting, lane=lane.id, kinds=kinds)
            waiting += start(claims, lane, loop)
        if not waiting:
            return made
        done = lane.take(enough=min(waiting, TOGETHER))
        if done:
            last_sign = monotonic()
        elif monotonic() - last_sign > schedule.LEASE_TIME.total_seconds():
            log.error("%d polls gave no sign in a minute; left behind", waiting)
            return made
        results = [_whole(item) for item in done]
        if results:
            lane.shut = write(results)
        waiting -= len(done)
        made += sum(not isinstance(result.outcome, NotAsked) for result in results)


def start(claims: Sequence[Claim], lane: Lane, loop: Background) -> int:
    """Ask xAI about these claims; return how many results the lane will get."""
    if not claims:
        return 0
    keys = ApiKey.objects.only(
        "team_id",
        "host",
        "secret_version",
        "sealed_secret",
        "verified_at",
        "models_checked_at",
    ).in_bulk({claim.key_id for claim in claims})
    errands = []
    for claim in claims:
        found = _errand(claim, keys.get(claim.key_id))
        if isinstance(found, Errand):
            errands.append(found)
        else:
            lane.put(found)
    loop.send(errands, lane)
    return len(claims)


def _errand(claim: Claim, api_key: ApiKey | None) -> Errand | Fetched:
    fault = Fault("")
    if api_key is not None:
        try:
            return Errand(claim, api_key, custody.auth_for(api_key))
        except (custody.NotStored, vault.Sealed):
            pass  # nothing is wrong with the key
        except vault.Tampered:
            fault = DOES_NOT_OPEN
        except upstream.UnknownHost:
            fault = NO_SUCH_HOST
    return Fetched(claim, api_key or ApiKey(pk=claim.key_id), fault, timezone.now())


def _whole(item: Fetched | Errand) -> Fetched:
    """Return what came; an errand that broke by a mistake of ours is a fault."""
    if isinstance(item, Fetched):
        return item
    return Fetched(item.claim, item.api_key, Fault(""), timezone.now())


def write(results: Sequence[Fetched]) -> set[str]:
    """Store results whose leases hold, with their next dates; drop the others.

    Returns the hosts that are not to be asked now.
    """
    opened = _write_keys([r for r in results if r.claim.kind == PollKind.KEY])
    for result in results:
        if result.claim.kind == PollKind.MODELS:
            _write_models_or_fault(result)
    if opened:
        schedule.bring_forward(opened, PollKind.MODELS)
    for result in results:
        if isinstance(result.outcome, xai.RateLimited):
            pause = dates.pause_of(result.outcome, dice=uniform)
            schedule.hold_team_back(result.claim.team_id, pause)
    return _tell_breakers(results)


@transaction.atomic
def _write_keys(results: Sequence[Fetched]) -> list[UUID]:
    """Store polls of /v1/api-key; return keys that may see other models now."""
    if not results:
        return []
    claims = schedule.held(result.claim for result in results)
    held = [result for result in results if result.claim in claims]
    changes = observations.record_answers(
        [
            KeyAnswer(r.claim.key_id, r.api_key.secret_version, r.outcome, r.seen_at)
            for r in held
            if isinstance(r.outcome, xai.KeyInfo)
        ]
    )
    changed = set(changes)
    for result in held:
        if found := _record_failure(result):
            changed.add(result.claim.key_id)
            changes.setdefault(result.claim.key_id, []).extend(found)
    schedule.finish(_finishes(held))
    # Last, since it holds the audit trail until the commit.
    incidents.reconcile(changed)
    return [
        key_id
        for key_id, found in changes.items()
        if any(one.field in OPENS_MODELS for one in found)
    ]


def _record_failure(result: Fetched) -> list[KeyChange]:
    match result.outcome:
        case xai.XaiError() as error:
            return observations.record_failure(
                api_key=result.api_key, error=error, seen_at=result.seen_at
            )
        case Fault(problem=problem) if problem:
            observations.record_problem(
                api_key=result.api_key, problem=problem, seen_at=result.seen_at
            )
    return []


def _write_models_or_fault(result: Fetched) -> None:
    """Store one answer apart; one that breaks by a mistake of ours holds back none."""
    try:
        _write_models(result)
    except MISTAKES:
        log.exception("the models of key %s could not be stored", result.claim.key_id)
        _write_models(replace(result, outcome=Fault("")))


@transaction.atomic
def _write_models(result: Fetched) -> None:
    if not schedule.held([result.claim]):
        return
    seen = ModelsSeen()
    if isinstance(result.outcome, ModelLists):
        seen = observations.record_models(
            api_key=result.api_key,
            listed=result.outcome.listed,
            models=result.outcome.models,
            seen_at=result.seen_at,
        )
    schedule.finish(_finishes([result]))
    repricing.record_effects(seen.sights)
    model_changes.note(seen.sights)


def _finishes(results: Sequence[Fetched]) -> list[Finish]:
    """Return the next date of each; failures look at the state they led to."""
    failed = [r.claim.key_id for r in results if isinstance(r.outcome, xai.XaiError)]
    states: dict[UUID, str] = {}
    if failed:
        stored = ApiKey.objects.filter(pk__in=failed)
        states = dict(stored.values_list("pk", "state"))
    return [_finish(result, states.get(result.claim.key_id, "")) for result in results]


def _finish(result: Fetched, state: str) -> Finish:
    claim = result.claim
    match result.outcome:
        case xai.KeyInfo() | ModelLists():
            wait = dates.after_answer(
                key_id=claim.key_id,
                kind=claim.kind,
                spread=_comes_with_others(result),
                dice=uniform,
            )
            return Finish(claim, wait)
        case xai.XaiError() as error:
            wait = dates.after_failure(
                error,
                kind=claim.kind,
                failures=claim.failures,
                state=state,
                dice=uniform,
            )
            return Finish(claim, wait, claim.failures + 1)
        case NotAsked(wait=seconds):
            return Finish(claim, timedelta(seconds=seconds), claim.failures)
        case Fault(problem=problem):
            wait = dates.HOUR if problem else dates.back_off(0, kind=claim.kind)
            return Finish(claim, wait, claim.failures + 1)


def _comes_with_others(result: Fetched) -> bool:
    """Tell whether many keys are likely to be polled at this same moment."""
    claim, api_key = result.claim, result.api_key
    first = api_key.verified_at
    if claim.kind == PollKind.MODELS:
        first = api_key.models_checked_at
    too_late = dates.interval_of(claim.kind) * dates.JITTER
    return first is None or claim.failures > 0 or claim.late > too_late


def _tell_breakers(results: Sequence[Fetched]) -> set[str]:
    """Tell the breakers who answered; return the hosts that stay shut."""
    silent: dict[str, list[UUID]] = defaultdict(list)
    answered: set[str] = set()
    for result in results:
        if isinstance(result.outcome, NO_ANSWER):
            silent[result.claim.host].append(result.claim.key_id)
        elif not isinstance(result.outcome, Fault | NotAsked):
            answered.add(result.claim.host)
    breaker.record_answers(answered)
    for host, key_ids in silent.items():
        if host not in answered:
            breaker.record_failures(host, key_ids)
    return set(breaker.open_hosts())

"""How long until the next poll. Pure, but for the dice that the caller hands in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID
from zlib import crc32

from django.conf import settings

from console import xai
from console.keys.failures import SAID_IN_WORDS
from console.keys.models import KeyState
from console.polling.models import PollKind

HOUR = timedelta(hours=1)
SECOND_LOOK = timedelta(seconds=31)  # a refusal counts if 30 s lie before the next
FIRST_BACK_OFF = timedelta(seconds=30)
JITTER = 0.1  # of an interval
UNTOLD_PAUSE = (2.0, 120.0)  # seconds, where a 429 does not say how long

Dice = Callable[[float, float], float]  # as random.uniform


def interval_of(kind: PollKind) -> timedelta:
    """Return how often this kind is asked of each key."""
    if kind == PollKind.KEY:
        return settings.XAI_POLL_EVERY
    return settings.XAI_POLL_MODELS_EVERY


def after_answer(
    *, key_id: UUID, kind: PollKind, spread: bool, dice: Dice
) -> timedelta:
    """Return the wait after a good answer: one interval, less up to a tenth.

    With `spread`, for keys that come together (new ones, or after an outage), it is
    the place in the interval that the hash of the key's id says. So no wait is
    longer than one interval, or shorter than a tenth.
    """
    interval = interval_of(kind)
    if spread:
        place = crc32(key_id.bytes + kind.value.encode()) / 2**32
        return interval * (JITTER + (1 - JITTER) * place)
    return interval * (1 - dice(0, JITTER))


def pause_of(error: xai.RateLimited, *, dice: Dice) -> timedelta:
    """Return how long a 429 asks us to wait; we roll the dice if it does not say."""
    told = error.retry_after
    return timedelta(seconds=dice(*UNTOLD_PAUSE) if told is None else told)


def after_failure(
    error: xai.XaiError, *, kind: PollKind, failures: int, state: str, dice: Dice
) -> timedelta:
    """Return the wait after a failure; `failures` are those in a row before it.

    `state` is the key's after the failure was recorded.
    """
    interval = interval_of(kind)
    match error:
        case xai.RateLimited():
            return pause_of(error, dice=dice)
        case xai.KeyRejected() if kind == PollKind.MODELS:
            return min(interval, settings.XAI_POLL_REJECTED_EVERY)
        case xai.KeyRejected() if state == KeyState.REJECTED:
            return settings.XAI_POLL_REJECTED_EVERY
        case xai.KeyRejected(cause=cause) if cause in SAID_IN_WORDS:
            return interval
        case xai.KeyRejected():
            return SECOND_LOOK
        case xai.NotPermitted() | xai.OutOfCredit() | xai.RequestRefused():
            return interval
        case _:
            return back_off(failures, kind=kind)


def back_off(failures: int, *, kind: PollKind) -> timedelta:
    """Return 30 s, doubled for each failure before this one, at most one interval."""
    return min(FIRST_BACK_OFF * (1 << min(failures, 16)), interval_of(kind))

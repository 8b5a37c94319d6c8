from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from console import xai
from console.polling import dates
from console.polling.models import PollKind

KEY, MODELS = PollKind.KEY, PollKind.MODELS
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def highest(_low: float, high: float) -> float:
    return high


def lowest(low: float, _high: float) -> float:
    return low


def test_a_good_answer_waits_at_most_one_interval() -> None:
    longest = dates.after_answer(key_id=uuid4(), kind=KEY, spread=False, dice=lowest)
    shortest = dates.after_answer(key_id=uuid4(), kind=KEY, spread=False, dice=highest)

    assert (longest, shortest) == (5 * MINUTE, 4.5 * MINUTE)


def test_keys_that_come_together_are_spread_evenly() -> None:
    waits = [
        dates.after_answer(key_id=uuid4(), kind=MODELS, spread=True, dice=lowest)
        for _ in range(2_000)
    ]

    assert min(waits) >= 0.6 * HOUR
    assert max(waits) <= 6 * HOUR
    thirds = [
        sum(2.4 + 1.8 * n > w / HOUR >= 0.6 + 1.8 * n for w in waits) for n in range(3)
    ]
    assert min(thirds) > 500


def test_a_key_keeps_its_place() -> None:
    key_id = uuid4()
    waits = {
        dates.after_answer(key_id=key_id, kind=KEY, spread=True, dice=dice)
        for dice in (lowest, highest)
    }

    assert len(waits) == 1


@pytest.mark.parametrize(
    ("error", "kind", "failures", "state", "wait"),
    [
        (xai.Unreachable(xai.Cause.CONNECT), KEY, 0, "", MINUTE / 2),
        (xai.Unreachable(xai.Cause.TIMEOUT), KEY, 2, "", 2 * MINUTE),
        (xai.UpstreamDown(xai.Cause.OVERLOADED), KEY, 9, "", 5 * MINUTE),
        (xai.UpstreamDown(xai.Cause.OVERLOADED), MODELS, 9, "", 256 * MINUTE),
        (xai.BadAnswer(xai.Cause.MALFORMED), MODELS, 9999, "", 6 * HOUR),
        (xai.KeyRejected(xai.Cause.WRONG_KEY), KEY, 0, "active", dates.SECOND_LOOK),
        (xai.KeyRejected(xai.Cause.WRONG_KEY), KEY, 1, "rejected", HOUR),
        (xai.KeyRejected(xai.Cause.KEY_BLOCKED), KEY, 5, "key_blocked", 5 * MINUTE),
        (xai.KeyRejected(xai.Cause.WRONG_KEY), MODELS, 0, "active", HOUR),
        (xai.NotPermitted(xai.Cause.ACL_ENDPOINT), MODELS, 0, "active", 6 * HOUR),
        (xai.OutOfCredit(xai.Cause.NO_CREDIT), KEY, 0, "active", 5 * MINUTE),
        (xai.RequestRefused(xai.Cause.NOT_FOUND), KEY, 0, "active", 5 * MINUTE),
        (
            xai.RateLimited(xai.Cause.RATE_LIMIT, retry_after=7),
            KEY,
            0,
            "",
            MINUTE * 7 / 60,
        ),
        (xai.RateLimited(xai.Cause.RATE_LIMIT), KEY, 0, "", 2 * MINUTE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_failure_has_its_wait(
    error: xai.XaiError,
    kind: PollKind,
    failures: int,
    state: str,
    wait: timedelta,
) -> None:
    assert wait == dates.after_failure(
        error, kind=kind, failures=failures, state=state, dice=highest
    )

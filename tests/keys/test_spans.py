"""Which state a key showed when, as observations write it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import xai
from console.audit.actors import SYSTEM
from console.keys import custody, editing
from console.keys.models import ApiKey, StateSpan
from console.keys.observations import record_failure, record_key_info, record_problem
from tests.keys.answers import Upstream, key_info
from tests.people import NOON

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TRUSTED = 30 * MINUTE  # 6 intervals of 5 minutes
WRONG_KEY = xai.KeyRejected(xai.Cause.WRONG_KEY, status=400)
OTHER_SECRET = "xai-" + "Z9y8X7w6V5" * 8
SILENCE = xai.Unreachable(xai.Cause.TIMEOUT)
TOO_MANY = xai.RateLimited(xai.Cause.RATE_LIMIT, status=429)


def see(api_key: ApiKey, at: datetime, **changes: Any) -> None:
    record_key_info(api_key=api_key, info=key_info(**changes), seen_at=at)
    api_key.refresh_from_db()


def fail(api_key: ApiKey, error: xai.XaiError, *moments: datetime) -> None:
    for at in moments:
        record_failure(api_key=api_key, error=error, seen_at=at)
        api_key.refresh_from_db()


def spans(api_key: ApiKey) -> list[tuple[str, int, int | None]]:
    """Return each span with its borders in minutes after noon."""
    return [
        (
            span.state,
            (span.starts_at - NOON) // MINUTE,
            None if span.ends_at is None else (span.ends_at - NOON) // MINUTE,
        )
        for span in StateSpan.objects.filter(key=api_key)
    ]


def after(*minutes: int) -> list[datetime]:
    return [NOON + minute * MINUTE for minute in minutes]


def test_the_first_good_answer_opens_the_first_span(api_key: ApiKey) -> None:
    see(api_key, NOON)
    see(api_key, NOON + 5 * MINUTE)

    assert spans(api_key) == [("active", 0, None)]


def test_a_key_that_never_answered_well_has_no_span(api_key: ApiKey) -> None:
    fail(api_key, TOO_MANY, *after(0, 5, 60))

    assert spans(api_key) == []


def test_a_key_that_was_never_reached_is_unreachable_from_the_third_try_on(
    api_key: ApiKey,
) -> None:
    fail(api_key, SILENCE, *after(0, 5, 10, 15))

    assert spans(api_key) == [("unreachable", 10, None)]


def test_a_new_state_ends_the_span_before_it(api_key: ApiKey) -> None:
    see(api_key, NOON)
    see(api_key, NOON + 5 * MINUTE, api_key_blocked=True)
    see(api_key, NOON + 10 * MINUTE)

    assert spans(api_key) == [
        ("active", 0, 5),
        ("key_blocked", 5, 10),
        ("active", 10, None),
    ]


def test_a_key_is_rejected_since_the_first_refusal(api_key: ApiKey) -> None:
    see(api_key, NOON)
    fail(api_key, WRONG_KEY, *after(5, 6, 30))

    assert spans(api_key) == [("active", 0, 5), ("rejected", 5, None)]
    assert api_key.state_since == NOON + 5 * MINUTE


def test_a_key_rejected_from_the_start_has_one_span(api_key: ApiKey) -> None:
    fail(api_key, WRONG_KEY, *after(0, 1))

    assert spans(api_key) == [("rejected", 0, None)]


def test_a_rejection_replaces_the_silence_between_its_refusals(
    api_key: ApiKey,
) -> None:
    see(api_key, NOON)
    fail(api_key, WRONG_KEY, *after(1))
    fail(api_key, SILENCE, *after(2, 3, 4))
    fail(api_key, WRONG_KEY, *after(5))

    assert spans(api_key) == [("active", 0, 4), ("rejected", 4, None)]


def test_a_time_in_which_nobody_looked_is_a_span_of_doubt(api_key: ApiKey) -> None:
    see(api_key, NOON)
    see(api_key, NOON + 2 * TRUSTED)

    assert spans(api_key) == [
        ("active", 0, 30),
        ("stale", 30, 60),
        ("active", 60, None),
    ]


def test_a_look_on_the_last_trusted_instant_leaves_no_doubt(api_key: ApiKey) -> None:
    see(api_key, NOON)
    see(api_key, NOON + TRUSTED)

    assert spans(api_key) == [("active", 0, None)]


def test_what_was_found_after_the_doubt_starts_when_it_was_found(
    api_key: ApiKey,
) -> None:
    see(api_key, NOON)
    see(api_key, NOON + 2 * TRUSTED, team_blocked=True)

    assert spans(api_key)[1:] == [("stale", 30, 60), ("team_blocked", 60, None)]


def test_doubt_that_lasts_is_one_span_however_often_xai_puts_off(
    api_key: ApiKey,
) -> None:
    see(api_key, NOON)
    fail(api_key, TOO_MANY, *after(10, 20, 29, 35, 40, 50, 55))

    assert api_key.state == "active"
    assert spans(api_key) == [("active", 0, 30), ("stale", 30, None)]

    see(api_key, NOON + TRUSTED * 2)
    assert spans(api_key)[1:] == [("stale", 30, 60), ("active", 60, None)]


def test_silence_after_doubt_is_shown_when_three_tries_failed(api_key: ApiKey) -> None:
    see(api_key, NOON)
    fail(api_key, SILENCE, *after(35, 40, 45, 50))

    assert spans(api_key) == [
        ("active", 0, 30),
        ("stale", 30, 45),
        ("unreachable", 45, None),
    ]


def test_a_block_told_in_words_is_doubted_when_xai_falls_silent(
    api_key: ApiKey,
) -> None:
    see(api_key, NOON)
    fail(api_key, xai.KeyRejected(xai.Cause.KEY_BLOCKED, status=403), *after(20, 40))
    fail(api_key, SILENCE, *after(45, 50, 55, 60))

    assert spans(api_key) == [
        ("active", 0, 20),
        ("key_blocked", 20, 55),
        ("stale", 55, None),
    ]


def test_an_answer_without_flags_is_not_verified(api_key: ApiKey) -> None:
    see(api_key, NOON, team_blocked=...)
    see(api_key, NOON + 5 * MINUTE, team_blocked=...)
    see(api_key, NOON + 10 * MINUTE, team_blocked=..., name="other")

    assert api_key.state == "unknown"
    assert spans(api_key) == [("stale", 0, None)]

    see(api_key, NOON + 15 * MINUTE)
    assert spans(api_key) == [("stale", 0, 15), ("active", 15, None)]


def test_an_answer_for_another_key_is_a_rejection_from_then_on(
    api_key: ApiKey,
) -> None:
    see(api_key, NOON)
    see(api_key, NOON + 5 * MINUTE, api_key_id="another")

    assert spans(api_key) == [("active", 0, 5), ("rejected", 5, None)]


def test_a_fault_of_ours_lets_the_trust_end(api_key: ApiKey) -> None:
    see(api_key, NOON)
    for at in after(10, 40, 50):
        record_problem(api_key=api_key, problem="It does not open.", seen_at=at)

    assert spans(api_key) == [("active", 0, 30), ("stale", 30, None)]


def test_an_older_answer_moves_no_border(api_key: ApiKey) -> None:
    see(api_key, NOON)
    see(api_key, NOON - MINUTE, team_blocked=True)

    assert spans(api_key) == [("active", 0, None)]


def test_another_secret_ends_the_rejection_of_the_first(
    api_key: ApiKey, upstream: Upstream
) -> None:
    now = timezone.now()
    fail(api_key, WRONG_KEY, now - 2 * MINUTE, now - MINUTE)

    custody.replace_secret(api_key=api_key, secret_text=OTHER_SECRET, actor=SYSTEM)

    rejected, active = StateSpan.objects.filter(key=api_key)
    assert (rejected.state, active.state) == ("rejected", "active")
    assert rejected.ends_at == active.starts_at
    assert active.ends_at is None


def test_a_removed_key_is_in_no_state_any_more(api_key: ApiKey) -> None:
    see(api_key, NOON)

    custody.remove_key(api_key=api_key, actor=SYSTEM)

    api_key.refresh_from_db()
    assert StateSpan.objects.get(key=api_key).ends_at == api_key.removed_at


def test_a_paused_key_is_in_doubt_until_it_is_watched_again(api_key: ApiKey) -> None:
    see(api_key, NOON)
    editing.pause(api_key=api_key, actor=SYSTEM)
    editing.resume(api_key=api_key, actor=SYSTEM)
    see(api_key, NOON + 2 * TRUSTED)

    assert [span[0] for span in spans(api_key)] == ["active", "stale", "active"]


def test_spans_of_a_key_never_overlap(api_key: ApiKey) -> None:
    see(api_key, NOON)
    fail(api_key, SILENCE, *after(35, 40, 45))
    fail(api_key, WRONG_KEY, *after(46, 47))
    see(api_key, NOON + 48 * MINUTE, team_blocked=True)
    see(api_key, NOON + 400 * MINUTE)

    found = list(StateSpan.objects.filter(key=api_key))
    for earlier, later in pairwise(found):
        assert earlier.ends_at == later.starts_at
        assert earlier.ends_at is not None
        assert earlier.starts_at < earlier.ends_at


@pytest.mark.parametrize("minutes", [5, 30])
def test_an_unchanged_answer_costs_no_query_for_spans(
    api_key: ApiKey, minutes: int
) -> None:
    see(api_key, NOON)

    with CaptureQueriesContext(connection) as queries:
        see(api_key, NOON + minutes * MINUTE)

    assert not any("keys_statespan" in query["sql"] for query in queries)


def test_a_failure_that_changes_nothing_costs_no_query_for_spans(
    api_key: ApiKey,
) -> None:
    see(api_key, NOON)
    fail(api_key, TOO_MANY, *after(35))

    with CaptureQueriesContext(connection) as queries:
        fail(api_key, TOO_MANY, *after(40))

    assert not any("keys_statespan" in query["sql"] for query in queries)

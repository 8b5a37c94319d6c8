"""Whose doing a change is, and whether a person must look at it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from console import xai
from console.audit.actors import SYSTEM
from console.keys import custody
from console.keys.facts import state_change
from console.keys.models import ApiKey, KeyChange, KeyState
from console.keys.observations import record_failure, record_key_info
from tests.keys.answers import Upstream, key_info, key_json
from tests.people import NOON

MINUTE = timedelta(minutes=1)
OTHER_SECRET = "xai-" + "Z9y8X7w6V5" * 8


def see(api_key: ApiKey, minute: int = 0, **changes: Any) -> list[KeyChange]:
    seen_at = NOON + minute * MINUTE
    found = record_key_info(api_key=api_key, info=key_info(**changes), seen_at=seen_at)
    api_key.refresh_from_db()
    return found


@pytest.mark.parametrize(
    ("changed", "origin", "review"),
    [
        ({"acls": ["api-key:model:grok-4.3"]}, "outside", "waiting"),
        ({"name": "other"}, "outside", "waiting"),
        ({"team_id": "other"}, "outside", "waiting"),
        ({"api_key_disabled": True}, "outside", "waiting"),
        ({"modify_time": "2026-06-20T12:00:30Z"}, "outside", "waiting"),
        ({"team_blocked": True}, "xai", "none"),
        ({"api_key_blocked": True}, "xai", "none"),
    ],
)
def test_what_no_customer_sets_is_xais_and_the_rest_was_done_outside(
    api_key: ApiKey, changed: dict[str, Any], origin: str, review: str
) -> None:
    see(api_key)

    (change,) = see(api_key, 1, **changed)

    assert (change.origin, change.review) == (origin, review)
    assert api_key.outside_changes == (review == "waiting")


def test_a_look_counts_once_however_much_it_found(api_key: ApiKey) -> None:
    see(api_key)

    changes = see(api_key, 1, name="other", acls=[], team_blocked=True)

    assert len(changes) == 3
    assert api_key.outside_changes == 1

    see(api_key, 2, name="third", acls=[], team_blocked=True)
    assert api_key.outside_changes == 2


def test_what_another_secret_brings_was_done_here(
    api_key: ApiKey, upstream: Upstream
) -> None:
    see(api_key)
    upstream.answers[OTHER_SECRET] = key_json(api_key_id="another", name="other")

    custody.replace_secret(api_key=api_key, secret_text=OTHER_SECRET, actor=SYSTEM)

    api_key.refresh_from_db()
    changes = {change.field: change for change in api_key.changes.all()}
    assert changes["name"].after == "other"
    assert {(one.origin, one.review) for one in changes.values()} == {("here", "none")}
    assert api_key.outside_changes == 0


@pytest.mark.parametrize(
    ("before", "after", "origin", "review"),
    [
        (KeyState.ACTIVE, KeyState.REJECTED, "observed", "none"),
        (KeyState.ACTIVE, KeyState.UNREACHABLE, "observed", "none"),
        (KeyState.REJECTED, KeyState.ACTIVE, "observed", "none"),
        (KeyState.ACTIVE, KeyState.KEY_BLOCKED, "xai", "none"),
        (KeyState.TEAM_BLOCKED, KeyState.ACTIVE, "xai", "none"),
        (KeyState.DISABLED, KeyState.TEAM_BLOCKED, "xai", "none"),
        (KeyState.ACTIVE, KeyState.DISABLED, "outside", "waiting"),
        (KeyState.DISABLED, KeyState.ACTIVE, "outside", "waiting"),
        (KeyState.UNREACHABLE, KeyState.DISABLED, "outside", "waiting"),
    ],
)
def test_a_state_told_in_words_is_the_doing_of_who_can_bring_it_about(
    before: KeyState, after: KeyState, origin: str, review: str
) -> None:
    change = state_change(ApiKey(state=before), after, NOON)

    assert (change.before, change.after) == (before, after)
    assert (change.origin, change.review) == (origin, review)


def test_a_key_that_xai_calls_disabled_waits_for_a_person(api_key: ApiKey) -> None:
    see(api_key)
    disabled = xai.KeyRejected(xai.Cause.KEY_DISABLED, status=403)

    for minute in (1, 2):
        record_failure(api_key=api_key, error=disabled, seen_at=NOON + minute * MINUTE)

    api_key.refresh_from_db()
    assert api_key.outside_changes == 1
    assert api_key.changes.get().review == "waiting"

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console import xai
from console.audit.actors import SYSTEM
from console.keys import custody
from console.keys.models import ApiKey, KeyChange, KeyState, TeamChecks
from console.keys.observations import (
    KeyAnswer,
    record_answers,
    record_failure,
    record_key_info,
    record_problem,
)
from tests.keys.answers import XAI_PERSON, XAI_TEAM, key_info
from tests.people import NOON

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
WRONG_KEY = xai.KeyRejected(xai.Cause.WRONG_KEY, status=400)


def fields(changes: list[KeyChange]) -> dict[str, tuple[object, object]]:
    return {change.field: (change.before, change.after) for change in changes}


def see(api_key: ApiKey, *, at: datetime = NOON, **changes: object) -> list[KeyChange]:
    found = record_key_info(api_key=api_key, info=key_info(**changes), seen_at=at)
    api_key.refresh_from_db()
    return found


def fail(api_key: ApiKey, error: xai.XaiError, *, at: datetime) -> list[KeyChange]:
    found = record_failure(api_key=api_key, error=error, seen_at=at)
    api_key.refresh_from_db()
    return found


def test_the_first_answer_is_a_snapshot_and_no_change(api_key: ApiKey) -> None:
    assert see(api_key) == []

    assert api_key.state == KeyState.ACTIVE
    assert (api_key.state_since, api_key.verified_at) == (NOON, NOON)
    assert api_key.xai_name == "staging playground"
    assert api_key.acls == ["api-key:model:*", "api-key:endpoint:*"]
    assert api_key.changed_at is None
    snapshot = api_key.snapshots.get()
    assert snapshot.facts["team_id"] == XAI_TEAM
    assert (snapshot.first_seen_at, snapshot.last_seen_at) == (NOON, NOON)
    api_key.team.refresh_from_db()
    assert api_key.team.xai_team_id == XAI_TEAM


def test_the_same_answer_only_moves_times(api_key: ApiKey) -> None:
    see(api_key)

    assert see(api_key, at=NOON + MINUTE) == []

    snapshot = api_key.snapshots.get()
    assert snapshot.last_seen_at == api_key.verified_at == NOON + MINUTE
    assert api_key.state_since == NOON


def test_an_answer_that_differs_in_no_fact_is_the_snapshots_newest(
    api_key: ApiKey,
) -> None:
    see(api_key)
    see(api_key, at=NOON + MINUTE, newer_field=[1])

    assert see(api_key, at=NOON + 2 * MINUTE, newer_field=[2]) == []
    snapshot = api_key.snapshots.get()
    assert snapshot.raw["newer_field"] == [2]
    assert snapshot.last_seen_at == NOON + 2 * MINUTE


def test_a_change_names_the_gap_and_the_person(api_key: ApiKey) -> None:
    see(api_key)
    see(api_key, at=NOON + MINUTE)

    changes = see(
        api_key,
        at=NOON + 2 * MINUTE,
        acls=["api-key:model:grok-4.3"],
        modify_time="2026-06-20T12:01:30Z",
        modified_by="someone-else",
    )

    (change,) = changes
    assert change.field == "acls"
    assert change.before == ["api-key:model:*", "api-key:endpoint:*"]
    assert change.after == ["api-key:model:grok-4.3"]
    assert (change.gap_from, change.gap_until) == (NOON + MINUTE, NOON + 2 * MINUTE)
    assert change.modified_by == "someone-else"
    assert api_key.changed_at == NOON + 2 * MINUTE
    assert api_key.snapshots.count() == 2


def test_an_edit_without_a_visible_difference_is_still_a_change(
    api_key: ApiKey,
) -> None:
    see(api_key)

    changes = see(api_key, at=NOON + MINUTE, modify_time="2026-06-20T12:00:30Z")

    assert [change.field for change in changes] == ["modify_time"]
    assert changes[0].modified_by == XAI_PERSON


@pytest.mark.parametrize(
    ("flag", "state"),
    [
        ("team_blocked", KeyState.TEAM_BLOCKED),
        ("api_key_blocked", KeyState.KEY_BLOCKED),
        ("api_key_disabled", KeyState.DISABLED),
    ],
)
def test_a_flag_is_a_state_and_one_change(
    api_key: ApiKey, flag: str, state: KeyState
) -> None:
    see(api_key)

    changes = see(api_key, at=NOON + MINUTE, **{flag: True})

    assert fields(changes) == {flag: (False, True)}
    assert api_key.state == state
    assert api_key.state_since == NOON + MINUTE

    assert fields(see(api_key, at=NOON + 2 * MINUTE)) == {flag: (True, False)}
    assert api_key.state == KeyState.ACTIVE


def test_a_missing_or_odd_field_keeps_its_last_good_value(api_key: ApiKey) -> None:
    see(api_key, team_blocked=True)

    changes = see(
        api_key, at=NOON + MINUTE, acls="everything", name=..., team_blocked=None
    )

    assert changes == []
    assert api_key.acls == ["api-key:model:*", "api-key:endpoint:*"]
    assert api_key.xai_name == "staging playground"
    assert api_key.state == KeyState.TEAM_BLOCKED
    assert api_key.problem == (
        "Odd values from xAI, last good ones kept: acls. "
        "xAI left out team_blocked; what it told before stays."
    )


@pytest.mark.parametrize("silent", [..., None], ids=["left out", "null"])
def test_an_answer_without_a_flag_does_not_verify_the_state(
    api_key: ApiKey, silent: object
) -> None:
    see(api_key)
    for minutes in (1, 2):  # the second says nothing new
        see(api_key, at=NOON + minutes * MINUTE, api_key_disabled=silent)

    assert api_key.state == KeyState.ACTIVE
    assert api_key.verified_at == NOON
    assert api_key.checked_at == NOON + 2 * MINUTE
    assert "left out api_key_disabled" in api_key.problem
    see(api_key, at=NOON + 3 * MINUTE)
    assert (api_key.verified_at, api_key.problem) == (NOON + 3 * MINUTE, "")

    see(api_key, at=NOON + 2 * MINUTE)
    assert api_key.problem == ""


def test_a_flag_that_was_never_told_is_not_a_green_mark(api_key: ApiKey) -> None:
    see(api_key, team_blocked=...)

    assert api_key.state == KeyState.UNKNOWN


def test_an_older_answer_changes_nothing(api_key: ApiKey) -> None:
    see(api_key, at=NOON)

    assert see(api_key, at=NOON - MINUTE, team_blocked=True) == []
    assert see(api_key, at=NOON, team_blocked=True) == []

    assert api_key.state == KeyState.ACTIVE
    assert api_key.snapshots.count() == 1


def test_an_answer_for_a_replaced_secret_changes_nothing(api_key: ApiKey) -> None:
    asked_with = ApiKey.objects.get(pk=api_key.pk)
    ApiKey.objects.filter(pk=api_key.pk).update(secret_version=2)

    assert see(asked_with) == []

    assert asked_with.state == KeyState.UNKNOWN


def test_an_answer_for_a_removed_key_changes_nothing(api_key: ApiKey) -> None:
    ApiKey.objects.filter(pk=api_key.pk).update(removed_at=NOON)

    assert see(api_key) == []
    assert fail(api_key, WRONG_KEY, at=NOON) == []

    assert (api_key.state, api_key.checked_at) == (KeyState.UNKNOWN, None)


def test_an_answer_for_another_key_is_not_used(api_key: ApiKey) -> None:
    see(api_key)

    changes = see(api_key, at=NOON + MINUTE, api_key_id="another", name="other")

    assert fields(changes) == {"state": ("active", "rejected")}
    assert api_key.xai_name == "staging playground"
    assert "another key" in api_key.problem
    assert api_key.verified_at == NOON


def test_rejected_takes_two_refusals_half_a_minute_apart(api_key: ApiKey) -> None:
    see(api_key)

    assert fail(api_key, WRONG_KEY, at=NOON + MINUTE) == []
    assert api_key.state == KeyState.ACTIVE
    assert api_key.problem == "xAI does not accept this key (400)."

    soon = NOON + MINUTE + timedelta(seconds=29)
    assert fail(api_key, WRONG_KEY, at=soon) == []
    changes = fail(api_key, WRONG_KEY, at=NOON + 2 * MINUTE)

    assert fields(changes) == {"state": ("active", "rejected")}
    assert api_key.state == KeyState.REJECTED
    assert api_key.state_since == NOON + MINUTE  # when the first refusal came
    assert api_key.acls is not None


def test_a_good_answer_between_two_refusals_starts_over(api_key: ApiKey) -> None:
    fail(api_key, WRONG_KEY, at=NOON)
    see(api_key, at=NOON + MINUTE)

    fail(api_key, WRONG_KEY, at=NOON + 2 * MINUTE)

    assert api_key.state == KeyState.ACTIVE


def test_a_rejected_key_that_answers_again_is_a_change(api_key: ApiKey) -> None:
    see(api_key)
    fail(api_key, WRONG_KEY, at=NOON + MINUTE)
    fail(api_key, WRONG_KEY, at=NOON + 2 * MINUTE)

    changes = see(api_key, at=NOON + 3 * MINUTE)

    assert fields(changes) == {"state": ("rejected", "active")}
    assert api_key.state == KeyState.ACTIVE
    assert api_key.problem == ""


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(xai.Unreachable(xai.Cause.CONNECT), id="no connection"),
        pytest.param(xai.Unreachable(xai.Cause.TIMEOUT), id="hang"),
        pytest.param(xai.UpstreamDown(xai.Cause.SERVER_ERROR, status=503), id="503"),
        pytest.param(xai.BadAnswer(xai.Cause.MALFORMED, status=200), id="not json"),
        pytest.param(xai.BadAnswer(xai.Cause.REDIRECT, status=301), id="redirect"),
    ],
)
def test_unreachable_takes_three_polls_without_an_answer(
    api_key: ApiKey, error: xai.XaiError
) -> None:
    see(api_key)

    fail(api_key, error, at=NOON + MINUTE)
    fail(api_key, error, at=NOON + 2 * MINUTE)
    assert api_key.state == KeyState.ACTIVE
    changes = fail(api_key, error, at=NOON + 3 * MINUTE)

    assert fields(changes) == {"state": ("active", "unreachable")}
    assert api_key.failures == 3
    assert api_key.verified_at == NOON
    assert fields(see(api_key, at=NOON + 4 * MINUTE)) == {
        "state": ("unreachable", "active")
    }
    assert api_key.failures == 0


def test_silence_does_not_clear_a_block(api_key: ApiKey) -> None:
    see(api_key, api_key_blocked=True)

    for minute in range(1, 5):
        fail(
            api_key,
            xai.Unreachable(xai.Cause.CONNECT),
            at=NOON + minute * MINUTE,
        )

    assert api_key.state == KeyState.KEY_BLOCKED


@pytest.mark.parametrize(
    ("cause", "state"),
    [
        (xai.Cause.KEY_DISABLED, KeyState.DISABLED),
        (xai.Cause.KEY_BLOCKED, KeyState.KEY_BLOCKED),
        (xai.Cause.TEAM_BLOCKED, KeyState.TEAM_BLOCKED),
    ],
)
def test_a_refusal_that_says_why_is_believed_at_once(
    api_key: ApiKey, cause: xai.Cause, state: KeyState
) -> None:
    see(api_key)

    fail(api_key, xai.KeyRejected(cause, status=403), at=NOON + MINUTE)

    assert api_key.state == state


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(xai.RateLimited(xai.Cause.RATE_LIMIT, status=429), id="429"),
        pytest.param(xai.NotPermitted(xai.Cause.ACL_ENDPOINT, status=403), id="acl"),
        pytest.param(xai.OutOfCredit(xai.Cause.NO_CREDIT, status=402), id="credit"),
        pytest.param(xai.RequestRefused(xai.Cause.NOT_FOUND, status=404), id="404"),
    ],
)
def test_refusals_of_the_request_say_nothing_of_the_key(
    api_key: ApiKey, error: xai.XaiError
) -> None:
    see(api_key)

    for minute in range(1, 5):
        assert fail(api_key, error, at=NOON + minute * MINUTE) == []

    assert api_key.state == KeyState.ACTIVE
    assert api_key.verified_at == NOON
    assert api_key.problem


def test_a_fault_of_ours_leaves_the_state(api_key: ApiKey) -> None:
    see(api_key)

    record_problem(api_key=api_key, problem="It does not open.", seen_at=NOON + MINUTE)

    api_key.refresh_from_db()
    assert (api_key.state, api_key.problem) == ("active", "It does not open.")
    assert see(api_key, at=NOON + 2 * MINUTE) == []
    assert api_key.problem == ""


def test_every_look_at_a_key_is_noted_for_its_team(api_key: ApiKey) -> None:
    def noted() -> datetime | None:
        checks = TeamChecks.objects.filter(team=api_key.team_id)
        return checks.values_list("keys_checked_at", flat=True).first()

    see(api_key, at=NOON)
    assert noted() == NOON
    see(api_key, at=NOON + MINUTE)
    assert noted() == NOON + MINUTE
    fail(api_key, WRONG_KEY, at=NOON + 2 * MINUTE)
    assert noted() == NOON + 2 * MINUTE
    problem_at = NOON + 3 * MINUTE
    record_problem(api_key=api_key, problem="It does not open.", seen_at=problem_at)
    assert noted() == problem_at
    see(api_key, at=NOON)  # late: not used
    assert noted() == problem_at


@pytest.mark.parametrize("number", [1, 50])
def test_unchanged_answers_cost_the_same_number_of_statements(
    api_key: ApiKey, number: int
) -> None:
    keys = [api_key] + [
        custody.store_unverified(
            team=api_key.team,
            label=f"key {n}",
            owner="",
            note="",
            host="xai",
            secret=xai.Secret.parse(f"xai-{n:080}"),
            actor=SYSTEM,
        )
        for n in range(1, number)
    ]

    def answers(at: datetime) -> list[KeyAnswer]:
        return [
            KeyAnswer(key.pk, 1, key_info(api_key_id=str(key.pk)), at) for key in keys
        ]

    record_answers(answers(NOON))

    with CaptureQueriesContext(connection) as queries:
        changes = record_answers(answers(NOON + MINUTE))

    written = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(written) == 4, written
    assert changes == {}
    assert ApiKey.objects.filter(verified_at=NOON + MINUTE).count() == number

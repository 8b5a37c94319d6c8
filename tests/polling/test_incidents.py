"""The poller opens and closes incidents in the transaction that writes what it saw."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.accounts.models import Team
from console.alerts.models import Ending, Incident
from console.keys.models import ApiKey
from console.polling import poller, schedule
from console.polling.models import PollKind
from tests.keys.answers import Json, Upstream, key_json, model_json
from tests.polling.conftest import MakeKeys, make_due, poll_keys, secret_of

pytestmark = pytest.mark.django_db


def about(number: int, **flags: object) -> Json:
    """Return what xAI says of the key with this number."""
    return key_json(api_key_id=f"id-{secret_of(number)[-20:]}", **flags)


def open_kinds() -> list[str]:
    return sorted(Incident.objects.open().values_list("kind", flat=True))


def test_ten_keys_of_a_blocked_team_are_one_incident_at_once(
    make_keys: MakeKeys, upstream: Upstream, team: Team
) -> None:
    make_keys(10)
    poll_keys()
    for number in range(10):
        upstream.answers[secret_of(number)] = about(number, team_blocked=True)
    make_due()

    poll_keys()

    incident = Incident.objects.get()
    assert (incident.kind, incident.team) == ("team_blocked", team)
    assert incident.sentence.startswith("10 keys stop. ")


def test_a_key_that_is_bad_at_its_first_check_is_an_incident(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    make_keys(1)
    upstream.answers[secret_of(0)] = about(0, api_key_blocked=True)

    poll_keys()

    assert open_kinds() == ["key_blocked"]


def test_recovery_closes_it(make_keys: MakeKeys, upstream: Upstream) -> None:
    make_keys(1)
    upstream.answers[secret_of(0)] = about(0, api_key_blocked=True)
    poll_keys()
    del upstream.answers[secret_of(0)]
    make_due()

    poll_keys()

    assert Incident.objects.get().ending == Ending.RECOVERED


def test_another_key_that_answers_is_an_identity_mismatch(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    make_keys(1)
    poll_keys()
    upstream.answers[secret_of(0)] = key_json(api_key_id="another")
    make_due()

    poll_keys()

    assert open_kinds() == ["identity"]


def test_changed_rights_are_an_outside_change(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    make_keys(1)
    upstream.answers[secret_of(0)] = about(0, acls=["api-key:model:grok-4.3"])
    poll_keys()
    upstream.answers[secret_of(0)] = about(
        0, acls=["api-key:model:*"], modify_time="2026-06-11T19:02:11Z"
    )
    make_due()

    poll_keys()

    assert open_kinds() == ["outside_change"]
    assert ApiKey.objects.get().outside_changes == 1


def test_a_changed_price_is_an_incident(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    make_keys(1)
    schedule.fill()
    poller.poll_due()
    upstream.models = [model_json(completion_text_token_price=30_000)]
    make_due(kind=PollKind.MODELS)

    poller.poll_due()

    incident = Incident.objects.get()
    assert incident.kind == "price_change"
    assert incident.sentence.startswith("Output from 2.50 to 3.00")


def test_answers_that_say_nothing_new_ask_nothing_of_incidents(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    make_keys(3)
    poll_keys()
    make_due()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        poll_keys()

    assert not [one for one in queries if "alerts_" in one["sql"]]

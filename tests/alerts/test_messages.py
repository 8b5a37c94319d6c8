"""What each kind of channel is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pytest_django import Settings

from console.accounts.models import Team
from console.alerts import messages
from console.alerts.models import Ending, Event, Incident, IncidentKind
from console.keys.models import ApiKey

BEGAN = datetime(2026, 6, 16, 13, 58, tzinfo=UTC)


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    """Be reached at one address."""
    settings.SITE_URL = "https://gatehouse.example"


def incident(**facts: object) -> Incident:
    team = Team(pk=UUID(int=7), name="Research lab")
    known = {
        "pk": UUID(int=1),
        "kind": IncidentKind.REJECTED,
        "title": "xAI does not accept lab-ci",
        "sentence": "Most likely it was deleted.",
        "team": team,
        "key": ApiKey(pk=UUID(int=3), team=team, label="lab-ci"),
        "began_at": BEGAN,
        "opened_at": BEGAN + timedelta(minutes=1),
    }
    return Incident(**{**known, **facts})


def over() -> Incident:
    return incident(closed_at=BEGAN + timedelta(hours=1), ending=Ending.RECOVERED)


def test_a_body_holds_what_readme_says() -> None:
    body = messages.body_of(incident(), Event.OPENED)

    told = body["incident"]
    assert (body["event"], body["gatehouse"]) == ("opened", "https://gatehouse.example")
    assert told["team"] == {"id": str(UUID(int=7)), "name": "Research lab"}
    assert told["key"] == {"id": str(UUID(int=3)), "name": "lab-ci"}
    assert (told["keys"], told["closed_at"], told["replaces"]) == (1, None, [])
    assert told["began_at"] == "2026-06-16T13:58:00+00:00"
    assert told["url"] == f"https://gatehouse.example/incidents/{UUID(int=1)}/"
    json.dumps(body)  # as it is stored


def test_what_is_of_no_team_and_no_key_says_so() -> None:
    body = messages.body_of(incident(team=None, key=None), Event.OPENED)

    told = body["incident"]
    assert (told["team"], told["key"], told["keys"]) == (None, None, 0)


def test_a_mail_of_an_opening() -> None:
    mail = messages.mail(messages.body_of(incident(), Event.OPENED))

    assert mail.subject == "[Gatehouse] Incident: xAI does not accept lab-ci"
    assert mail.text.splitlines() == [
        "Most likely it was deleted.",
        "Rejected, team Research lab, began 16 Jun 2026, 13:58 UTC.",
        f"https://gatehouse.example/incidents/{UUID(int=1)}/",
    ]


def test_a_mail_of_an_end_says_why_it_ended() -> None:
    mail = messages.mail(messages.body_of(over(), Event.CLOSED))

    assert mail.subject == "[Gatehouse] Ended: xAI does not accept lab-ci"
    assert mail.text.startswith(
        "Over since 16 Jun 2026, 14:58 UTC: recovered by itself.\n"
    )


def test_a_mail_of_an_escalation_has_the_note() -> None:
    body = messages.body_of(incident(note="nobody knows it"), Event.ESCALATED)

    mail = messages.mail(body)

    assert mail.subject.startswith("[Gatehouse] Escalated: ")
    assert "Note: nobody knows it" in mail.text


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\x00", "\u202e", "\u2028"])
def test_a_subject_is_one_visible_line(sign: str) -> None:
    body = messages.body_of(incident(title=f"a{sign}b" * 200), Event.OPENED)

    subject = messages.mail(body).subject

    assert subject.isprintable()
    assert len(subject) <= 200


def test_slack_is_told_the_same_in_its_own_form() -> None:
    body = messages.body_of(incident(title="<@U1> & <!here>"), Event.OPENED)

    told = json.loads(messages.slack(body))

    assert told["text"] == "Incident: &lt;@U1&gt; &amp; &lt;!here&gt;"
    text = told["blocks"][1]["text"]["text"]
    assert text.startswith("Most likely it was deleted.\n")


def test_slack_takes_no_more_than_it_can() -> None:
    body = messages.body_of(incident(sentence="x" * 9_000), Event.OPENED)

    told = json.loads(messages.slack(body))

    assert len(told["blocks"][1]["text"]["text"]) <= 3_000


def test_a_digest_lists_what_was_held() -> None:
    held = [
        messages.body_of(incident(), Event.OPENED),
        messages.body_of(over(), Event.CLOSED),
    ]

    mail = messages.mail(messages.digest_body(held, day="2026-06-16"))

    assert mail.subject == "[Gatehouse] Daily digest: 2 messages"
    lines = mail.text.splitlines()
    assert lines[0].startswith("Incident: xAI does not accept lab-ci (16 Jun")
    assert lines[1].startswith("Ended: xAI does not accept lab-ci")
    assert lines[-1] == "https://gatehouse.example/incidents/"


def test_a_long_digest_is_cut_and_says_so() -> None:
    held = [messages.body_of(incident(), Event.OPENED)] * 53

    text = messages.mail(messages.digest_body(held, day="2026-06-16")).text

    assert "and 3 more." in text


def test_a_test_says_that_nothing_is_wrong() -> None:
    mail = messages.mail(messages.test_body("on call"))

    assert mail.subject == "[Gatehouse] Test"
    assert "Nothing is wrong." in mail.text


def test_a_webhook_names_its_delivery_beside_the_body() -> None:
    body = messages.body_of(incident(), Event.OPENED)

    told = json.loads(messages.webhook(body, delivery_id=UUID(int=9)))

    assert told.pop("delivery") == str(UUID(int=9))
    assert told == body

"""What channels are told: one body per delivery, and how each kind of channel says it.

The body is made when it is decided and stored; what is made of it here is pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from console.accounts.models import Team
from console.alerts.models import Ending, Event, Incident, IncidentKind
from console.keys.models import ApiKey
from console.lib.redact import escaped

Body: TypeAlias = dict[str, Any]

LISTED = 50  # incidents written out in a digest; the body holds them all
HEADS = {
    Event.OPENED: "Incident",
    Event.CLOSED: "Ended",
    Event.ESCALATED: "Escalated",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """A message for people."""

    subject: str
    text: str


def body_of(incident: Incident, event: Event) -> Body:
    """Return what is told of an incident now."""
    return {
        "event": str(event),
        "gatehouse": settings.SITE_URL,
        "incident": {
            "id": str(incident.pk),
            "kind": str(incident.kind),
            "title": incident.title,
            "sentence": incident.sentence,
            "team": _named(incident.team, "name"),
            "key": _named(incident.key, "label"),
            "keys": incident.detail.get("keys", 1 if incident.key_id else 0),
            "began_at": _instant(incident.began_at),
            "opened_at": _instant(incident.opened_at),
            "closed_at": _instant(incident.closed_at),
            "ending": incident.ending,
            "note": incident.note,
            "replaces": incident.detail.get("replaces", []),
            "url": settings.SITE_URL + reverse("incidents:detail", args=[incident.pk]),
        },
    }


def test_body(channel_name: str) -> Body:
    """Return what a channel is told by the button "Send test"."""
    text = f"This is a test of the channel “{channel_name}”. Nothing is wrong."
    return {"event": "test", "gatehouse": settings.SITE_URL, "text": text}


def digest_body(held: Iterable[Body], *, day: str) -> Body:
    """Return the message that tells together what was held."""
    told = [{"event": one["event"], **one["incident"]} for one in held]
    return {
        "event": "digest",
        "gatehouse": settings.SITE_URL,
        "day": day,
        "incidents": told,
    }


def mail(body: Body) -> Mail:
    """Return a body as an e-mail; its subject is one line whatever a label holds."""
    title, lines = _told(body)
    return Mail(escaped(f"[Gatehouse] {title}")[:200], "\n".join(lines) + "\n")


def slack(body: Body) -> bytes:
    """Return a body as Slack and those that understand its webhooks take it."""
    title, lines = _told(body)
    text = "\n".join(_slack_text(line) for line in lines)
    message = {
        "text": _slack_text(title),
        "blocks": [
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"*{_slack_text(title)}*"},
            },
            {"type": "section", "text": {"type": "mrkdwn", "text": text[:2900]}},
        ],
    }
    return json.dumps(message).encode()


def webhook(body: Body, *, delivery_id: UUID) -> bytes:
    """Return a body as JSON, with the id a receiver knows a repeat by."""
    return json.dumps({"delivery": str(delivery_id), **body}).encode()


def _told(body: Body) -> tuple[str, list[str]]:
    """Return a title and the lines below it."""
    event = Event(body["event"])
    if event == Event.TEST:
        return "Test", [body["text"], body["gatehouse"]]
    if event == Event.DIGEST:
        return _digest(body)
    incident = body["incident"]
    return _headline(event, incident), [*_lines(event, incident), incident["url"]]


def _headline(event: Event, incident: Body) -> str:
    return f"{HEADS[event]}: {incident['title']}"


def _lines(event: Event, incident: Body) -> list[str]:
    lines = [] if event == Event.CLOSED else [incident["sentence"]]
    if event == Event.CLOSED:
        ending = Ending(incident["ending"]).label
        lines.append(f"Over since {_shown(incident['closed_at'])}: {ending}.")
    if incident["note"]:
        lines.append(f"Note: {incident['note']}")
    facts = [f"{IncidentKind(incident['kind']).label}"]
    if incident["team"]:
        facts.append(f"team {incident['team']['name']}")
    facts.append(f"began {_shown(incident['began_at'])}")
    return [*lines, ", ".join(facts) + "."]


def _digest(body: Body) -> tuple[str, list[str]]:
    told = body["incidents"]
    number = len(told)
    title = f"Daily digest: {number:,} message{'' if number == 1 else 's'}"
    lines = [
        f"{_headline(Event(one['event']), one)} ({_shown(one['began_at'])})"
        for one in told[:LISTED]
    ]
    if number > LISTED:
        lines.append(f"and {number - LISTED:,} more.")
    return title, [*lines, body["gatehouse"] + reverse("incidents:list")]


def _slack_text(text: str) -> str:
    """Escape what Slack would read as a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _named(row: Team | ApiKey | None, name: str) -> Body | None:
    return {"id": str(row.pk), "name": getattr(row, name)} if row else None


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _shown(text: str) -> str:
    return f"{datetime.fromisoformat(text):%-d %b %Y, %H:%M} UTC"

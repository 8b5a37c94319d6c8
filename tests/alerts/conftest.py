"""Channels that are told, and keys in the states that tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from console import env
from console.accounts.models import Team
from console.alerts import channels, incidents
from console.alerts.models import Channel, ChannelKind, Delivery, Incident
from console.audit.actors import SYSTEM
from console.keys.models import ApiKey, KeyChange, KeyState, Origin, Review
from tests.alerts.receivers import MailServer, Receiver
from tests.keys.stored import stored_key

MakeChannel = Callable[..., Channel]


@pytest.fixture
def make_channel(db: None) -> MakeChannel:
    """Store a channel; without rules of its own it is told of everything at once."""

    def make(
        name: str = "on call",
        kind: ChannelKind = ChannelKind.EMAIL,
        target: str = "ops@example.com",
        **rule: Any,
    ) -> Channel:
        channel, _ = channels.add_channel(
            name=name, kind=kind, target=target, digest_hour=8, actor=SYSTEM
        )
        channel.rules.update(**rule)
        return channel

    return make


def bad_key(team: Team, label: str, state: KeyState, **facts: Any) -> ApiKey:
    """Store a key that went into this state a minute ago."""
    return stored_key(team, label, state=state, **facts)


def turn(key: ApiKey, state: KeyState, **facts: Any) -> None:
    """Write what a poll found, and make the incidents follow."""
    now = timezone.now()
    ApiKey.objects.filter(pk=key.pk).update(
        state=state, state_since=now, checked_at=now, **facts
    )
    incidents.reconcile([key.pk])


def look_at(key: ApiKey, *, minutes_ago: int = 5, field: str = "acls") -> KeyChange:
    """Store a change made outside that waits for a person."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    key.outside_changes += 1
    key.save(update_fields=["outside_changes"])
    return KeyChange.objects.create(
        key=key,
        team_id=key.team_id,
        field=field,
        before=["api-key:model:grok-4.3", "api-key:endpoint:chat"],
        after=["api-key:model:*", "api-key:endpoint:chat"],
        gap_from=at - timedelta(minutes=5),
        gap_until=at,
        modified_by="3d38b4dc",
        origin=Origin.OUTSIDE,
        review=Review.WAITING,
    )


def open_kinds() -> list[str]:
    """Return the kinds that are open, in order."""
    return sorted(Incident.objects.open().values_list("kind", flat=True))


def told(channel: Channel) -> list[tuple[str, str]]:
    """Return event and state of what a channel was told, oldest first."""
    rows = Delivery.objects.filter(channel=channel).order_by("created_at", "event")
    return list(rows.values_list("event", "state"))


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A web server on this machine, which the operator allows."""
    settings.ALERT_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    server = Receiver(answers=[200])
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """A mail server on this machine, set as Gatehouse's."""
    server = MailServer()
    server.start()
    settings.SMTP = env.MailServer(
        host="127.0.0.1",
        port=server.port,
        user="",
        password="",
        tls=False,
        starttls=False,
    )
    yield server
    server.stop()


def make_due() -> None:
    """Let the time of waiting be over."""
    Delivery.objects.filter(state="waiting").update(
        due_at=timezone.now() - timedelta(seconds=1)
    )

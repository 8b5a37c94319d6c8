"""The web process notices that the poller is dead, and stands in for it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.alerts import channels
from console.alerts.models import ChannelKind, Incident, IncidentKind
from console.audit.actors import SYSTEM
from console.pages.watchdog import SILENT_AFTER, Watchdog
from console.polling import life
from console.polling.models import Pulse
from tests.alerts.conftest import mail_server
from tests.alerts.receivers import MailServer

__all__ = ["mail_server"]

pytestmark = pytest.mark.django_db


def look(*, after: timedelta = SILENT_AFTER + timedelta(seconds=1)) -> bool:
    """Look that long after the web process was started."""
    now = timezone.now()
    return Watchdog(started_at=now - after).look(now=now)


def worked(*, ago: timedelta) -> datetime:
    """Let a worker have finished something that long ago."""
    life.beat(life.WORKER)
    Pulse.objects.update(at=timezone.now() - ago)
    return Pulse.objects.get().at


def open_incident() -> Incident | None:
    return Incident.objects.open().filter(kind=IncidentKind.POLLER_SILENT).first()


def test_a_poller_that_works_is_no_incident() -> None:
    worked(ago=timedelta(seconds=5))

    assert look() is False
    assert open_incident() is None


def test_a_poller_that_stopped_is_one_from_when_it_last_worked() -> None:
    last_at = worked(ago=timedelta(minutes=10))

    assert look() is True
    assert look() is True

    incident = open_incident()
    assert incident is not None
    assert incident.began_at == last_at
    assert Incident.objects.count() == 1


def test_a_poller_that_never_worked_is_one_too() -> None:
    assert look() is True
    assert open_incident() is not None


@pytest.mark.parametrize("ago", [None, timedelta(days=3)])
def test_a_start_gives_the_poller_time(ago: timedelta | None) -> None:
    if ago:
        worked(ago=ago)

    assert look(after=timedelta(seconds=30)) is False
    assert open_incident() is None


def test_a_restart_of_the_web_process_does_not_end_the_incident() -> None:
    worked(ago=timedelta(minutes=10))
    look()

    look(after=timedelta(seconds=1))

    assert open_incident() is not None


def test_it_ends_when_the_poller_works_again() -> None:
    worked(ago=timedelta(minutes=10))
    look()

    worked(ago=timedelta(seconds=1))
    assert look() is False

    assert Incident.objects.get().ending == "recovered"


def test_it_tells_the_channels_itself(mail_server: MailServer) -> None:
    channels.add_channel(
        name="on call",
        kind=ChannelKind.EMAIL,
        target="ops@example.com",
        digest_hour=8,
        actor=SYSTEM,
    )

    look()

    (mail,) = mail_server.box.mails
    assert mail["Subject"] == "[Gatehouse] Incident: The poller is silent"


def test_a_sealed_vault_says_nothing_of_the_poller(settings: Settings) -> None:
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    assert look() is False


async def test_watching_ends_when_it_is_told_to() -> None:
    task = asyncio.create_task(Watchdog(started_at=timezone.now()).watch())
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

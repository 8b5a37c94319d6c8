"""A poller that is silent."""

from __future__ import annotations

import pytest
from django.utils import timezone

from console.alerts import noticing
from console.alerts.models import Incident, IncidentKind
from tests.alerts.conftest import MakeChannel, told

pytestmark = pytest.mark.django_db


def test_silence_is_one_incident_until_there_is_work(
    make_channel: MakeChannel,
) -> None:
    channel = make_channel()

    assert noticing.note_silence(timezone.now()) is True
    assert noticing.note_silence(timezone.now()) is False
    assert noticing.note_work() is True
    assert noticing.note_work() is False

    incident = Incident.objects.get()
    assert (incident.kind, incident.ending) == (IncidentKind.POLLER_SILENT, "recovered")
    assert told(channel) == [("opened", "waiting"), ("closed", "waiting")]

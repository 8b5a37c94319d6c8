"""A cause that no key's state tells: a poller that is silent."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from console.alerts import incidents, wording
from console.alerts.causes import Cause
from console.alerts.models import Ending, Incident, IncidentKind


@transaction.atomic(savepoint=False)
def note_silence(since: datetime | None) -> bool:
    """Open the incident of a silent poller; return whether it was this call.

    `since` is the last finished work; None: there never was any.
    """
    if _silence() is not None:
        return False
    incidents.hold()
    title, sentence = wording.of_silence(since)
    cause = Cause(
        kind=IncidentKind.POLLER_SILENT,
        subject="",
        title=title,
        sentence=sentence,
        began_at=since or timezone.now(),
    )
    return bool(incidents.open_([cause]))


@transaction.atomic(savepoint=False)
def note_work() -> bool:
    """Close the incident of a silent poller, if one is open; return whether it was."""
    if _silence() is None:
        return False
    incidents.hold()
    incident = _silence()
    return incident is not None and bool(incidents.close({incident: Ending.RECOVERED}))


def _silence() -> Incident | None:
    rows = Incident.objects.open().filter(kind=IncidentKind.POLLER_SILENT)
    return rows.select_related("team", "key").first()

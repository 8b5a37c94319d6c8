"""What people do about incidents: acknowledge them, and what a review brings."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.alerts import deciding, incidents
from console.alerts.models import Ending, Event, Incident, IncidentKind
from console.alerts.refusals import AlreadyDone
from console.audit.actors import Actor

DONE = "Somebody has acknowledged this incident already."
OVER = "This incident is over; there is nothing to acknowledge."


@transaction.atomic
def acknowledge(*, incident: Incident, note: str, by: User, actor: Actor) -> Incident:
    """Note that a person has seen an incident. Raises AlreadyDone.

    A changed price is nothing that ends by itself, so this closes it.
    """
    incidents.hold()
    incident = Incident.objects.select_related("team", "key").get(pk=incident.pk)
    if incident.closed_at:
        raise AlreadyDone(OVER)
    if incident.acknowledged_at:
        raise AlreadyDone(DONE)
    incident.acknowledged_at, incident.acknowledged_by = timezone.now(), by
    incident.note = note
    incident.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    if incident.kind == IncidentKind.PRICE_CHANGE:
        incidents.close({incident: Ending.CONFIRMED}, actor=actor)
    detail = {"note": note} if note else {}
    incidents.record("incident.acknowledged", incident, actor, detail)
    return incident


@transaction.atomic
def escalate(*, incident: Incident, note: str, by: User | None, actor: Actor) -> bool:
    """Mark an incident and tell the channels, once; return whether it was this call."""
    incidents.hold()
    rows = Incident.objects.open().filter(pk=incident.pk, escalated_at=None)
    if not rows.update(escalated_at=timezone.now(), escalated_by=by, note=note):
        return False
    incident = Incident.objects.select_related("team", "key").get(pk=incident.pk)
    deciding.decide([incident], Event.ESCALATED)
    incidents.record(
        "incident.escalated", incident, actor, {"note": note} if note else {}
    )
    return True

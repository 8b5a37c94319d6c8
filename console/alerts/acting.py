"""What people do about incidents: acknowledge them, and what a review brings."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.alerts import deciding, incidents
from console.alerts.models import Ending, Event, Incident, IncidentKind
from console.alerts.refusals import AlreadyDone
from console.audit.actors import SYSTEM, Actor
from console.keys.models import KeyChange, Review
from console.keys.reviewing import Reviewed

ENDS_WHEN_KNOWN = (
    IncidentKind.PRICE_CHANGE,
    IncidentKind.MODEL_CHANGE,
    IncidentKind.OVERRUN,
    IncidentKind.COST_DIFFERENCE,
)
DONE = "Somebody has acknowledged this incident already."
OVER = "This incident is over; there is nothing to acknowledge."


@transaction.atomic
def acknowledge(*, incident: Incident, note: str, by: User, actor: Actor) -> Incident:
    """Note that a person has seen an incident. Raises AlreadyDone.

    A changed price or model, or an odd cost, is nothing that ends by itself, so this
    closes it.
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
    if incident.kind in ENDS_WHEN_KNOWN:
        incidents.close({incident: Ending.CONFIRMED}, actor=actor)
    detail = {"note": note} if note else {}
    incidents.record("incident.acknowledged", incident, actor, detail)
    return incident


@transaction.atomic
def escalate(*, incident: Incident, note: str, by: User) -> bool:
    """Mark an incident and tell the channels, once; return whether it was this call.

    The review that caused it has an entry of its own, with the person's address.
    """
    incidents.hold()
    rows = Incident.objects.open().filter(pk=incident.pk, escalated_at=None)
    if not rows.update(escalated_at=timezone.now(), escalated_by=by, note=note):
        return False
    incident = Incident.objects.select_related("team", "key").get(pk=incident.pk)
    deciding.decide([incident], Event.ESCALATED)
    detail = {"by": by.username, "note": note}
    incidents.record("incident.escalated", incident, SYSTEM, detail)
    return True


def follow_review(reviewed: Reviewed) -> None:
    """Do with the incident of a key what a person said of a look at it.

    Called in the review's transaction. Confirming ends the incident when no look
    waits any more; escalating marks it and tells the channels.
    """
    incidents.hold()
    waiting = Incident.objects.open().filter(
        kind=IncidentKind.OUTSIDE_CHANGE, key=reviewed.key_id
    )
    unsettled = KeyChange.objects.filter(
        key=reviewed.key_id, review__in=(Review.WAITING, Review.ESCALATED)
    )
    if reviewed.review == Review.CONFIRMED and not unsettled.exists():
        waiting.filter(acknowledged_at=None).update(
            acknowledged_at=timezone.now(),
            acknowledged_by=reviewed.by,
            note=reviewed.note[:500],
        )
    incidents.reconcile([reviewed.key_id])
    incident = waiting.first()
    if reviewed.review == Review.ESCALATED and incident is not None:
        escalate(incident=incident, note=reviewed.note[:500], by=reviewed.by)

"""Which channels are told of an incident: rows written with the incident itself.

A row that waits is sent by a worker later; so nothing is lost with a worker, and
nothing is sent of what was rolled back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from console.alerts import messages
from console.alerts.models import (
    AlertRule,
    Delivery,
    DeliveryState,
    Event,
    Incident,
)
from console.lib import bell

DELIVER = "alerts.deliver"  # the task that sends

# An opening that was decided like this has told, or will tell.
TOLD = (
    DeliveryState.WAITING,
    DeliveryState.SENT,
    DeliveryState.HELD,
    DeliveryState.GATHERED,
)


def decide(incidents: Sequence[Incident], event: Event) -> list[Delivery]:
    """Write what channels are to be told; return the rows.

    Inside the transaction that opened, closed or escalated. An end is told to
    whoever was told of the opening; everything else goes by the rules. Costs three
    queries, whatever the number of incidents.
    """
    if not incidents:
        return []
    made = _endings(incidents) if event == Event.CLOSED else _by_rule(incidents, event)
    Delivery.objects.bulk_create(made, ignore_conflicts=True)
    if any(one.state == DeliveryState.WAITING for one in made):
        ring_after_commit()
    return made


def ring_after_commit() -> None:
    """Wake a worker once what waits can be seen."""
    transaction.on_commit(lambda: bell.ring(DELIVER))


def _endings(incidents: Sequence[Incident]) -> list[Delivery]:
    told = Delivery.objects.filter(
        incident__in=incidents,
        event=Event.OPENED,
        state__in=TOLD,
        channel__enabled=True,
        channel__removed_at=None,
    )
    by_id = {one.pk: one for one in incidents}
    held = (DeliveryState.HELD, DeliveryState.GATHERED)
    return [
        _delivery(
            row.channel_id,
            by_id[row.incident_id],
            Event.CLOSED,
            DeliveryState.HELD if row.state in held else DeliveryState.WAITING,
        )
        for row in told
        if row.incident_id
    ]


def _by_rule(incidents: Sequence[Incident], event: Event) -> list[Delivery]:
    rules = list(
        AlertRule.objects.filter(
            channel__enabled=True, channel__removed_at=None
        ).order_by("pk")
    )
    if not rules:
        return []
    last = _last_told(incidents) if event == Event.OPENED else {}
    made = []
    for incident in incidents:
        matching: dict[UUID, list[AlertRule]] = defaultdict(list)
        for rule in rules:
            if matches(rule, incident):
                matching[rule.channel_id].append(rule)
        for channel_id, own in matching.items():
            cause = (channel_id, incident.kind, incident.subject)
            state = state_of(own, incident, event=event, last=last.get(cause))
            made.append(_delivery(channel_id, incident, event, state))
    return made


def matches(rule: AlertRule, incident: Incident) -> bool:
    """Tell whether a rule speaks of this incident: its kind, and its team's.

    An outage of a host is of every team whose keys it silences.
    """
    if rule.kinds and incident.kind not in rule.kinds:
        return False
    if rule.team_id is None or rule.team_id == incident.team_id:
        return True
    return str(rule.team_id) in incident.detail.get("team_ids", ())


def state_of(
    rules: Iterable[AlertRule],
    incident: Incident,
    *,
    event: Event,
    last: datetime | None,
) -> DeliveryState:
    """Return what several rules of one channel come to: the most urgent wins.

    `last` is when this channel was last told that this cause opened. What was
    escalated by a person is never held nor cooled.
    """
    if event == Event.ESCALATED:
        return DeliveryState.WAITING
    warm = [
        rule
        for rule in rules
        if last is None
        or rule.cool_down is None
        or incident.opened_at - last >= rule.cool_down
    ]
    if not warm:
        return DeliveryState.COOLED
    daily = all(rule.daily for rule in warm)
    return DeliveryState.HELD if daily else DeliveryState.WAITING


def _last_told(
    incidents: Sequence[Incident],
) -> Mapping[tuple[UUID, str, str], datetime]:
    """Return when each channel was last told of the opening of the same causes."""
    rows = (
        Delivery.objects.filter(
            event=Event.OPENED,
            state__in=TOLD,
            incident__kind__in={one.kind for one in incidents},
            incident__subject__in={one.subject for one in incidents},
        )
        .exclude(incident__in=incidents)
        .order_by("created_at")
        .values_list("channel_id", "incident__kind", "incident__subject", "created_at")
    )
    return {(channel, kind, subject): at for channel, kind, subject, at in rows}


def _delivery(
    channel_id: UUID, incident: Incident, event: Event, state: DeliveryState
) -> Delivery:
    now = timezone.now()
    return Delivery(
        channel_id=channel_id,
        incident=incident,
        event=event,
        body=messages.body_of(incident, event),
        state=state,
        created_at=now,
        due_at=now,
    )

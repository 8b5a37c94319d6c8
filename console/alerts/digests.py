"""The daily digest: one message of what was held for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from console.alerts import messages
from console.alerts.deciding import ring_after_commit
from console.alerts.models import Channel, Delivery, DeliveryState, Event


def make_due(*, now: datetime) -> int:
    """Make the digests whose hour has come; return how many.

    One for each channel and day, by whatever process comes first; none on a day for
    which nothing was held.
    """
    held = Delivery.objects.filter(channel=OuterRef("pk"), state=DeliveryState.HELD)
    made = Delivery.objects.filter(channel=OuterRef("pk"), digest_on=now.date())
    due = Channel.objects.filter(
        Exists(held), ~Exists(made), enabled=True, digest_hour__lte=now.hour
    )
    ids = list(due.values_list("pk", flat=True))
    return sum(_make(channel_id, now) for channel_id in ids)


@transaction.atomic
def _make(channel_id: UUID, now: datetime) -> bool:
    # Whoever comes second waits here and finds nothing held.
    channel = Channel.objects.select_for_update(no_key=True).get(pk=channel_id)
    held = list(
        channel.deliveries.filter(state=DeliveryState.HELD).order_by("created_at", "pk")
    )
    if not held:
        return False
    digest = Delivery(
        channel=channel,
        event=Event.DIGEST,
        digest_on=now.date(),
        body=messages.digest_body(
            (one.body for one in held), day=now.date().isoformat()
        ),
        created_at=now,
        due_at=now,
    )
    if channel.deliveries.filter(digest_on=digest.digest_on).exists():
        return False
    digest.save(force_insert=True)
    Delivery.objects.filter(pk__in=[one.pk for one in held]).update(
        state=DeliveryState.GATHERED, digest=digest
    )
    ring_after_commit()
    return True

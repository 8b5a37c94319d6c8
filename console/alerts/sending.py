"""Sending what waits.

    claim (lease) -> send, without a transaction -> write what came of it (fenced)

Any number of processes may do this at the same time. A process that dies while it
sends leaves a lease that ends; then the delivery is sent again, with the same id, by
which a receiver knows a repeat.
"""

from __future__ import annotations

import hmac
import logging
from datetime import timedelta
from time import monotonic, time
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from console import vault
from console.alerts import mailing, messages, outbound, statements
from console.alerts.channels import signing_key_of, target_of
from console.alerts.models import Channel, ChannelKind, Delivery
from console.alerts.refusals import Undelivered

log = logging.getLogger(__name__)

LEASE_TIME = timedelta(seconds=120)  # well above the longest send
BACK_OFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=8),
    timedelta(minutes=30),
    timedelta(hours=2),
)
ID_HEADER = "X-Gatehouse-Delivery"
TIMESTAMP_HEADER = "X-Gatehouse-Timestamp"
SIGNATURE_HEADER = "X-Gatehouse-Signature"

GONE = "The channel was removed before this was sent."
OFF = "The channel was switched off before this was sent."
TAMPERED = "The stored address does not open; enter it again."


def deliver_due(*, time_limit: timedelta | None = None) -> int:
    """Send what is due, one after the other; return how many were tried.

    After `time_limit` nothing more is claimed. With a sealed vault nothing is sent,
    since no address opens.
    """
    end = monotonic() + (time_limit or timedelta(days=1)).total_seconds()
    tried = 0
    lease = uuid4()
    while monotonic() < end and vault.state().is_open:
        delivery = _claim(lease)
        if delivery is None:
            break
        _deliver(delivery)
        tried += 1
    return tried


@transaction.atomic
def _claim(lease: UUID) -> Delivery | None:
    """Take one delivery that is due; claims wait for each other (some milliseconds)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('deliver', 0))")
        wanted: dict[str, Any] = {"lease": lease, "lease_time": LEASE_TIME}
        cursor.execute(statements.CLAIM, wanted)
        row = cursor.fetchone()
    if row is None:
        return None
    return Delivery.objects.select_related("channel").get(pk=row[0])


def _deliver(delivery: Delivery) -> None:
    """Send one and write what came of it."""
    try:
        _send(delivery)
    except Undelivered as trouble:
        _write_failure(delivery, trouble)
    except vault.Sealed:
        _write(statements.FAILED, delivery, wait=BACK_OFF[0], problem="")
    else:
        _write(statements.SENT, delivery)


def _send(delivery: Delivery) -> None:
    """Hand the message over. Raises Undelivered, or vault.Sealed."""
    channel = delivery.channel
    if channel.removed_at is not None:
        raise Undelivered(GONE, final=True)
    if not channel.enabled:
        raise Undelivered(OFF, final=True)
    try:
        target = target_of(channel)
        match ChannelKind(channel.kind):
            case ChannelKind.EMAIL:
                mail = messages.mail(delivery.body)
                mailing.send(mail, to=target, delivery_id=delivery.pk)
            case ChannelKind.SLACK:
                _post(target, messages.slack(delivery.body), delivery.pk)
            case ChannelKind.WEBHOOK:
                body = messages.webhook(delivery.body, delivery_id=delivery.pk)
                _post(target, body, delivery.pk, _signed(channel, body))
    except vault.Tampered:
        raise Undelivered(TAMPERED, final=True) from None


def _signed(channel: Channel, body: bytes) -> dict[str, str]:
    """Return the headers that prove who sent the body, and when."""
    timestamp = str(int(time()))
    signed = f"{timestamp}.".encode() + body
    digest = hmac.digest(signing_key_of(channel).encode(), signed, "sha256").hex()
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: f"v1={digest}"}


def _post(
    target: str, body: bytes, delivery_id: UUID, extra: dict[str, str] | None = None
) -> None:
    headers = {
        "Content-Type": "application/json",
        ID_HEADER: str(delivery_id),
        **(extra or {}),
    }
    try:
        status = outbound.post(target, headers=headers, body=body)
    except outbound.Refused as refusal:
        raise Undelivered(refusal.sentence) from None
    except outbound.NoAnswer as trouble:
        raise Undelivered(trouble.sentence, silent=True) from None
    if 300 <= status < 400:
        raise Undelivered(
            f"The receiver answered {status}: it lies elsewhere. Redirects are not "
            "followed; enter the final address."
        )
    if not 200 <= status < 300:
        silent = status >= 500 or status == 429
        raise Undelivered(f"The receiver answered {status}.", silent=silent)


def _write_failure(delivery: Delivery, trouble: Undelivered) -> None:
    """Try again later and later, then give up and show it."""
    last = trouble.final or delivery.tries > len(BACK_OFF)
    wait = None if last else BACK_OFF[delivery.tries - 1]
    _write(statements.FAILED, delivery, wait=wait, problem=trouble.sentence[:200])
    if trouble.silent:
        # The others would wait just as long for nothing.
        held: dict[str, Any] = {"channel": delivery.channel_id, "wait": BACK_OFF[0]}
        with connection.cursor() as cursor:
            cursor.execute(statements.HOLD_BACK, held)
    if last:
        log.warning("a message for the channel %s failed", delivery.channel_id)


def _write(statement: str, delivery: Delivery, **values: Any) -> None:
    """Write a result, unless another process has taken the delivery meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement, {"id": delivery.pk, "lease": delivery.lease, **values}
        )

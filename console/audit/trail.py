"""Writing the audit trail: the only writes to that table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from console.audit import canonical
from console.audit.actors import Actor
from console.audit.models import Entry
from console.vault import keyring
from console.vault.models import Purpose

CHAIN_LOCK = 0x47480002  # advisory lock: one entry at a time


class NotInTransaction(RuntimeError):
    """An entry must be written in the transaction of the act it tells of."""


def record(
    *,
    action: str,
    actor: Actor,
    object_kind: str = "",
    object_id: str = "",
    object_name: str = "",
    team_id: UUID | None = None,
    outcome: str = "done",
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    """Write one entry, chained to the last one, and return it.

    Make it the last statement of the act's transaction: until the commit no other
    entry can be written. `detail` holds ids and the before and after of fields that
    are no secrets; a ValueError refuses anything like one. Raises vault.Sealed
    without a usable KEK: what cannot be recorded does not happen.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(f"{action} was to be recorded outside a transaction.")
    key = keyring.newest(Purpose.AUDIT)
    facts = {
        "actor_kind": str(actor.kind),
        "actor_id": actor.id,
        "actor_name": canonical.words(actor.name),
        "action": action,
        "object_kind": object_kind,
        "object_id": str(object_id),
        "object_name": canonical.words(object_name),
        "team_id": team_id,
        "request_id": canonical.words(actor.request_id)[:64],
        "address": canonical.words(actor.address)[:64],
        "outcome": outcome,
        "detail": canonical.plain(detail or {}),
        "key_version": key.version,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    head = Entry.objects.order_by("-seq").values_list("seq", "mac").first()
    seq, prev = (head[0] + 1, bytes(head[1])) if head else (1, canonical.FIRST_PREV)
    facts |= {"seq": seq, "at": timezone.now()}
    mac = canonical.mac_of(facts, prev=prev, key=key.material)
    return Entry.objects.create(**facts, prev=prev, mac=mac)

"""Writing the audit trail: the only writes to that table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
BATCH = 500  # entries of one statement


class NotInTransaction(RuntimeError):
    """An entry must be written in the transaction of the act it tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What one entry tells, but for who did it.

    `detail` holds ids and the before and after of fields that are no secrets.
    """

    action: str
    object_kind: str = ""
    object_id: str = ""
    object_name: str = ""
    team_id: UUID | None = None
    outcome: str = "done"
    detail: Mapping[str, Any] = field(default_factory=dict)


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
    act = Act(
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        object_name=object_name,
        team_id=team_id,
        outcome=outcome,
        detail=detail or {},
    )
    return record_all([act], actor=actor)[0]


def record_all(acts: Sequence[Act], *, actor: Actor) -> list[Entry]:
    """Write one entry for each act, in their order, with as many queries as for one.

    As `record` otherwise. Their numbers follow each other without a gap.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction("Entries were to be recorded outside a transaction.")
    if not acts:
        return []
    key = keyring.newest(Purpose.AUDIT)
    rows = [_facts(act, actor) | {"key_version": key.version} for act in acts]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    head = Entry.objects.order_by("-seq").values_list("seq", "mac").first()
    seq, prev = (head[0], bytes(head[1])) if head else (0, canonical.FIRST_PREV)
    now, entries = timezone.now(), []
    for number, facts in enumerate(rows, start=seq + 1):
        facts |= {"seq": number, "at": now}
        mac = canonical.mac_of(facts, prev=prev, key=key.material)
        entries.append(Entry(**facts, prev=prev, mac=mac))
        prev = mac
    return Entry.objects.bulk_create(entries, batch_size=BATCH)


def _facts(act: Act, actor: Actor) -> dict[str, Any]:
    return {
        "actor_kind": str(actor.kind),
        "actor_id": actor.id,
        "actor_name": canonical.words(actor.name),
        "action": act.action,
        "object_kind": act.object_kind,
        "object_id": str(act.object_id),
        "object_name": canonical.words(act.object_name),
        "team_id": act.team_id,
        "request_id": canonical.words(actor.request_id)[:64],
        "address": canonical.words(actor.address)[:64],
        "outcome": act.outcome,
        "detail": canonical.plain(act.detail),
    }

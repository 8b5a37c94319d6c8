"""Acts that are counted first and become one entry per actor later.

So nobody fills the chain, or waits for it, by being refused a thousand times; and
what happens while the vault is sealed is not forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from console import vault
from console.audit import trail
from console.audit.actors import SYSTEM, Actor
from console.audit.models import ActorKind

MOST_NAMES = 20  # different things one tally names
MINUTE = timedelta(minutes=1)

_COUNT = """
    INSERT INTO audit_tally AS counted
        (minute, action, outcome, actor_kind, actor_id, actor_name, address, count,
        what)
    VALUES (date_trunc('minute', statement_timestamp()), %(action)s, %(outcome)s,
        %(kind)s, %(id)s, %(name)s, %(address)s, 1, ARRAY[%(what)s])
    ON CONFLICT (minute, action, actor_kind, actor_id) DO UPDATE
    SET count = counted.count + 1,
        address = excluded.address,
        what = CASE
            WHEN excluded.what <@ counted.what OR cardinality(counted.what) >= %(most)s
            THEN counted.what
            ELSE counted.what || excluded.what
        END
"""

_TAKE = """
    WITH taken AS (
        DELETE FROM audit_tally
        WHERE minute < date_trunc('minute', statement_timestamp())
        RETURNING *
    )
    SELECT action, actor_kind, actor_id,
        minute, actor_name, address, outcome, count, what
    FROM taken
    ORDER BY action, actor_kind, actor_id, minute
"""


def count(*, action: str, actor: Actor, what: str, outcome: str = "done") -> None:
    """Count one act of this actor in this minute. One statement, one row.

    `what` is a name of ours, such as a view's: never text from outside.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "action": action,
                "outcome": outcome,
                "kind": str(actor.kind),
                "id": actor.id,
                "name": actor.name,
                "address": actor.address[:64],
                "what": what[:100],
                "most": MOST_NAMES,
            },
        )


def write_past() -> int:
    """Make one entry per actor and action of the minutes that are over.

    Returns how many. While the vault is sealed, that is counted as well, and all
    waits: the entries come, with the times counted at, when it is open again.
    """
    state = vault.state()
    if not state.is_open:
        count(action="vault.opened", actor=SYSTEM, what=state.seal.value)
        return 0
    written = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE)
        for (action, kind, actor_id), rows in groupby(cursor.fetchall(), _actor):
            _write(action, Actor(ActorKind(kind), actor_id, ""), [*rows])
            written += 1
    return written


def _actor(row: Sequence[Any]) -> tuple[str, str, str]:
    action, kind, actor_id, *_ = row
    return action, kind, actor_id


def _write(action: str, actor: Actor, rows: Sequence[Sequence[Any]]) -> None:
    """Write one entry for the minutes of one actor, the oldest first."""
    minutes, names, addresses, outcomes, counts, what = zip(
        *(row[3:] for row in rows), strict=True
    )
    trail.record(
        action=action,
        actor=replace(actor, name=names[-1], address=addresses[-1]),
        outcome=outcomes[-1],
        detail={
            "count": sum(counts),
            "what": sorted(set().union(*what)),
            "from": minutes[0],
            "until": minutes[-1] + MINUTE,
        },
    )

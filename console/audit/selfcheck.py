"""Verifying the whole trail, and remembering what came of it: in the trail itself.

Called by the button, by the command, and by the worker once a night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from console.audit import anchors, chain, trail
from console.audit.actors import Actor
from console.audit.chain import Note
from console.audit.models import Entry

ACTION = "audit.verified"
BROKEN = "broken"  # the outcome of an entry that tells of a broken chain
NIGHTLY = time(3)  # UTC
VERIFY_LOCK = 0x47480003  # advisory lock: one verification at a time


class Busy(Exception):
    """Somebody else is at it."""

    sentence = "The trail is being verified already; its result shows in a minute."


@dataclass(frozen=True, slots=True)
class Result:
    """What one verification found; `reason` stands behind "entry 7"."""

    entries: int  # sound ones, from the first on
    broken_at: int | None
    reason: str  # "" if all is sound
    anchors: int  # that the chain was compared with
    unreadable: int  # lines of the file of anchors

    @property
    def sound(self) -> bool:
        """Nothing was changed, in the trail or in its anchors."""
        return self.broken_at is None and not self.unreadable

    @property
    def sentence(self) -> str:
        """Say it in words."""
        if self.broken_at is not None:
            return f"The chain is broken: entry {self.broken_at:,} {self.reason}."
        compared = f"{self.anchors:,} anchor{'' if self.anchors == 1 else 's'}"
        if self.unreadable:
            return (
                f"The file of anchors was changed: {self.unreadable:,} of its lines "
                f"cannot be read. The chain fits the {compared} that can."
            )
        return f"All {self.entries:,} entries follow in order and fit {compared}."


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest result, and who asked for it when."""

    result: Result
    seq: int
    at: datetime
    by: str


def verify(
    *, actor: Actor, file: Path | None = None, notes: Sequence[Note] = ()
) -> Result:
    """Walk over the chain beside its anchors, and record the result in the trail.

    `file` holds the anchors, by default the one of the settings. Raises Busy,
    anchors.Unwritable, or vault.Sealed.
    """
    noted = anchors.read(file or settings.AUDIT_ANCHORS)  # before the entries
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [VERIFY_LOCK])
            if cursor.fetchone() == (False,):
                raise Busy
        found = chain.verify(notes=[*noted.notes, *notes])
        result = Result(
            entries=found.entries,
            broken_at=found.broken_at,
            reason=found.reason,
            anchors=len(noted.anchors),
            unreadable=len(noted.unreadable),
        )
        outcome = "done" if result.sound else BROKEN
        trail.record(action=ACTION, actor=actor, outcome=outcome, detail=asdict(result))
    return result


def newest() -> Kept | None:
    """Return what the last verification found; None if there was none.

    An entry that was changed since is not believed. Raises vault.Sealed.
    """
    rows = Entry.objects.filter(action=ACTION).order_by("-seq")
    row: dict[str, Any] | None = rows.values(*chain.COLUMNS).first()
    if row is None:
        return None
    result = (
        Result(**row["detail"])
        if chain.genuine(row)
        else Result(
            row["seq"] - 1, row["seq"], "was changed after it was written", 0, 0
        )
    )
    return Kept(result, row["seq"], row["at"], row["actor_name"])


def is_due(now: datetime) -> bool:
    """Tell whether last night's verification is still owed; at first: at once."""
    tonight = datetime.combine(now.date(), NIGHTLY, tzinfo=now.tzinfo)
    owed_since = tonight if now >= tonight else tonight - timedelta(days=1)
    kept = newest()
    return kept is None or kept.at < owed_since

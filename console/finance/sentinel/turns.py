"""Whose turn it is: the lease on the sentinel's row. All times are the database's.

    due -> claim (lease) -> calls, without a transaction -> hold, record (fenced)
                                                         -> finish | pause | let_go

At most one worker has it. One that is killed leaves a lease that ends, and the next
goes on with the models that were not read since the look was due. A pause is a lease
of nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from console.accounts.models import User
from console.finance.models import Sentinel
from console.keys.models import ApiKey
from console.polling.clock import database_time

LEASE_TIME = timedelta(seconds=90)  # well above the longest call
NIGHT = 3  # o'clock, UTC
LEAST = timedelta(hours=6)  # between a look by hand and the nightly one


class LeaseLost(Exception):
    """It was switched, or another worker has it; nothing was written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A look that is ours while its lease holds."""

    lease: UUID
    key: ApiKey
    person: User
    due_at: datetime  # what was read since then belongs to this look


@transaction.atomic
def claim() -> Claim | None:
    """Take the look, if one is due and nobody has it."""
    due = Sentinel.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=Now()), due_at__lte=Now()
    )
    row = (
        due.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("key__team", "person")
        .first()
    )
    if row is None:
        return None
    lease = uuid4()
    Sentinel.objects.update(lease=lease, lease_until=Now() + LEASE_TIME)
    return Claim(lease, row.key, row.person, row.due_at)


def renew(claim: Claim) -> None:
    """Hold on to the look. Raises LeaseLost."""
    if not _held(claim).update(lease_until=Now() + LEASE_TIME):
        raise LeaseLost


def hold(claim: Claim) -> None:
    """Lock the row, to record what was read. Inside a transaction; raises LeaseLost."""
    held = _held(claim).filter(lease_until__gt=Now()).select_for_update(no_key=True)
    if held.first() is None:
        raise LeaseLost


def finish(claim: Claim, *, problem: str) -> None:
    """End the look and set the date of the next one. Without the lease: nothing."""
    _held(claim).update(
        due_at=next_night(database_time(), minute=claim.key.pk.int % 60),
        finished_at=Now(),
        lease=None,
        lease_until=None,
        problem=problem[:200],
    )


def pause(claim: Claim, wait: timedelta, *, problem: str) -> None:
    """Go on with the look after `wait`, and say why. Without the lease: nothing."""
    _held(claim).update(lease=None, lease_until=Now() + wait, problem=problem[:200])


def let_go(claim: Claim) -> None:
    """Let another go on with the look at once. Without the lease: nothing."""
    _held(claim).update(lease=None, lease_until=None)


def next_night(now: datetime, *, minute: int) -> datetime:
    """Return the next 3:`minute` UTC that is at least 6 hours away.

    Each key has a minute of its own, so that not all ask at the same one.
    """
    at = now.astimezone(UTC).replace(hour=NIGHT, minute=minute, second=0, microsecond=0)
    while at < now + LEAST:
        at += timedelta(days=1)
    return at


def _held(claim: Claim) -> QuerySet[Sentinel]:
    return Sentinel.objects.filter(lease=claim.lease)

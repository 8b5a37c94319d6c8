"""One breaker per upstream host, so that an outage costs one probe at a time.

    closed --5 failures in 60 s, of 2 keys or more--> open 30 s, doubling to 5 min
    open   --time is over--> one probe --any answer--> closed
                                       --failure-----> open, twice as long

A refusal is an answer: the host is there. Answers between failures end their row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q

from console.polling.clock import StatementTime, database_time
from console.polling.models import Breaker

FAILURES = 5
WINDOW = timedelta(seconds=60)
OPEN_FIRST = timedelta(seconds=30)
OPEN_LONGEST = timedelta(minutes=5)
PROBE_TIME = timedelta(seconds=60)  # a probe that died with its worker is done again


def open_hosts() -> dict[str, bool]:
    """Return the hosts whose breaker is open, and whether a probe may start."""
    over = ExpressionWrapper(Q(open_until__lte=StatementTime()), BooleanField())
    rows = Breaker.objects.filter(openings__gt=0).annotate(over=over)
    return dict(rows.values_list("host", "over"))


def begin_probe(host: str, *, key_id: UUID) -> None:
    """Let this key's poll decide; no other is started meanwhile."""
    Breaker.objects.filter(host=host).update(
        probe_key=key_id, open_until=database_time() + PROBE_TIME
    )


def record_answers(hosts: Iterable[str]) -> None:
    """Close the breakers of hosts that answered. At most one statement."""
    worn = Breaker.objects.filter(host__in=set(hosts)).exclude(failures=0, openings=0)
    worn.update(
        failures=0,
        failing_key=None,
        several_keys=False,
        window_from=None,
        open_until=None,
        openings=0,
        probe_key=None,
    )


@transaction.atomic
def record_failures(host: str, key_ids: Sequence[UUID]) -> None:
    """Count polls of a host that got no answer, and open its breaker if due."""
    Breaker.objects.get_or_create(host=host)
    row = Breaker.objects.select_for_update().get(host=host)
    now = database_time()
    if row.openings:
        if row.probe_key in key_ids:
            _open(row, now)
            row.save()
        return  # the others started before it opened
    if row.window_from is None or now - row.window_from > WINDOW:
        row.window_from, row.failures = now, 0
        row.failing_key, row.several_keys = key_ids[0], False
    row.failures += len(key_ids)
    row.several_keys |= any(key_id != row.failing_key for key_id in key_ids)
    if row.failures >= FAILURES and row.several_keys:
        _open(row, now)
    row.save()


def _open(row: Breaker, now: datetime) -> None:
    row.open_until = now + min(OPEN_FIRST * 2**row.openings, OPEN_LONGEST)
    row.openings = min(row.openings + 1, 10)
    row.probe_key = None

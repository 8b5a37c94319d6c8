"""Settling calls; from the event loop with patience for a database that is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import InterfaceError, InternalError, OperationalError

from console.lib.db import in_db
from console.usage import ledger
from console.usage.booking import Cost, Ending

P = ParamSpec("P")
T = TypeVar("T")

# InternalError: a server that just became a replica takes no writes.
AWAY = (OperationalError, InterfaceError, InternalError)
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds; then it is the reaper's

log = logging.getLogger(__name__)


async def settle(record_id: UUID, ending: Ending) -> Cost | None:
    """Book one call; return the cost, or None if it is not booked by us.

    Tried for a minute while the database is away. After that the record stays open
    until the reaper settles it as unknown.
    """
    try:
        return await patiently(settle_in_thread, record_id, ending)
    except AWAY:
        log.error("call %s could not be settled: the database is away", record_id)
        return None


async def patiently(
    function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Do as `in_db`, again and again for a minute while the database is away."""
    for pause in PAUSES:
        try:
            return await in_db(function, *args, **kwargs)
        except AWAY:
            await asyncio.sleep(pause)
    return await in_db(function, *args, **kwargs)


def settle_in_thread(record_id: UUID, ending: Ending) -> Cost | None:
    """Book one call, or release it if nothing was sent; return the cost, if any.

    Where the database is away, it raises, and the record is the reaper's.
    """
    if ending.sent:
        return ledger.settle(record_id, ending)
    ledger.release(record_id, problem=ending.problem)
    return None

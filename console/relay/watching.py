"""Watching the calls that this process has in flight.

every two seconds, one statement for all of them:
    their records are marked as alive, so that those of a process that died show
    back come the ones whose person or key may no more, and their reading ends
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

from django.db import DatabaseError

from console.accounts.rules import RULES
from console.lib.db import in_db
from console.relay.sentences import Problem
from console.usage import ledger

EVERY = 2.0  # seconds

WITHDRAWN = Problem(
    sentence="You may not use the key of this answer any more, so it ends here.",
    advice="What came is shown. Ask an admin if you should be in its team.",
    cause="withdrawn",
)

log = logging.getLogger(__name__)

_watched: dict[UUID, Callable[[], None]] = {}
_watching: asyncio.Task[None] | None = None


def watch(record_id: UUID, withdraw: Callable[[], None]) -> None:
    """Mark a record as alive from now on. In the event loop.

    `withdraw` is called, in the event loop and perhaps more than once, when the key is
    removed, or the person is disabled, has another role that may not, or does not
    belong to the team that pays any more.
    """
    global _watching
    _watched[record_id] = withdraw
    if _watching is None or _watching.done():
        _watching = asyncio.get_running_loop().create_task(_watch_on())


def forget(record_id: UUID) -> None:
    """Let a record go, settled or not."""
    _watched.pop(record_id, None)


async def _watch_on() -> None:
    while _watched:
        await asyncio.sleep(EVERY)
        for record_id in await in_db(look, list(_watched)):
            if withdraw := _watched.get(record_id):
                withdraw()


def look(record_ids: list[UUID]) -> list[UUID]:
    """Mark these records as alive; return those whose person may no more.

    A database that is away withdraws nothing.
    """
    if not record_ids:
        return []
    roles = sorted(RULES["playground.use"].roles)
    try:
        return ledger.keep_alive(record_ids, roles=roles)
    except DatabaseError as error:
        log.warning("calls were not watched this time: %s", type(error).__name__)
        return []

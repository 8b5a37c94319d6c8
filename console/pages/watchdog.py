"""Watches the poller from the web process: a worker that is dead cannot tell so.

When nothing finished work for long, it opens the incident and sends what waits itself.
Any number of web processes may do this at the same time.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import Error as DatabaseTrouble
from django.utils import timezone

from console import vault
from console.alerts import digests, noticing, sending
from console.lib.db import in_db
from console.polling import life

log = logging.getLogger(__name__)

EVERY: Final = timedelta(seconds=30)
SILENT_AFTER: Final = 2 * life.SILENT_AFTER
SEND_TIME: Final = timedelta(seconds=20)


class Watchdog:
    """Looks every half minute, for as long as its task runs."""

    def __init__(self, *, started_at: datetime) -> None:
        # What was silent before we began had perhaps no reason to work.
        self._started_at = started_at

    async def watch(self) -> None:
        """Look again and again; a database that is away is no reason to stop."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            try:
                await in_db(self.look, now=timezone.now())
            except DatabaseTrouble:
                log.warning("the watchdog could not ask the database")

    def look(self, *, now: datetime) -> bool:
        """Judge the poller, note it, and stand in for the worker; return if silent.

        With a sealed vault the poller is silent for a reason that every page tells,
        and nothing can be recorded or sent.
        """
        if not vault.state().is_open:
            return False
        last_at = life.last_beat(life.WORKER)
        if last_at is not None and now - last_at <= SILENT_AFTER:
            noticing.note_work()
            return False
        if now - self._started_at <= SILENT_AFTER:
            return False
        noticing.note_silence(last_at)
        digests.make_due(now=now)
        sending.deliver_due(time_limit=SEND_TIME)
        return True

"""What must still happen when the web process is told to stop.

`console.serve` calls `close_all` on SIGTERM; whoever has something in flight
registers with `on_close` when its module is imported.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

CloseHook = Callable[[], Awaitable[None]]

CLOSE_TIME = timedelta(seconds=5)

log = logging.getLogger(__name__)


class Closing:
    """The hooks of one process, and whether it was told to stop."""

    def __init__(self) -> None:
        self._hooks: list[CloseHook] = []
        self._begun = False

    def on_close(self, hook: CloseHook) -> CloseHook:
        """Register a coroutine function to await before the process leaves.

        All hooks run at the same time and have CLOSE_TIME together. May be used as a
        decorator.
        """
        self._hooks.append(hook)
        return hook

    def is_closing(self) -> bool:
        """Return whether the process was told to stop and takes no new streams."""
        return self._begun

    async def close_all(self, limit: timedelta = CLOSE_TIME) -> None:
        """Await every hook, at most for `limit`; then cancel what is left.

        A hook that fails is logged by its kind and stops no other.
        """
        self._begun = True
        tasks = {asyncio.ensure_future(hook()): hook for hook in self._hooks}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=limit.total_seconds())
        for task in late:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for hook, result in zip(tasks.values(), results, strict=True):
            if isinstance(result, BaseException):
                name = getattr(hook, "__qualname__", "hook")
                log.error("%s did not finish: %s", name, type(result).__name__)


_process = Closing()
on_close = _process.on_close
is_closing = _process.is_closing
close_all = _process.close_all

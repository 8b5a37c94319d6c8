"""One clock for all streams of a loop that are read again after a pause."""

import asyncio

from console.xai.limits import FRAME


class Beat:
    """Wakes everybody who waits at the same moment, 25 times a second at most.

    A loop that wakes once for many streams spends less than one that wakes for each.
    Without anybody who waits there is no timer. Use it from one event loop.
    """

    def __init__(self) -> None:
        self._next: asyncio.Event | None = None
        self._frame = 0  # the last one that was waited for

    async def next(self) -> None:
        """Wait for the next multiple of FRAME by the loop's clock."""
        if self._next is None:
            loop = asyncio.get_running_loop()
            self._next = asyncio.Event()
            # A timer may strike a moment early: its frame must not be struck again.
            self._frame = max(int(loop.time() // FRAME), self._frame) + 1
            loop.call_at(self._frame * FRAME, self._strike, self._next)
        await self._next.wait()

    def _strike(self, event: asyncio.Event) -> None:
        self._next = None
        event.set()

"""The web process: python -m console.serve.

On SIGTERM or SIGINT every open stream is told that its client left, so that views end
as they do for a closed tab; then what is in flight is settled (console.lib.closing).
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

import uvicorn
from django.apps import apps
from django.conf import settings
from django.utils import timezone

from console import asgi
from console.lib import closing
from console.lib.streams import STREAMS
from console.runtime.bodies import Message, Receive, Scope, Send

Beside = Callable[[], Coroutine[Any, Any, None]]

GRACE = 5  # seconds
# The loop that passes events on waits for a view's thread no longer than this.
SWITCH_EVERY = 0.0001  # seconds; Python's own is fifty times as long


class Server(uvicorn.Server):
    """uvicorn with a stop that lets streams end by themselves."""

    def __init__(self, *, host: str, port: int, beside: Beside | None = None) -> None:
        self.told_to_stop = asyncio.Event()
        self._beside = beside
        self._task: asyncio.Task[None] | None = None
        config = uvicorn.Config(
            self.application,
            interface="asgi3",
            host=host,
            port=port,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        super().__init__(config)

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; the end of its streams does not wait for clients."""
        if scope["type"] == "http" and scope["path"].startswith(STREAMS):
            receive = self._until_stop(receive)
        await asgi.application(scope, receive, send)

    def _until_stop(self, receive: Receive) -> Receive:
        async def receive_or_stop() -> Message:
            message = asyncio.ensure_future(receive())
            stop = asyncio.ensure_future(self.told_to_stop.wait())
            try:
                await asyncio.wait({message, stop}, return_when="FIRST_COMPLETED")
                return message.result() if message.done() else _DISCONNECT
            finally:
                message.cancel()
                stop.cancel()

        return receive_or_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, however many signals arrive.

        uvicorn's own takes a second one as "at once", and dies of the signal in the
        end, before the streams have settled.
        """
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and begin what runs beside the pages.

        What is loaded by now stays; the collector would look through it again and
        again, up to a tenth of a second each time, in the middle of a page.
        """
        gc.collect()
        gc.freeze()
        await super().startup(sockets)
        if self._beside is not None:
            self._task = asyncio.create_task(self._beside())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Settle what is in flight, end the streams that are left, stop listening.

        In this order: a stream that settles tells its browser why it ends.
        """
        if self._task is not None:
            self._task.cancel()
        await closing.close_all()
        self.told_to_stop.set()
        await super().shutdown(sockets)


_DISCONNECT: Message = {"type": "http.disconnect"}


def main() -> None:
    """Serve until told to stop; where there is a poller, watch it."""
    sys.setswitchinterval(SWITCH_EVERY)
    beside = _watch_the_poller() if apps.is_installed("console.pages") else None
    Server(host=settings.BIND, port=settings.PORT, beside=beside).run()


def _watch_the_poller() -> Beside:
    from console.pages.watchdog import Watchdog  # has models, so only where installed

    return Watchdog(started_at=timezone.now()).watch


if __name__ == "__main__":
    main()

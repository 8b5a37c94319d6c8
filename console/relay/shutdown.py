"""What the relay does when its process is told to stop. Imported by the app."""

from __future__ import annotations

import asyncio

from console.keys.upstream import close_async_clients
from console.lib.closing import on_close
from console.relay import calls, pump


@on_close
async def close_relay() -> None:
    """Settle every call in flight, then close the connections to xAI."""
    await asyncio.gather(pump.close_all(), calls.finish_all())
    await close_async_clients()

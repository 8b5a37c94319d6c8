"""The least that relays a streamed chat: what Gatehouse is measured against.

    BARE_SECRET=xai-… python -m tests.benchmarks.bare_relay --port 8902 \\
        --upstream http://127.0.0.1:8901 [--plain]

The same server with the same settings, the same client library over the same engine
as in the web process of Gatehouse, and nothing else: nobody signs in, no key is
chosen, nothing is kept, counted or shown. Two ways:

    /events   xAI's events are read, and their characters go out as events of its own
    /bytes    what comes goes out, whatever it is

`--plain` leaves httpx its own engine, as whoever writes a relay with it finds it.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from console.xai.transport import LIMITS, async_http

HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/event-stream")],
}


class BareRelay:
    """Sends each body on to one address, with one key."""

    def __init__(self, upstream: str, secret: str, *, plain: bool) -> None:
        self._url = f"{upstream}/v1/chat/completions"
        self._headers = {
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
        }
        self._transport = httpx.AsyncHTTPTransport(limits=LIMITS) if plain else None
        self._http: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = bytearray(), True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if self._http is None:
            self._http = async_http(self._transport)  # in the loop that serves
        asked = self._http.stream(
            "POST", self._url, content=bytes(body), headers=self._headers, timeout=60
        )
        async with asked as response:
            response.raise_for_status()
            await send(HEAD)
            chunks = response.aiter_raw()
            parts = chunks if scope["path"] == "/bytes" else _events(chunks)
            async for part in parts:
                await send(
                    {"type": "http.response.body", "body": part, "more_body": True}
                )
        await send({"type": "http.response.body", "body": b""})


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in chunks:
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            data = block.removeprefix(b"data: ")
            if data == b"[DONE]":
                yield b"event: done\ndata: {}\n\n"
                continue
            for choice in json.loads(data)["choices"]:
                for kind, name in (
                    ("reasoning_content", "reasoning"),
                    ("content", "text"),
                ):
                    if text := choice["delta"].get(kind):
                        told = json.dumps({"text": text})
                        yield f"event: {name}\ndata: {told}\n\n".encode()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()
    secret = os.environ["BARE_SECRET"]
    uvicorn.run(
        BareRelay(arguments.upstream, secret, plain=arguments.plain),
        port=arguments.port,
        interface="asgi3",
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=0,
    )


if __name__ == "__main__":
    main()

"""Request bodies: counted and timed before the application sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# A browser that is still sending would see a reset connection, not our answer, so a
# body somewhat too large is read to its end and dropped; at least so much of it.
DROP_UP_TO = 4 * 1024 * 1024


class TooLarge(Exception):
    """The body is larger than allowed."""


class Disconnected(Exception):
    """The client left before its body was complete."""


class BodyGuard:
    """Reads the whole body, at most `limit` bytes within `time`; else 413 or 408.

    `larger` has the limits of the few paths that take more.
    """

    def __init__(
        self,
        app: Application,
        *,
        limit: int,
        time: timedelta,
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self.app = app
        self.limit = limit
        self.time = time
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"], self.limit)
        too_large = f"This request is too large: at most {limit // 1024} KiB."
        if _declared_length(scope) > _read_up_to(limit):
            await _refuse(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large)
            return
        try:
            async with asyncio.timeout(self.time.total_seconds()):
                body = await self._read(receive, limit)
        except TooLarge:
            await _refuse(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large)
        except TimeoutError:
            sentence = "This request took too long to arrive. Please send it again."
            await _refuse(send, HTTPStatus.REQUEST_TIMEOUT, sentence)
        except Disconnected:
            return
        else:
            await self.app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive, limit: int) -> bytes:
        body = bytearray()
        size = 0
        more = True
        while more and size <= _read_up_to(limit):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= limit:
                body += chunk
            else:
                body.clear()
            more = message.get("more_body", False)
        if size > limit:
            raise TooLarge
        return bytes(body)


def _read_up_to(limit: int) -> int:
    """Return the most that is read of a body, kept or dropped."""
    return max(DROP_UP_TO, 2 * limit)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body once, then what really comes."""
    first: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def replayed() -> Message:
        nonlocal first
        if first is not None:
            message, first = first, None
            return message
        return await receive()

    return replayed


async def _refuse(send: Send, status: HTTPStatus, sentence: str) -> None:
    await answer(send, status, sentence, extra=[(b"connection", b"close")])


async def answer(
    send: Send, status: HTTPStatus, sentence: str, *, extra: list[tuple[bytes, bytes]]
) -> None:
    """Send one plain sentence."""
    body = sentence.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        *extra,
    ]
    await send(
        {"type": "http.response.start", "status": status.value, "headers": headers}
    )
    await send({"type": "http.response.body", "body": body})

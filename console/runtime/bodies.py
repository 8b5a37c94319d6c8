"""Request bodies: counted and timed before the application sees them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Page = Callable[[str, str, str], str]  # of a path, whence it came, and a sentence
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# A browser that is still sending would see a reset connection, not our answer, so a
# body somewhat too large is read to its end and dropped; at least so much of it.
DROP_UP_TO = 4 * 1024 * 1024
ID = re.compile(r"(?<=/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/)")


class TooLarge(Exception):
    """The body is larger than allowed."""


class Disconnected(Exception):
    """The client left before its body was complete."""


class BodyGuard:
    """Reads the whole body, at most `limit` bytes within `time`; else 413 or 408.

    `larger` has the limits of the few paths that take more, with `*` where an id
    stands. Browsers that sent a form get `page` in place of a plain sentence.
    """

    def __init__(
        self,
        app: Application,
        *,
        limit: int,
        time: timedelta,
        larger: Mapping[str, int] | None = None,
        page: Page | None = None,
    ) -> None:
        self.app = app
        self.limit = limit
        self.time = time
        self.larger = larger or {}
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(without_ids(scope["path"]), self.limit)
        if _declared_length(scope) > _read_up_to(limit):
            await self._too_large(scope, send, limit)
            return
        try:
            async with asyncio.timeout(self.time.total_seconds()):
                body = await self._read(receive, limit)
        except TooLarge:
            await self._too_large(scope, send, limit)
        except TimeoutError:
            sentence = "This request took too long to arrive. Please send it again."
            await _refuse(send, HTTPStatus.REQUEST_TIMEOUT, sentence)
        except Disconnected:
            return
        else:
            await self.app(scope, _replay(body, receive), send)

    async def _too_large(self, scope: Scope, send: Send, limit: int) -> None:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        sentence = f"This request is too large: at most {_size(limit)}."
        if self.page is None or not _wants_html(scope):
            await _refuse(send, status, sentence)
            return
        page = self.page(scope["path"], _came_from(scope), sentence)
        closing = [(b"connection", b"close")]
        await answer(send, status, page, extra=closing, kind="text/html")

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


def without_ids(path: str) -> str:
    """Return a path with `*` in place of each id."""
    return ID.sub("*", path)


def _read_up_to(limit: int) -> int:
    """Return the most that is read of a body, kept or dropped."""
    return max(DROP_UP_TO, 2 * limit)


def _size(limit: int) -> str:
    """Write a limit as forms name it: without what the form around a file takes."""
    kib = limit // 1024
    return f"{kib // 1024} MiB" if kib >= 1024 else f"{kib} KiB"


def _wants_html(scope: Scope) -> bool:
    return any(
        name == b"accept" and b"text/html" in value for name, value in scope["headers"]
    )


def _came_from(scope: Scope) -> str:
    """Return the path of our page that sent this, or "" where none is told."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    try:
        told = urlsplit(headers.get(b"referer", ""))
    except ValueError:
        return ""
    is_ours = told.netloc and told.netloc == headers.get(b"host")
    leads_away = told.path.startswith(("//", "/\\"))  # to a browser
    return told.path if is_ours and not leads_away else ""


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
    send: Send,
    status: HTTPStatus,
    text: str,
    *,
    extra: list[tuple[bytes, bytes]],
    kind: str = "text/plain",
) -> None:
    """Send one plain sentence, or a page without code of its own."""
    body = text.encode()
    headers = [
        (b"content-type", f"{kind}; charset=utf-8".encode()),
        (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        *extra,
    ]
    await send(
        {"type": "http.response.start", "status": status.value, "headers": headers}
    )
    await send({"type": "http.response.body", "body": body})

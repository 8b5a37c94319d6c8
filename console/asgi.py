"""The web application: views in eight threads, streams on the event loop.

    request --body guard--> the whole synchronous chain, in one thread hop
                            |
                            +-- a page: sent as it is
                            +-- a stream: the event loop iterates it, no thread waits

Django's own handler makes a thread and a database connection per request and hops
between loop and thread for every middleware: three to ten times the processor time of
a page, and 30 ms before the first token of a stream. Addresses of streams start with
/stream/, so that they can be refused and ended when the process stops.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from http import HTTPStatus
from typing import IO, Any, cast

import django
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from console.lib.closing import is_closing  # noqa: E402
from console.lib.streams import STREAMS  # noqa: E402
from console.pages import errors  # noqa: E402
from console.runtime.bodies import (  # noqa: E402
    BodyGuard,
    Receive,
    Scope,
    Send,
    answer,
)

PAGE_THREADS = 8
BODY_TIME = timedelta(seconds=30)

Headers = list[tuple[bytes, bytes]]


class Handler(ASGIHandler):
    """Runs the whole synchronous chain of one request in one thread."""

    def __init__(self) -> None:
        super(ASGIHandler, self).__init__()  # without its asynchronous middleware
        self.load_middleware(is_async=False)
        self.pool = ThreadPoolExecutor(PAGE_THREADS, thread_name_prefix="page")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()
        run = copy_context().run
        status, headers, content = await loop.run_in_executor(
            self.pool, run, self.respond, scope, body
        )
        if not isinstance(content, bytes) and is_closing():  # told to stop meanwhile
            await loop.run_in_executor(self.pool, content.close)
            await _refuse(send)
            return
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        if isinstance(content, bytes):
            await send({"type": "http.response.body", "body": content})
        else:
            await self._stream(content, receive, send)

    async def _stream(
        self, response: StreamingHttpResponse, receive: Any, send: Any
    ) -> None:
        """Send the parts as they come, until they or the client end."""
        sending = asyncio.create_task(_send_parts(response, send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when="FIRST_COMPLETED")
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait({sending, leaving})
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self.pool, response.close)
        if not sending.cancelled():
            sending.result()  # raises what went wrong

    def respond(
        self, scope: Any, body: IO[bytes]
    ) -> tuple[int, Headers, bytes | StreamingHttpResponse]:
        """Return status, headers and content, or the stream. Runs in a thread."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal
        if request is None:
            body.close()
        else:
            response = self.get_response(request)
            response._handler_class = self.__class__  # whose end it signals
        if response.streaming and response.is_async:
            return response.status_code, _headers(response), response
        try:
            return response.status_code, _headers(response), _content(response)
        finally:
            response.close()


async def _send_parts(response: StreamingHttpResponse, send: Any) -> None:
    parts = cast(AsyncIterator[bytes], response.streaming_content)
    async for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(response: HttpResponseBase) -> Headers:
    headers = [
        (name.encode(), value.encode("latin-1")) for name, value in response.items()
    ]
    for cookie in response.cookies.values():
        headers.append((b"Set-Cookie", cookie.output(header="").strip().encode()))
    return headers


def _content(response: Any) -> bytes:
    # A synchronous stream (a file, an export) is joined here: exports are bounded.
    return b"".join(response) if response.streaming else response.content


async def _refuse(send: Send) -> None:
    sentence = "Gatehouse is restarting. Please try again in a few seconds."
    retry = [(b"retry-after", b"5"), (b"connection", b"close")]
    await answer(send, HTTPStatus.SERVICE_UNAVAILABLE, sentence, extra=retry)


_handler = Handler()


async def route(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request; no stream begins while the process stops."""
    if scope["type"] != "http":
        raise ValueError(f"{scope['type']} is not served")
    if scope["path"].startswith(STREAMS) and is_closing():
        await _refuse(send)
    else:
        await _handler(scope, receive, send)


application = BodyGuard(
    route,
    limit=settings.MAX_BODY,
    larger=settings.LARGER_BODIES,
    time=BODY_TIME,
    page=errors.too_large,
)

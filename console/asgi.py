"""The web application: pages in eight threads, streams on the event loop.

    request --body guard--> /stream/…  Django's own ASGI handler, asynchronous views
                       \\--> the rest   PageHandler, synchronous views, one thread hop

Django's handler makes a thread and a database connection per request and hops between
loop and thread for every middleware: three to ten times the processor time of a page.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from http import HTTPStatus
from typing import IO, Any, cast

import django
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from console.lib.closing import is_closing  # noqa: E402
from console.runtime.bodies import (  # noqa: E402
    Application,
    BodyGuard,
    Receive,
    Scope,
    Send,
    answer,
)

STREAMS = "/stream/"
PAGE_THREADS = 8
BODY_TIME = timedelta(seconds=30)

Headers = list[tuple[bytes, bytes]]


class PageHandler(ASGIHandler):
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
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": content})

    def respond(self, scope: Any, body: IO[bytes]) -> tuple[int, Headers, bytes]:
        """Return status, headers and content of one page. Runs in a thread."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal
        if request is None:
            body.close()
        else:
            response = self.get_response(request)
            response._handler_class = self.__class__  # whose end it signals
        try:
            return response.status_code, _headers(response), _content(response)
        finally:
            response.close()


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


pages = PageHandler()
_streams: Application = cast(Application, ASGIHandler())


async def route(scope: Scope, receive: Receive, send: Send) -> None:
    """Give the request to the handler of its path."""
    if scope["type"] != "http":
        raise ValueError(f"{scope['type']} is not served")
    if not scope["path"].startswith(STREAMS):
        await pages(scope, receive, send)
    elif is_closing():
        sentence = "Gatehouse is restarting. Please try again in a few seconds."
        retry = [(b"retry-after", b"5"), (b"connection", b"close")]
        await answer(send, HTTPStatus.SERVICE_UNAVAILABLE, sentence, extra=retry)
    else:
        await _streams(scope, receive, send)


application = BodyGuard(route, limit=settings.MAX_BODY, time=BODY_TIME)

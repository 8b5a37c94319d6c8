"""Settings and addresses of a site that only shows how `console.serve` behaves."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from console.lib.closing import is_closing, on_close

BIND = "127.0.0.1"
PORT = int(os.environ["SITE_PORT"])
NOTES = Path(os.environ["SITE_NOTES"])

SECRET_KEY = "of a site without secrets"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.runtime.site"
MAX_BODY = 256 * 1024
LARGER_BODIES: dict[str, int] = {}
LOGGING_CONFIG = None


@on_close
async def settle() -> None:
    """Stand for the relay, whose pumps settle what streams have cost."""
    await asyncio.sleep(0.2)
    (NOTES / "settled").touch()


async def ticks(request: HttpRequest) -> StreamingHttpResponse:
    """Stream for as long as the client stays."""

    async def events() -> AsyncIterator[str]:
        try:
            while True:
                yield "data: tick\n\n"
                await asyncio.sleep(0.02)
        finally:
            (NOTES / "ended").touch()

    return StreamingHttpResponse(events(), content_type="text/event-stream")


class Late(StreamingHttpResponse):
    """A stream that notes when it is closed."""

    def close(self) -> None:
        super().close()
        (NOTES / "late-closed").touch()


def late(request: HttpRequest) -> StreamingHttpResponse:
    """Admit a stream only after the process was told to stop."""

    async def events() -> AsyncIterator[str]:
        yield "data: never sent\n\n"

    (NOTES / "late").touch()
    deadline = time.monotonic() + 10
    while not is_closing() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return Late(events(), content_type="text/event-stream")


def page(request: HttpRequest) -> HttpResponse:
    """Answer with the body's length and the thread, and set two cookies."""
    where = threading.current_thread().name
    response = HttpResponse(f"{len(request.body)} {where}")
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


def joined(request: HttpRequest) -> StreamingHttpResponse:
    """Answer in parts, as an export does."""
    return StreamingHttpResponse(iter(["a,b\n", "1,2\n"]), content_type="text/csv")


urlpatterns = [
    path("page/", page),
    path("joined/", joined),
    path("stream/ticks/", ticks),
    path("stream/late/", late),
]

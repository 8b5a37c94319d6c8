"""Settings and addresses of a site that only shows how `console.serve` behaves."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from console.lib.closing import on_close

BIND = "127.0.0.1"
PORT = int(os.environ["SITE_PORT"])
NOTES = Path(os.environ["SITE_NOTES"])

SECRET_KEY = "of a site without secrets"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.runtime.site"
MAX_BODY = 256 * 1024
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
]

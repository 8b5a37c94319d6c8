"""Answers of xAI for the transports of tests, streamed under a test's control."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx

from console.lib.db import in_db
from console.usage.models import UsageRecord

USAGE: dict[str, Any] = {
    "prompt_tokens": 197,
    "completion_tokens": 1,
    "total_tokens": 344,
    "prompt_tokens_details": {
        "text_tokens": 197,
        "image_tokens": 0,
        "cached_tokens": 192,
    },
    "completion_tokens_details": {"reasoning_tokens": 146},
    "cost_in_usd_ticks": 4_121_500,
}


def chunk(content: str | None = None, **more: Any) -> bytes:
    """Return one event of a chat stream."""
    delta: dict[str, Any] = {} if content is None else {"content": content}
    if "reasoning" in more:
        delta["reasoning_content"] = more.pop("reasoning")
    choice = {"index": 0, "delta": delta}
    if "finish" in more:
        choice["finish_reason"] = more.pop("finish")
    body = {"id": "c", "model": "grok-4.3", "choices": [choice], **more}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def usage_chunk(**changes: Any) -> bytes:
    """Return the event that tells the usage."""
    body = {"id": "c", "model": "grok-4.3", "choices": [], "usage": USAGE | changes}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def answer(*texts: str) -> list[bytes]:
    """Return the events of a whole answer."""
    return [*map(chunk, texts), chunk(finish="stop"), usage_chunk(), DONE]


class Script(httpx.AsyncByteStream):
    """A body that comes in the given parts.

    A part may be a coroutine function to wait for. `closed` says that the reader has
    closed the connection, at its end or before.
    """

    def __init__(self, *parts: bytes | Callable[[], Awaitable[object]]) -> None:
        self.parts = parts
        self.sent = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                self.sent += 1
                yield part
                await asyncio.sleep(0)
            else:
                await part()

    async def aclose(self) -> None:
        self.closed = True


def streaming(script: Script) -> httpx.MockTransport:
    """Return a transport that answers everything with this stream."""

    async def respond(request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream", "x-request-id": "up-1"}
        return httpx.Response(200, headers=headers, stream=script)

    return httpx.MockTransport(respond)


def saying(status: int, body: object, **headers: str) -> httpx.MockTransport:
    """Return a transport that answers everything with this JSON."""

    async def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body, headers=headers)

    return httpx.MockTransport(respond)


async def the_record() -> UsageRecord:
    """Return the only usage record there is."""
    return await in_db(UsageRecord.objects.get)


async def settled() -> UsageRecord:
    """Wait until the only usage record is no longer open, and return it."""
    async with asyncio.timeout(10):
        # Another process's row: there is no event to wait for.
        while (record := await the_record()).state == "open":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return record

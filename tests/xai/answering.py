"""Clients that talk to a function instead of a network, and what it answers."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

from console.xai import AsyncXaiClient, Secret, Timeouts, XaiAuth, XaiClient

SEED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "seed-examples.json").read_text()
)
KEY = "xai-" + "Ab3dEf6hIj" * 8
AUTH = XaiAuth(Secret.parse(KEY))
BASE = "https://api.x.ai"

Answer = Callable[[httpx.Request], httpx.Response]


def no_sleep(seconds: float) -> None:
    """Wait for nothing."""


async def no_wait(seconds: float) -> None:
    """Wait for nothing."""


def blocking(answer: Answer, timeouts: Timeouts | None = None) -> XaiClient:
    transport = httpx.MockTransport(answer)
    return XaiClient(BASE, transport=transport, timeouts=timeouts, sleep=no_sleep)


def waiting(answer: Answer, timeouts: Timeouts | None = None) -> AsyncXaiClient:
    transport = httpx.MockTransport(answer)
    return AsyncXaiClient(BASE, transport=transport, timeouts=timeouts, sleep=no_wait)


def always(status: int = 200, **content: Any) -> Answer:
    """Answer every request in the same way."""
    return lambda request: httpx.Response(status, **content)


class Upstream:
    """Gives one answer after the other and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = [
            (answer, None if isinstance(answer, Exception) else answer.stream)
            for answer in answers
        ]
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer, stream = self._answers[0]
        if self._answers[1:]:
            self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)


class Parts(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in parts, which notes how far it was read and whether it was closed.

    An exception among the parts is raised when it is its turn.
    """

    def __init__(self, parts: Iterable[bytes | Exception]) -> None:
        self._parts = parts
        self.read = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            self.read += 1
            yield part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def event_stream(*parts: bytes | str | Exception) -> httpx.Response:
    """Answer with a stream of events."""
    ready = [part.encode() if isinstance(part, str) else part for part in parts]
    headers = {"content-type": "text/event-stream", "x-request-id": "req-7"}
    return httpx.Response(200, headers=headers, stream=Parts(ready))


def data(value: object) -> str:
    """Write one event without a name."""
    return f"data: {json.dumps(value)}\n\n"


def named(value: dict[str, object]) -> str:
    """Write one event named after its type."""
    return f"event: {value['type']}\n{data(value)}"

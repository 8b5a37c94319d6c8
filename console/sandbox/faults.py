"""Faults on order: which calls are hit, and what happens to them.

A fault with `after_events` strikes inside a stream, after that many events; any other
strikes before the answer.
"""

import asyncio
import itertools
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from console.sandbox import refusals
from console.sandbox.refusals import Refusal

IN_STREAMS = frozenset({"cut", "hang", "malformed", "error_event"})
STATUS_FAULTS = {
    "500": (500, "internal", "Internal error encountered."),
    "502": (502, "unavailable", "Bad gateway."),
    "503": (503, "unavailable", "The service is currently unavailable."),
    "504": (504, "deadline-exceeded", "The upstream did not answer in time."),
    "529": (529, "overloaded", "The service is overloaded."),
    "capacity": (
        429,
        "resource-exhausted",
        "The model is at capacity. Please try again later or use a higher tier.",
    ),
}
KINDS = frozenset(
    {
        *STATUS_FAULTS,
        *IN_STREAMS,
        *("429", "no_credit", "moderated", "json_error_200", "html", "redirect"),
        *("slow", "huge"),
    }
)
MODERATION_TICKS = 500_000_000
HUGE = 64 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Fault:
    kind: str
    id: int = 0
    path: str | None = None  # a shell pattern, such as /v1/*
    api_key_id: str | None = None
    team_id: str | None = None
    times: int | None = None  # None: until it is cleared
    retry_after: float | None = None
    after_events: int | None = None
    seconds: float = 5.0  # of a slow answer
    permanent: bool = False  # belongs to the world; clearing leaves it

    def matches(self, path: str, api_key_id: str | None, team_id: str | None) -> bool:
        return (
            (self.path is None or fnmatchcase(path, self.path))
            and self.api_key_id in (None, api_key_id)
            and self.team_id in (None, team_id)
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Faults:
    """The faults in force, oldest first; one call is hit by one fault at most."""

    standing: list[Fault] = field(default_factory=list)
    _numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, fault: Fault) -> Fault:
        fault.id = next(iter(self._numbers))
        self.standing.append(fault)
        return fault

    def clear(self) -> None:
        self.standing = [fault for fault in self.standing if fault.permanent]

    def strike(
        self, path: str, api_key_id: str | None, team_id: str | None
    ) -> Fault | None:
        """Return the fault that hits this call, and use up one of its times."""
        for fault in self.standing:
            if fault.matches(path, api_key_id, team_id):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.standing.remove(fault)
                return fault
        return None


async def spoiled(fault: Fault, request: Request, team_id: str) -> Response | None:
    """Return the answer a fault gives instead of the real one; None: go on."""
    kind = fault.kind
    if kind in STATUS_FAULTS:
        status, code, text = STATUS_FAULTS[kind]
        raise Refusal(status, code, text, retry_after=fault.retry_after)
    if kind == "429":
        raise refusals.rate_limited(team_id, retry_after=fault.retry_after)
    if kind == "no_credit":
        raise refusals.no_credit(team_id)
    if kind == "slow":
        await asyncio.sleep(fault.seconds)
        return None
    if kind == "hang":
        await hang(request.receive)
    return _ready_made(kind)


def _ready_made(kind: str) -> Response:
    if kind == "moderated":
        return refusals.moderated(MODERATION_TICKS)
    if kind in ("json_error_200", "error_event"):
        error = {"code": "internal", "error": "The request failed after it began."}
        return JSONResponse(error)
    if kind == "malformed":
        return Response(b'{"id": "broken", "object', media_type="application/json")
    if kind == "html":
        page = "<html><head><title>502 Bad Gateway</title></head></html>"
        return PlainTextResponse(page, status_code=502, media_type="text/html")
    if kind == "redirect":
        return Response(status_code=307, headers={"Location": "https://x.ai/"})
    if kind == "huge":
        return Response(b" " * HUGE + b"{}", media_type="application/json")
    return CutResponse()  # cut, and a hang whose client has left


class CutResponse(Response):
    """Begins an answer and closes the connection in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"application/json"), (b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b'{"id":', "more_body": True})


async def hang(receive: Receive) -> None:
    """Wait until the client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass

"""One request and its answer, without the sending: shared by both clients.

An Exchange is fed what arrives and says what came of it. It holds no connection,
so the same code serves a thread that blocks and a task that waits.
"""

from dataclasses import dataclass, field
from random import uniform
from time import monotonic
from typing import Generic, TypeVar

import httpx

from console.xai.endpoints import Call
from console.xai.errors import BadAnswer, Cause, Unreachable, UpstreamDown, XaiError
from console.xai.fields import JsonObject
from console.xai.jsontext import BadJson, parse_object
from console.xai.judging import (
    Refusal,
    clean_request_id,
    is_error,
    judge,
    seconds_to_wait,
)
from console.xai.limits import BRIEF, ERROR_CAP, Timeouts

T = TypeVar("T")

RETRIED = {502, 503, 504}
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


TOLD_HEADERS = ("content-type", "date", "retry-after", "x-request-id")
TOLD_PREFIX = "x-ratelimit-"
MOST_TOLD = 24
LONGEST_TOLD = 200  # characters of one header


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it left, but for the header with the key."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbatim:
    """An answer that nobody has judged: its JSON, and the bytes it was read from.

    Whatever xAI wrote stands in both, perhaps a secret.
    """

    data: JsonObject = field(repr=False)
    body: bytes = field(repr=False)
    status: int
    request_id: str | None


class Exchange(Generic[T]):
    """What is known of one attempt at one call."""

    def __init__(self, call: Call[T], timeouts: Timeouts) -> None:
        self._call = call
        self.seconds = timeouts.generation if call.patient else timeouts.whole
        self.silence = timeouts.silence(patient=call.patient)
        self._ends_at = monotonic() + self.seconds
        self._cap = call.cap
        self._body = bytearray()
        self.status: int | None = None
        self.request_id: str | None = None
        self.asked: Asked | None = None
        self.headers: tuple[tuple[str, str], ...] = ()
        self._retry_after: float | None = None

    def begin(self, response: httpx.Response) -> None:
        """Take the head of the answer; raise if its body is not worth reading."""
        self.status = response.status_code
        self.request_id = clean_request_id(response.headers.get("x-request-id"))
        self.headers = _told_headers(response.headers)
        self._retry_after = seconds_to_wait(response.headers.get("retry-after"))
        encoding = response.headers.get("content-encoding", "identity")
        if not response.is_success:
            self._cap = ERROR_CAP
        if encoding.strip().lower() != "identity":
            raise self.bad(Cause.ENCODED) if response.is_success else self._refused(b"")
        announced = response.headers.get("content-length", "")
        if response.is_success and announced.isdigit() and int(announced) > self._cap:
            raise self.bad(Cause.TOO_BIG)

    def take(self, chunk: bytes) -> bool:
        """Take a part of the body; False when enough has been read."""
        self._body += chunk
        if monotonic() > self._ends_at:
            raise Unreachable(Cause.TIMEOUT)
        if len(self._body) <= self._cap:
            return True
        if self._is_success():
            raise self.bad(Cause.TOO_BIG)
        return False

    @property
    def is_brief(self) -> bool:
        """Whether `result` takes no time worth a thread."""
        return len(self._body) <= BRIEF

    def result(self) -> T:
        """Return the answer, or raise what the body says instead."""
        data = self._told()
        try:
            return self._call.read(data, self.request_id)
        except BadAnswer as error:
            cause = error.cause
        raise self.bad(cause)

    def verbatim(self) -> Verbatim:
        """Return the answer as it came, or raise what the body says instead."""
        return Verbatim(
            data=self._told(),
            body=bytes(self._body),
            status=self.status or 0,
            request_id=self.request_id,
        )

    def _told(self) -> dict[str, object]:
        """Return the JSON of an answer that is none of an error."""
        if not self._is_success():
            raise self._refused(bytes(self._body[: self._cap]))
        data = self._parsed()
        if is_error(data):
            raise self.judged(Refusal.from_json(data))
        return data

    def _parsed(self) -> dict[str, object]:
        try:
            return parse_object(bytes(self._body))
        except BadJson:
            pass
        raise self.bad(Cause.MALFORMED)

    def _is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def _refused(self, body: bytes) -> XaiError:
        return self.judged(Refusal.from_body(body))

    def judged(self, refusal: Refusal) -> XaiError:
        """Return the error that xAI's words stand for."""
        return judge(
            refusal,
            status=self.status or 0,
            about=self._call.about,
            request_id=self.request_id,
            retry_after=self._retry_after,
        )

    def bad(self, cause: Cause) -> BadAnswer:
        """Return the error for an answer that cannot be used."""
        return BadAnswer(cause, status=self.status, request_id=self.request_id)


def asked(request: httpx.Request) -> Asked:
    """Return what a request says; call it before the key is put on it."""
    return Asked(
        method=request.method,
        url=str(request.url),
        headers=tuple(request.headers.items()),
        body=request.content,
    )


def _told_headers(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    """Return those headers of an answer that tell something of the call."""
    return tuple(
        (name, value[:LONGEST_TOLD])
        for name, value in headers.items()
        if name in TOLD_HEADERS or name.startswith(TOLD_PREFIX)
    )[:MOST_TOLD]


def unreachable(fault: BaseException) -> Unreachable:
    """Return our error for one of the network's; nothing of it is kept."""
    sent = not isinstance(fault, NEVER_SENT)
    if isinstance(fault, httpx.TimeoutException | TimeoutError):
        return Unreachable(Cause.TIMEOUT, sent=sent)
    return Unreachable(Cause.UNREACHABLE if sent else Cause.CONNECT, sent=sent)


def may_repeat(call: Call[T], error: XaiError) -> bool:
    """Whether trying again can neither cost money twice nor do harm.

    A request that was never sent can always be repeated, one that was sent only if
    it is a GET.
    """
    if isinstance(error, Unreachable):
        lost = call.method == "GET" and error.cause is not Cause.TIMEOUT
        return lost or not error.sent
    down = isinstance(error, UpstreamDown) and error.status in RETRIED
    return down and call.method == "GET"


def pause() -> float:
    """Return the seconds to wait before a repetition, never the same twice."""
    return uniform(0.5, 1.5)

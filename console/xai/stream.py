"""A streamed answer, event by event."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import httpx

from console.xai.beat import Beat
from console.xai.errors import Cause, StreamCut, XaiError
from console.xai.exchange import Asked, Exchange, unreachable
from console.xai.jsontext import BadJson, parse_object
from console.xai.judging import Refusal, is_error
from console.xai.limits import BULK, FRAME, STREAM_CAP
from console.xai.sse import Event, EventReader, LineTooLong
from console.xai.transport import FAULTS, Connecting, waiting_parts, watching


class EventStream:
    """The events of one call, from its first to its last, in either dialect.

    Iterating sends the request, and raises a subclass of XaiError for a refusal
    before the first event, for an error among the events, for a pause of more than
    `idle` seconds between two events, and, as StreamCut, for an end without
    `[DONE]` or `message_stop`. Events that came before are always handed out first.
    `message_stop` is handed out, `[DONE]` is not.

    What trickles in is read 25 times a second at most (FRAME), with all streams of the
    same `beat` together, and handed out at once: many events that come close together
    cost little more than one.
    """

    def __init__(
        self,
        exchange: Exchange[Any],
        send: Callable[[], Awaitable[httpx.Response]],
        *,
        idle: float,
        beat: Beat,
    ) -> None:
        self._exchange = exchange
        self._send = send
        self._idle = idle
        self._beat = beat
        self._reader = EventReader()
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._ready: deque[Event] = deque()
        self._size = 0
        self._read_again = 0.0  # when, by the loop's clock
        self._finished = False
        self._error: XaiError | None = None
        self._wait: asyncio.Timeout | None = None
        self.connecting = Connecting()
        self.answered_at: float | None = None  # monotonic; when the head had come

    @property
    def status(self) -> int | None:
        """xAI's HTTP status, once the first event or error is there."""
        return self._exchange.status

    @property
    def asked(self) -> Asked | None:
        """The request as it was sent last, without its key."""
        return self._exchange.asked

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Those of xAI's headers that tell something of the call."""
        return self._exchange.headers

    @property
    def request_id(self) -> str | None:
        """xAI's name for this call, once the first event or error is there."""
        return self._exchange.request_id

    def __aiter__(self) -> "EventStream":
        return self

    async def __anext__(self) -> Event:
        if not self._ready and not self._finished:
            await self._fill()
        if self._ready:
            return self._ready.popleft()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the connection at once and end the iteration, wherever it is."""
        self._finished, self._error = True, None
        self._ready.clear()
        if self._wait is not None and not self._wait.expired():
            self._wait.reschedule(asyncio.get_running_loop().time())
        await self._release()

    async def _fill(self) -> None:
        """Wait for at least one event or for the end."""
        try:
            async with asyncio.timeout(self._idle) as self._wait:
                while not self._ready and not self._finished:
                    await self._advance()
        except FAULTS as fault:
            self._finish(self._broken(fault))
        except XaiError as error:
            self._finish(error.with_traceback(None))
        finally:
            self._wait = None
            if self._finished:
                await self._release()

    async def _advance(self) -> None:
        if self._chunks is None:
            with watching(self.connecting):
                self._response = await self._send()
            self.answered_at = monotonic()
            self._exchange.begin(self._response)
            self._chunks = aiter(waiting_parts(self._response))
            kind = self._response.headers.get("content-type", "")
            if not kind.startswith("text/event-stream") or self.status != 200:
                await self._read_error()
            return
        clock = asyncio.get_running_loop().time
        if clock() < self._read_again:
            await self._beat.next()
        chunk = await anext(self._chunks, None)
        if chunk is not None:
            self._read_again = clock() + (FRAME if len(chunk) < BULK else 0)
            self._sort(chunk)
            return
        self._sort(b"\n\n", only_done=True)
        if not self._finished:
            self._finish(self._cut(Cause.CUT))

    async def _read_error(self) -> None:
        """Read an answer that is no stream, and raise what it says."""
        assert self._chunks is not None
        async for chunk in self._chunks:
            if not self._exchange.take(chunk):
                break
        self._exchange.result()
        raise self._exchange.bad(Cause.MALFORMED)

    def _sort(self, chunk: bytes, *, only_done: bool = False) -> None:
        """Put the events in these bytes where they belong."""
        self._size += len(chunk)
        try:
            events = self._reader.feed(chunk)
        except LineTooLong:
            events, self._size = [], STREAM_CAP + 1
        if self._size > STREAM_CAP:
            self._finish(self._exchange.bad(Cause.TOO_BIG))
        for event in events:
            if self._finished:
                break
            if event.data.strip() == "[DONE]":
                self._finish(None)
            elif not only_done:
                self._place(event)

    def _place(self, event: Event) -> None:
        refusal = refusal_in(event)
        if refusal is not None:
            self._finish(self._exchange.judged(refusal))
            return
        self._ready.append(event)
        if _type_of(event, "message_stop"):
            self._finish(None)

    def _broken(self, fault: BaseException) -> XaiError:
        if self._response is None:
            return unreachable(fault)
        late = isinstance(fault, TimeoutError | httpx.TimeoutException)
        return self._cut(Cause.TIMEOUT if late else Cause.CUT)

    def _cut(self, cause: Cause) -> StreamCut:
        return StreamCut(cause, status=self.status, request_id=self.request_id)

    def _finish(self, error: XaiError | None) -> None:
        """Note how it ended; only the first word on that counts."""
        if not self._finished:
            self._finished, self._error = True, error

    async def _release(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            with suppress(*FAULTS):
                await response.aclose()


def refusal_in(event: Event) -> Refusal | None:
    """Return the error that an event of either dialect reports, if it does."""
    named = event.name == "error"
    if not named and '"error"' not in event.data:
        return None
    try:
        data = parse_object(event.data)
    except BadJson:
        return Refusal(text=event.data) if named else None
    return Refusal.from_json(data) if named or is_error(data) else None


def _type_of(event: Event, name: str) -> bool:
    if event.name == name:
        return True
    if f'"{name}"' not in event.data:
        return False
    try:
        return parse_object(event.data).get("type") == name
    except BadJson:
        return False

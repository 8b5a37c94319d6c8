"""One streamed call in flight.

    xAI --events--> pump task --queue--> browser
                        |
                        +--> usage record, settled exactly once

The pump reads the answer to its end in a task of its own; the browser only listens.
xAI sends the usage in the last event, so a closed tab must not end the reading: it
goes on for `Limits.drain`. Stop and the end of the process close upstream at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from uuid import UUID

from console import xai
from console.relay import endings
from console.relay.admission import Call
from console.relay.hearing import Heard, Piece
from console.relay.sentences import Problem, problem_of
from console.relay.settling import settle
from console.relay.tracing import Trace, Tracer
from console.usage.booking import Cost, Ending
from console.usage.ledger import LONGEST_CALL
from console.usage.models import Outcome

GOODBYE_TIME = 1.0  # seconds, when the process ends
ROOM = 64  # pieces between xAI and the browser

RESTARTING = Problem(
    sentence="Gatehouse is restarting, so this answer ends here.",
    advice="What came is shown. Send it again in a few seconds.",
    cause="server_restarting",
)
FAULT = Problem(
    sentence="Gatehouse made a mistake while it read this answer.",
    advice="What came is shown. Tell an admin: the log says more.",
    cause="fault",
)
TOO_LONG = Problem(
    sentence="The answer took longer than 10 minutes.",
    advice="What came is shown. Ask for less in one answer.",
    cause=xai.Cause.TIMEOUT.value,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a pump goes on."""

    longest: timedelta = LONGEST_CALL
    drain: timedelta = timedelta(seconds=10)  # after the browser left
    last_word: timedelta = timedelta(seconds=5)  # for a browser that reads slowly


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The last thing a listener hears."""

    outcome: Outcome
    text: str
    reasoning: str
    finish: str  # xAI's word: stop, length, end_turn, ...
    model: str  # the one that served
    usage: xai.Usage | None
    cost: Cost | None  # None: not booked (yet)
    problem: Problem | None
    first_token_after: float | None  # seconds
    seconds: float
    trace: Trace | None = None  # None: the answer came in one piece


USUAL_LIMITS = Limits()


class Pump:
    """Reads one stream, feeds one listener, settles one record.

    `start`, then `listen`. `leave` and `stop` may be called from any thread, at any
    time and more than once.
    """

    def __init__(
        self, *, events: xai.EventStream, call: Call, limits: Limits = USUAL_LIMITS
    ) -> None:
        self.record_id = call.record_id
        self._limits = limits
        self._call = call
        self._events = events
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Piece | Ended] = asyncio.Queue(ROOM)
        self._heard = Heard()
        self._tracer = Tracer()
        self._over = False  # nobody listens, or the last word was said
        self._listened = asyncio.Event()  # to the last word, or left
        self._ended_by: tuple[Outcome, Problem | None] | None = None
        self._timers: list[asyncio.TimerHandle] = []

    def start(self) -> None:
        """Begin to read. From now on `listen` or `leave` must follow."""
        self._reading = self._loop.create_task(self._read())
        self._task = self._loop.create_task(self._run())
        self._after(self._limits.longest, Outcome.CUT, TOO_LONG)
        _in_flight[self.record_id] = self

    async def listen(self) -> AsyncGenerator[Piece | Ended, None]:
        """Yield pieces and then one Ended. Leaving early is fine at any point."""
        try:
            while True:
                item = await self._queue.get()
                yield item
                if isinstance(item, Ended):
                    return
        finally:
            self._leave()

    def leave(self) -> None:
        """Say that nobody listens any more."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leave)

    def stop(self) -> None:
        """Close upstream now, because the person asked for it."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._break_off, Outcome.STOPPED)

    async def close(self) -> None:
        """Tell the listener that the process ends, close upstream and settle."""
        self._break_off(Outcome.LOST, RESTARTING)
        if self._ended_by == (Outcome.LOST, RESTARTING):
            self._say_goodbye(RESTARTING)
        await self.finished()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._listened.wait(), GOODBYE_TIME)

    def _say_goodbye(self, problem: Problem) -> None:
        """Tell the listener at once, without a cost: there is no time or no ledger."""
        if not self._over:
            self._make_room()
            self._queue.put_nowait(self._ended(Outcome.LOST, problem, None))
            self._over = True

    async def finished(self) -> None:
        """Wait until the record is settled and the last word said."""
        await asyncio.wait({self._task})

    def _leave(self) -> None:
        self._listened.set()
        if self._over:
            return
        self._over = True
        self._make_room()
        if not self._reading.done():
            self._after(self._limits.drain, Outcome.LEFT)

    def _make_room(self) -> None:
        """Empty the queue, which also wakes a reading that waits for room."""
        while not self._queue.empty():
            self._queue.get_nowait()

    def _break_off(self, outcome: Outcome, problem: Problem | None = None) -> None:
        if not self._reading.done() and not self._ended_by:
            self._ended_by = outcome, problem
            self._reading.cancel()

    def _after(
        self, time: timedelta, outcome: Outcome, problem: Problem | None = None
    ) -> None:
        seconds = time.total_seconds()
        timer = self._loop.call_later(seconds, self._break_off, outcome, problem)
        self._timers.append(timer)

    async def _read(self) -> None:
        async for event in self._events:
            pieces = self._heard.take(event)
            self._tracer.take(event, pieces, self._heard)
            for piece in pieces:
                if not self._over:
                    await self._queue.put(piece)

    async def _run(self) -> None:
        try:
            await asyncio.wait({self._reading})
            for timer in self._timers:
                timer.cancel()
            await self._events.aclose()
            ending, problem = self._judge()
            cost = await settle(self.record_id, ending)
            await self._last_word(self._ended(ending.outcome, problem, cost))
        finally:
            del _in_flight[self.record_id]
            self._say_goodbye(FAULT)  # unless the last word was said

    def _judge(self) -> tuple[Ending, Problem | None]:
        """Say how the reading ended: by an error, by us, or by itself."""
        heard, prompt = self._heard, self._call.prompt_tokens
        cancelled = self._reading.cancelled()
        error = None if cancelled else self._reading.exception()
        if isinstance(error, xai.XaiError):
            ending = endings.failed(error, heard, prompt_tokens=prompt)
            problem: Problem | None = problem_of(error)
        elif error or cancelled:
            if error:
                log.error("reading an answer failed", exc_info=error)
            outcome, problem = self._ended_by or (Outcome.LOST, FAULT)
            ending = endings.broken_off(heard, outcome=outcome, prompt_tokens=prompt)
        else:
            ending, problem = endings.whole(heard), None
        known = replace(
            ending,
            status=ending.status or self._events.status,
            request_id=ending.request_id or self._events.request_id or "",
            first_token_after=self._tracer.first_token,
        )
        return known, problem

    def _ended(
        self, outcome: Outcome, problem: Problem | None, cost: Cost | None
    ) -> Ended:
        heard = self._heard
        return Ended(
            outcome=outcome,
            text="".join(heard.text),
            reasoning="".join(heard.reasoning),
            finish=heard.finish,
            model=heard.model,
            usage=heard.usage,
            cost=cost,
            problem=problem,
            first_token_after=self._tracer.first_token,
            seconds=monotonic() - self._tracer.began,
            trace=self._tracer.told(self._events, key_label=self._call.key_label),
        )

    async def _last_word(self, ended: Ended) -> None:
        if self._over:
            return
        try:
            async with asyncio.timeout(self._limits.last_word.total_seconds()):
                await self._queue.put(ended)
            self._over = True
        except TimeoutError:
            self._leave()  # its browser has stopped reading


_in_flight: dict[UUID, Pump] = {}


def in_flight(record_id: UUID) -> Pump | None:
    """Return the pump of a call that this process is reading, if it is."""
    return _in_flight.get(record_id)


async def close_all() -> None:
    """End every stream of this process: its listener is told, its record settled."""
    await asyncio.gather(*(pump.close() for pump in list(_in_flight.values())))

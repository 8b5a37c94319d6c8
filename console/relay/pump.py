"""One streamed call in flight.

    xAI --events--> pump task --pieces--> any number of listeners
                        |
                        +--> usage record, settled exactly once
                        +--> on_end, with the whole answer

The pump reads the answer to its end in a task of its own; browsers only listen, each
at its own pace, and one that comes late hears all from the beginning. xAI sends the
usage in the last event, so a closed tab must not end the reading: while nobody
listens it goes on for `Limits.drain`. Stop and the end of the process close upstream
at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from uuid import UUID

from console import xai
from console.relay import endings, watching
from console.relay.admission import Call
from console.relay.ended import Ended
from console.relay.hearing import Heard, Piece
from console.relay.listening import Listener
from console.relay.sentences import Problem, problem_of
from console.relay.settling import settle
from console.relay.tracing import Tracer
from console.usage.booking import Cost, Ending
from console.usage.ledger import LONGEST_CALL
from console.usage.models import Outcome

GOODBYE_TIME = 1.0  # seconds, when the process ends

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
TOO_LARGE = Problem(
    sentence="The answer is larger than 4 million characters.",
    advice="What came is shown. Ask for less in one answer.",
    cause="too_large",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a pump goes on."""

    longest: timedelta = LONGEST_CALL
    drain: timedelta = timedelta(seconds=60)  # while nobody listens: time for a reload
    largest: int = 4_000_000  # characters


USUAL_LIMITS = Limits()


OnEnd = Callable[[Ended], Awaitable[None]]


class Pump:
    """Reads one stream, feeds its listeners, settles one record.

    `listen`, then `start`. `stop` may be called from any thread, at any time and more
    than once. `on_end` is awaited after the record is settled and the listeners were
    told; what it raises is logged.
    """

    def __init__(
        self,
        *,
        events: xai.EventStream,
        call: Call,
        limits: Limits = USUAL_LIMITS,
        on_end: OnEnd | None = None,
    ) -> None:
        self.record_id = call.record_id
        self.last: Ended | None = None  # the last word, once it is said
        self._limits = limits
        self._call = call
        self._events = events
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._heard = Heard()
        self._pieces: list[Piece] = []
        self._listeners: set[Listener] = set()
        self._alone = asyncio.Event()  # nobody listens
        self._tracer = Tracer()
        self._ended_by: tuple[Outcome, Problem | None] | None = None
        self._too_long: asyncio.TimerHandle | None = None
        self._draining: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to read."""
        self._reading = self._loop.create_task(self._read())
        self._task = self._loop.create_task(self._run())
        self._too_long = self._after(self._limits.longest, Outcome.CUT, TOO_LONG)
        _in_flight[self.record_id] = self
        watching.watch(self.record_id, self._withdraw)

    def listen(self) -> Listener:
        """Return one more listener, which hears everything from the first piece on."""
        listener = Listener(self, self._loop)
        self._listeners.add(listener)
        self._alone.clear()
        if self._draining:
            self._draining.cancel()
            self._draining = None
        return listener

    def pieces_from(self, start: int) -> list[Piece]:
        """Return what came after so many pieces."""
        return self._pieces[start:]

    def so_far(self) -> tuple[str, str]:
        """Return the text and the reasoning that came until now. From any thread."""
        return "".join(self._heard.text), "".join(self._heard.reasoning)

    def forget(self, listener: Listener) -> None:
        """Let one listener go; without any, the reading ends after a while."""
        if listener not in self._listeners:
            return
        self._listeners.remove(listener)
        if not self._listeners:
            self._alone.set()
            if self.last is None and not self._reading.done():
                self._draining = self._after(self._limits.drain, Outcome.LEFT)

    def stop(self) -> None:
        """Close upstream now, because the person asked for it."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._break_off, Outcome.STOPPED)

    async def close(self) -> None:
        """Tell the listeners that the process ends, close upstream and settle."""
        self._break_off(Outcome.LOST, RESTARTING)
        if self._ended_by == (Outcome.LOST, RESTARTING):
            # At once, without a cost: there is no time for the ledger.
            self._say(self._ended(Outcome.LOST, RESTARTING, None))
        await self.finished()
        if self._listeners:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._alone.wait(), GOODBYE_TIME)

    async def finished(self) -> None:
        """Wait until the record is settled, the last word said and `on_end` done."""
        await asyncio.wait({self._task})

    def _withdraw(self) -> None:
        self._break_off(Outcome.WITHDRAWN, watching.WITHDRAWN)

    def _say(self, ended: Ended) -> None:
        """Say the last word; only the first one counts."""
        if self.last is None:
            self.last = ended
            self._wake()

    def _wake(self) -> None:
        for listener in self._listeners:
            listener.news.set()

    def _break_off(self, outcome: Outcome, problem: Problem | None = None) -> None:
        if not self._reading.done() and not self._ended_by:
            self._ended_by = outcome, problem
            self._reading.cancel()

    def _after(
        self, time: timedelta, outcome: Outcome, problem: Problem | None = None
    ) -> asyncio.TimerHandle:
        seconds = time.total_seconds()
        return self._loop.call_later(seconds, self._break_off, outcome, problem)

    async def _read(self) -> None:
        async for event in self._events:
            pieces = self._heard.take(event)
            self._tracer.take(event, pieces, self._heard)
            self._pieces += pieces
            self._wake()
            if self._heard.size > self._limits.largest:
                self._break_off(Outcome.CUT, TOO_LARGE)

    async def _run(self) -> None:
        try:
            await asyncio.wait({self._reading})
            for timer in (self._too_long, self._draining):
                if timer:
                    timer.cancel()
            await self._events.aclose()
            ending, problem = self._judge()
            cost = await settle(self.record_id, ending)
            ended = self._ended(ending.outcome, problem, cost)
            self._say(ended)
            await self._tell(ended)
        finally:
            del _in_flight[self.record_id]
            watching.forget(self.record_id)
            # Unless the last word was said.
            self._say(self._ended(Outcome.LOST, FAULT, None))

    async def _tell(self, ended: Ended) -> None:
        if self._on_end:
            told = await asyncio.gather(self._on_end(ended), return_exceptions=True)
            if isinstance(told[0], BaseException):
                # Its kind alone: a message could hold what was said.
                log.error("an answer was not kept: %s", type(told[0]).__name__)

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
            last_event_after=self._tracer.last_event,
            others=tuple("".join(heard.others[one]) for one in sorted(heard.others)),
            tool_calls=tuple(heard.tool_calls),
            trace=self._tracer.told(self._events, key_label=self._call.key_label),
        )


_in_flight: dict[UUID, Pump] = {}


def in_flight(record_id: UUID) -> Pump | None:
    """Return the pump of a call that this process is reading, if it is."""
    return _in_flight.get(record_id)


def number_in_flight() -> int:
    """Return how many calls this process is reading."""
    return len(_in_flight)


async def close_all() -> None:
    """End every stream of this process: its listener is told, its record settled."""
    await asyncio.gather(*(pump.close() for pump in list(_in_flight.values())))

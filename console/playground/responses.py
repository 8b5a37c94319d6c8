"""Answers to admitted calls, while they come from xAI.

A view admits the call in its thread and returns one of these; the event loop then
iterates it. Nothing is sent to xAI before that: if it never happens, because the
browser left meanwhile or something failed before, the record of the call is released.

The events that a browser gets, by name:

    start      {record, key, team}     the call is admitted, or was before
    reasoning  {text}                  some characters of the model's thinking
    text       {text}                  some characters of the answer
    done       {html, meter, text}     the whole answer, rendered; the last event
    error      {html, meter, text, notice}  the same, with what went wrong
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta

from django.http import StreamingHttpResponse

from console import xai
from console.accounts.models import User
from console.keys.upstream import async_client
from console.lib.db import in_db
from console.playground import showing
from console.playground.conversations import keeping
from console.playground.conversations.keeping import KeptAnswer, follow
from console.playground.models import Turn
from console.playground.structured.expected import Expected
from console.playground.tokens import Slice, slices
from console.relay import calls
from console.relay.admission import Call
from console.relay.ended import Ended
from console.relay.hearing import Piece
from console.relay.listening import Listener
from console.relay.pump import Limits, Pump, in_flight
from console.relay.sentences import problem_of
from console.usage import ledger

# Nothing of it is found again after the page is left.
UNKEPT = Limits(drain=timedelta(seconds=10))

OpenStream = Callable[[xai.AsyncXaiClient, xai.XaiAuth], xai.EventStream]


class CallResponse(StreamingHttpResponse, ABC):
    """What the two kinds have in common."""

    def __init__(self, call: Call, content_type: str) -> None:
        self.call = call
        self._started = False  # whoever was started settles the record
        super().__init__(self._iterate(), content_type=content_type)
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"  # proxies must pass on each part

    async def _iterate(self) -> AsyncIterator[bytes]:
        closed = False  # by Django, which closes no response that fails
        try:
            async for part in self.parts():
                yield part
            closed = True
        except (asyncio.CancelledError, GeneratorExit):
            closed = True
            raise
        finally:
            if not closed:
                await in_db(self.end)

    @abstractmethod
    def parts(self) -> AsyncIterator[bytes]:
        """Make the call, say that it was started, and yield its answer."""

    def close(self) -> None:
        """End, however it came; called in a thread."""
        super().close()
        self.end()

    def end(self) -> None:
        """Release what was never started. In a thread; more than once is fine."""
        if not self._started:
            ledger.release(self.call.record_id, problem="left")


class EventsResponse(CallResponse):
    """A streamed answer as server-sent events; `kept` writes down what comes."""

    def __init__(
        self,
        call: Call,
        open_stream: OpenStream,
        *,
        expected: Expected | None = None,
        kept: KeptAnswer | None = None,
    ) -> None:
        super().__init__(call, "text/event-stream")
        self._open_stream = open_stream
        self._expected = expected
        self._kept = kept
        self._listener: Listener | None = None

    async def parts(self) -> AsyncIterator[bytes]:
        """Start the pump and translate what it says."""
        call, kept = self.call, self._kept
        events = self._open_stream(async_client(call.host), call.auth)
        if kept:
            pump = Pump(events=events, call=call, on_end=kept.end)
        else:
            pump = Pump(events=events, call=call, limits=UNKEPT)
        self._listener = pump.listen()
        pump.start()
        self._started = True
        if kept:
            kept.begin(pump)
        record = str(call.record_id)
        yield _event("start", record=record, key=call.key_label, team=call.team_name)
        async for item in self._listener:
            yield await _told(item, self._expected, kept=kept is not None)

    def end(self) -> None:
        """Let the pump know that this browser listens no more."""
        super().end()
        if self._started and self._listener:
            self._listener.leave()
        elif self._kept:
            self._kept.never_sent()
            self._kept = None  # it may be asked for again


class AnswerResponse(StreamingHttpResponse):
    """An answer that was asked for before, from its beginning: it costs nothing.

    It is heard from the pump if this process reads it, else as it is written down.
    """

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._listener: Listener | None = None
        super().__init__(self._parts(), content_type="text/event-stream")
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"

    async def _parts(self) -> AsyncIterator[bytes]:
        record = self._turn.record
        key, team = (record.key.label, record.team.name) if record else ("", "")
        record_id = str(self._turn.record_id or "")
        items: AsyncIterator[Piece | Ended]
        expected = await in_db(keeping.expected_of, self._turn.pk)
        if record and (pump := in_flight(record.pk)):
            items = self._listener = pump.listen()
        else:
            items = follow(self._turn.pk)
        yield _event("start", record=record_id, key=key, team=team)
        async for item in items:
            if not self._listener and isinstance(item, Ended):
                expected = await in_db(keeping.expected_of, self._turn.pk)
            yield await _told(item, expected, kept=True)

    def close(self) -> None:
        """Let the pump know that this browser listens no more."""
        super().close()
        if self._listener:
            self._listener.leave()


class TokensResponse(CallResponse):
    """The tokens of a text, as lines of JSON.

    First what is shown around them, then slices of tokens, then {end}; or one line
    {notice}, when xAI does not tell them.
    """

    def __init__(self, call: Call, text: str, user: User) -> None:
        super().__init__(call, "application/x-ndjson")
        self._text = text
        self._user = user

    async def parts(self) -> AsyncIterator[bytes]:
        """Make the call, and yield a line at a time so that no other stream waits."""
        self._started = True
        try:
            result = await calls.tokenize(self.call, self._text)
        except xai.XaiError as error:
            yield _line({"notice": showing.notice(problem_of(error))})
            return
        yield _line(await in_db(showing.figures, self._user, result, self._text))
        waiting = slices(result.tokens)
        while line := await asyncio.to_thread(_next_line, waiting):
            yield line
        yield _line({"end": True})


def _next_line(waiting: Iterator[Slice]) -> bytes:
    part = next(waiting, None)
    return _line(part) if part else b""


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


async def _told(item: Piece | Ended, expected: Expected | None, *, kept: bool) -> bytes:
    if isinstance(item, Piece):
        return _event(item.kind, text=item.text)
    shown = await showing.answer(item, expected, kept=kept)
    if item.problem is None:
        return _event("done", **shown)
    return _event("error", notice=showing.notice(item.problem), **shown)


def _event(name: str, **data: object) -> bytes:
    # As xai.Event would; in what `dumps` writes there is no end of a line.
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()

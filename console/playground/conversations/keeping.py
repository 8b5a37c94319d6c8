"""Keeping answers while they come, and hearing one that another process reads.

    pump --every second--> its turn, sealed --twice a second--> followers elsewhere
                               |
    stop or delete from -------+--> pump
    elsewhere

All answers of a process are written with one statement, whose cost hardly grows with
their number.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models.functions import Now

from console import vault
from console.lib.closing import is_closing, on_close
from console.lib.db import in_db
from console.playground.conversations import contents, storing, traces
from console.playground.models import Turn, TurnState
from console.playground.structured.expected import Expected
from console.relay import pump as pumps
from console.relay.ended import Ended
from console.relay.hearing import Piece
from console.relay.pump import Pump
from console.relay.settling import patiently
from console.usage.models import UsageRecord

EVERY = 1.0  # seconds between two writes of all that is coming
LOOK_EVERY = 0.5  # seconds between two looks of a follower
DEAD_AFTER = timedelta(seconds=20)  # without a write
SEALED_FOR = 600.0  # seconds in which an end waits for the vault to be opened
SEALED_PAUSE = 2.0  # seconds between two tries

WRITE = """
    UPDATE playground_turn turn
       SET sealed_content = coalesce(fresh.content, turn.sealed_content),
           kept_at = statement_timestamp()
      FROM unnest(%(ids)s::uuid[], %(contents)s::bytea[]) AS fresh (id, content)
     WHERE turn.id = fresh.id AND turn.state = 'coming'
    RETURNING turn.id, turn.stop_asked
"""

log = logging.getLogger(__name__)

_kept: dict[UUID, Pump] = {}  # by the answer
_expected: dict[UUID, Expected | None] = {}  # likewise, of what is kept now
_writing: asyncio.Task[None] | None = None
_followers: set[asyncio.Event] = set()


class KeptAnswer:
    """What a pump tells of one answer that is kept."""

    def __init__(
        self,
        answer_id: UUID,
        expected: Expected | None = None,
        asked: contents.Json | None = None,
    ) -> None:
        self._answer_id = answer_id
        self._expected = expected
        self._asked = asked

    def begin(self, pump: Pump) -> None:
        """Write what comes from now on. In the event loop."""
        global _writing
        _kept[self._answer_id] = pump
        _expected[self._answer_id] = self._expected
        if _writing is None or _writing.done():
            _writing = asyncio.get_running_loop().create_task(_write_on())

    async def end(self, ended: Ended) -> None:
        """Keep the whole answer, with patience.

        For a minute while the database is away, and for SEALED_FOR while the vault is
        sealed, unless the process ends: what was kept until then is shown as cut.
        """
        _kept.pop(self._answer_id, None)
        try:
            await self._keep(ended)
        finally:
            _expected.pop(self._answer_id, None)

    async def _keep(self, ended: Ended) -> None:
        content = contents.to_json(ended, self._expected, self._asked)
        until = monotonic() + SEALED_FOR
        while True:
            try:
                await patiently(storing.end, self._answer_id, ended, content)
                return
            except vault.Sealed:
                if monotonic() > until or is_closing():
                    raise
            await asyncio.sleep(SEALED_PAUSE)

    def never_sent(self) -> None:
        """Forget the answer. In a thread."""
        storing.never_sent(self._answer_id)


def expected_of(answer_id: UUID) -> Expected | None:
    """Return the kind of answer that was asked for; of one that is gone, none."""
    if answer_id in _expected:
        return _expected[answer_id]
    turn = storing.answers().filter(pk=answer_id).first()
    return contents.expected_of(storing.open_turn(turn)) if turn else None


async def _write_on() -> None:
    while _kept:
        await asyncio.sleep(EVERY)
        for answer_id, pump in list(_kept.items()):
            if pumps.in_flight(pump.record_id) is not pump:
                del _kept[answer_id]
        if _kept:
            await in_db(write, dict(_kept))


def write(coming: dict[UUID, Pump]) -> None:
    """Write what came of these answers, and stop those that nobody wants any more.

    Those are the ones that were asked to, and the ones whose turn was deleted. A
    database that is away, or a sealed vault, loses nothing but this one time.
    """
    try:
        contents_now = _sealed(coming)
        with connection.cursor() as cursor:
            cursor.execute(WRITE, {"ids": list(coming), "contents": contents_now})
            there = dict(cursor.fetchall())
        unwanted = {answer_id for answer_id, stop in there.items() if stop}
        unwanted |= _deleted(coming.keys() - there.keys())
    except DatabaseError as error:
        _not_kept(error)
        return
    for answer_id in unwanted:
        coming[answer_id].stop()


def _sealed(coming: dict[UUID, Pump]) -> list[bytes | None]:
    """Return what is to be written; nothing while the vault is sealed."""
    try:
        return [
            storing.seal_turn(_partial(pump), answer_id)
            for answer_id, pump in coming.items()
        ]
    except vault.Sealed as error:
        _not_kept(error)
        return [None] * len(coming)


def _partial(pump: Pump) -> contents.Json:
    text, reasoning = pump.so_far()
    return {"text": text, "reasoning": reasoning}


def _deleted(missing: set[UUID]) -> set[UUID]:
    """Return which of these answers are gone; others were taken for dead."""
    if not missing:
        return missing
    return missing - set(
        Turn.objects.filter(pk__in=missing).values_list("pk", flat=True)
    )


def _not_kept(error: Exception) -> None:
    log.warning("answers were not kept this time: %s", type(error).__name__)


def ask_to_stop(record: UsageRecord) -> bool:
    """Ask whichever process reads an answer to stop; return whether it is kept."""
    coming = Turn.objects.filter(record=record, state=TurnState.COMING)
    return bool(coming.update(stop_asked=True))


def cut_the_dead() -> int:
    """Mark answers whose process died as cut, with what was kept; return how many."""
    dead = Turn.objects.filter(state=TurnState.COMING, kept_at__lt=Now() - DEAD_AFTER)
    return dead.update(state=TurnState.CUT)


@dataclass(frozen=True, slots=True)
class Look:
    """One answer as it stands in the database."""

    text: str
    reasoning: str
    ended: Ended | None  # None: still coming


def look(answer_id: UUID) -> Look | None:
    """Return how far an answer has come; None if it is gone."""
    cut_the_dead()
    turn = storing.answers().filter(pk=answer_id).first()
    if turn is None:
        return None
    content = storing.open_turn(turn)
    ended = contents.from_json(content, turn.record)
    whole = None if turn.state == TurnState.COMING else traces.traced(turn, ended)
    return Look(ended.text, ended.reasoning, whole)


async def follow(answer_id: UUID) -> AsyncIterator[Piece | Ended]:
    """Yield an answer that this process does not read, from its beginning to its end.

    Ends without an Ended if the answer is deleted meanwhile, or this process stops.
    """
    closing = asyncio.Event()
    _followers.add(closing)
    heard = {"reasoning": 0, "text": 0}
    try:
        while not closing.is_set() and (seen := await in_db(look, answer_id)):
            if fresh := seen.reasoning[heard["reasoning"] :]:
                yield Piece("reasoning", fresh)
            if fresh := seen.text[heard["text"] :]:
                yield Piece("text", fresh)
            heard = {"reasoning": len(seen.reasoning), "text": len(seen.text)}
            if seen.ended:
                yield seen.ended
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(closing.wait(), LOOK_EVERY)
    finally:
        _followers.discard(closing)


@on_close
async def let_followers_go() -> None:
    """End what is followed: its browsers find it again when Gatehouse is back."""
    for closing in _followers:
        closing.set()

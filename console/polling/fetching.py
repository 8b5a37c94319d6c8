"""The HTTP side of the poller: one event loop in a thread of its own per process.

The worker's thread has the rows, the loop has the connections. Nothing in here
touches the database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from random import uniform
from time import monotonic
from uuid import UUID, uuid4

from django.utils import timezone

from console import xai
from console.keys import upstream
from console.keys.models import ApiKey
from console.polling import dates
from console.polling.models import PollKind
from console.polling.schedule import Claim

log = logging.getLogger(__name__)

GROUP_TIME = 0.1  # seconds to wait for more answers, to write them together
LOOK_UP_TIME = 1.0  # seconds; then others may have become due
START_TIME = 25.0  # seconds; a poll begun later might outlive its lease


@dataclass(frozen=True, slots=True)
class ModelLists:
    """The two lists that a poll of models brings home."""

    listed: xai.LanguageModelList
    models: xai.ModelList | None  # None: only the first list was told


@dataclass(frozen=True, slots=True)
class Fault:
    """A poll that was not made, by no fault of xAI."""

    problem: str  # our words, shown at the key; "" leaves the key as it is


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A poll that was left for later: nothing is known, and nothing went wrong."""

    wait: float  # seconds


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one poll brought."""

    claim: Claim
    api_key: ApiKey
    outcome: xai.KeyInfo | ModelLists | xai.XaiError | Fault | NotAsked
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Errand:
    """One poll to make."""

    claim: Claim
    api_key: ApiKey
    auth: xai.XaiAuth
    begun_at: float = field(default_factory=monotonic)


async def fetch(errand: Errand) -> Fetched:
    """Ask xAI once (with the client's one retry) and say what came."""
    outcome: xai.KeyInfo | ModelLists | xai.XaiError
    client = upstream.async_client(errand.claim.host)
    try:
        if errand.claim.kind == PollKind.KEY:
            outcome = await client.key_info(auth=errand.auth)
        else:
            listed = await client.language_models(auth=errand.auth)
            outcome = ModelLists(listed, await _other_models(client, errand.auth))
    except xai.XaiError as error:
        outcome = error
    return Fetched(errand.claim, errand.api_key, outcome, timezone.now())


async def _other_models(
    client: xai.AsyncXaiClient, auth: xai.XaiAuth
) -> xai.ModelList | None:
    """Return /v1/models; prices must not wait for the context lengths it adds."""
    try:
        return await client.models(auth=auth)
    except xai.XaiError:
        return None


class Lane:
    """One run of the poller: its caps, and what the loop has finished for it.

    At most `at_once` requests are in flight, and `per_team` of one team; a team is
    in one lane at a time.
    """

    def __init__(self, *, at_once: int, per_team: int) -> None:
        self.id = uuid4()
        self.shut: set[str] = set()  # hosts that are not to be asked any more
        self._room = asyncio.Semaphore(at_once)
        self._room_of_team: dict[UUID, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(per_team)
        )
        self._paused: dict[UUID, float] = {}  # teams that got 429, until when
        self._done: SimpleQueue[Fetched | Errand] = SimpleQueue()

    async def run(self, errand: Errand) -> None:
        """Make one poll when there is room for it."""
        done: Fetched | Errand = errand
        try:
            async with self._room_of_team[errand.claim.team_id], self._room:
                done = self._left_for_later(errand) or await fetch(errand)
            if isinstance(done, Fetched):
                self._heed(done)
        finally:
            self.put(done)  # the errand itself, if it broke

    def _left_for_later(self, errand: Errand) -> Fetched | None:
        """Return the result of an errand whose time has passed while it waited."""
        now, claim = monotonic(), errand.claim
        pause = self._paused.get(claim.team_id, 0.0) - now
        late = now > errand.begun_at + START_TIME
        shut = claim.host in self.shut and not claim.probe
        if pause <= 0 and not late and not shut:
            return None
        outcome = NotAsked(max(0.0, pause))
        return Fetched(claim, errand.api_key, outcome, timezone.now())

    def _heed(self, done: Fetched) -> None:
        """xAI's limits are per team, so one 429 speaks for all of its keys."""
        if isinstance(done.outcome, xai.RateLimited):
            pause = dates.pause_of(done.outcome, dice=uniform).total_seconds()
            self._paused[done.claim.team_id] = monotonic() + pause

    def put(self, item: Fetched | Errand) -> None:
        """Add a result."""
        self._done.put(item)

    def take(self, *, enough: int) -> list[Fetched | Errand]:
        """Wait for a result; return it with others that come at about that time.

        Ends early at `enough`, and with an empty list if none came for a second.
        """
        try:
            taken = [self._done.get(timeout=LOOK_UP_TIME)]
        except Empty:
            return []
        deadline = monotonic() + GROUP_TIME
        while len(taken) < enough:
            try:
                left = max(0.0, deadline - monotonic())
                taken.append(self._done.get(timeout=left))
            except Empty:
                break
        return taken


class Background:
    """An event loop that runs in a thread until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="polls", daemon=True
        )
        self._thread.start()

    def send(self, errands: Iterable[Errand], lane: Lane) -> None:
        """Start these polls; each ends up in the lane."""
        self._loop.call_soon_threadsafe(self._start, list(errands), lane)

    def _start(self, errands: list[Errand], lane: Lane) -> None:
        for errand in errands:
            task = self._loop.create_task(lane.run(errand))
            self._tasks.add(task)  # the loop itself holds tasks only weakly
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (mistake := task.exception()):
            log.error("A poll broke.", exc_info=mistake)

    def close(self) -> None:
        """Close the connections and end the thread."""
        closing = asyncio.run_coroutine_threadsafe(
            upstream.close_async_clients(), self._loop
        )
        closing.result(timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()


_lock = threading.Lock()
_backgrounds: dict[int, Background] = {}


def background() -> Background:
    """Return this process's loop; a forked child gets one of its own."""
    with _lock:
        process = os.getpid()
        if process not in _backgrounds:
            _backgrounds.clear()
            _backgrounds[process] = Background()
        return _backgrounds[process]


def close_background() -> None:
    """Close this process's loop, if it has one; the next use makes another."""
    with _lock:
        found = _backgrounds.pop(os.getpid(), None)
    if found is not None:
        found.close()

"""When what of one streamed answer came, kept while it comes. Pure.

    began -- connected -- answered -- first token -- last event -- ended
          connect      answer      wait           stream

Bounded: of a long answer the first and the last events are kept, and how many of
each kind there were.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from console import xai
from console.relay.hearing import Heard, Piece

FIRST, LAST = 200, 50  # events that are kept
LONGEST = 40  # characters of a kind


class Moment(NamedTuple):
    """One event: when it came, of which kind it is and the characters it brought."""

    after: float  # seconds since the call began
    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One call as the wire saw it. Times are seconds since it began; None: never."""

    asked: xai.Asked | None  # None: nothing was sent
    key_label: str
    status: int | None
    request_id: str
    headers: tuple[tuple[str, str], ...]
    connected: float | None  # None also when the engine does not tell
    reused: bool  # the connection was open before
    answered: float | None  # the head of the answer
    first_token: float | None
    last_event: float | None
    ended: float
    first: tuple[Moment, ...]
    last: tuple[Moment, ...]
    left_out: int  # events between the two
    counts: tuple[tuple[str, int], ...]  # by kind, the most frequent first
    request: str = ""  # in words, where it is kept so in place of `asked`

    @property
    def events(self) -> int:
        """How many came."""
        return sum(count for _, count in self.counts)


@dataclass(slots=True)
class Tracer:
    """Notes events as they come; costs a few tuples for each."""

    began: float = field(default_factory=monotonic)
    first_token: float | None = None
    last_event: float | None = None
    _first: list[Moment] = field(default_factory=list)
    _last: deque[Moment] = field(default_factory=lambda: deque(maxlen=LAST))
    _counts: Counter[str] = field(default_factory=Counter)
    _usage: xai.Usage | None = None  # as they were at the event before
    _finish: str = ""

    def take(self, event: xai.Event, pieces: Sequence[Piece], heard: Heard) -> None:
        """Note one event, which has just been heard."""
        after = self.last_event = monotonic() - self.began
        if pieces and self.first_token is None:
            self.first_token = after
        if pieces:
            moment = Moment(after, pieces[0].kind, pieces[0].text)
        else:
            moment = Moment(after, self._kind(event, heard))
        self._usage, self._finish = heard.usage, heard.finish
        self._counts[moment.kind] += 1
        kept = self._first if len(self._first) < FIRST else self._last
        kept.append(moment)

    def _kind(self, event: xai.Event, heard: Heard) -> str:
        if event.name != "message":
            return event.name[:LONGEST]
        if heard.finish != self._finish:
            return f"finish {heard.finish}"[:LONGEST]
        return "usage" if heard.usage is not self._usage else "other"

    def told(self, events: xai.EventStream, *, key_label: str) -> Trace:
        """Return the trace as it stands now."""
        connecting = events.connecting
        kept = len(self._first) + len(self._last)
        return Trace(
            asked=events.asked,
            key_label=key_label,
            status=events.status,
            request_id=events.request_id or "",
            headers=events.headers,
            connected=self._since(connecting.at),
            reused=connecting.reused,
            answered=self._since(events.answered_at),
            first_token=self.first_token,
            last_event=self.last_event,
            ended=monotonic() - self.began,
            first=tuple(self._first),
            last=tuple(self._last),
            left_out=self._counts.total() - kept,
            counts=tuple(self._counts.most_common()),
        )

    def _since(self, moment: float | None) -> float | None:
        return None if moment is None else max(0.0, moment - self.began)

"""Hearing an answer that a pump reads: any number at once, each at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Protocol

from console.relay.ended import Ended
from console.relay.hearing import Piece


class Source(Protocol):
    """What a listener needs of a pump."""

    last: Ended | None

    def pieces_from(self, start: int) -> list[Piece]:
        """Return what came after so many pieces."""

    def forget(self, listener: Listener) -> None:
        """Let a listener go."""


class Listener:
    """Hears pieces and then one Ended, in an `async for`. Leaving early is fine.

    `leave` may be called from any thread, at any time and more than once.
    """

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop) -> None:
        self.news = asyncio.Event()
        self._source = source
        self._loop = loop
        self._waiting: Iterator[Piece] = iter(())
        self._at = 0  # how many pieces of the source were heard
        self._over = False

    def __aiter__(self) -> Listener:
        return self

    async def __anext__(self) -> Piece | Ended:
        while not self._over:
            if piece := next(self._waiting, None):
                return piece
            self.news.clear()
            pieces = self._source.pieces_from(self._at)
            self._at += len(pieces)
            self._waiting = joined(pieces)
            if not pieces and (last := self._source.last):
                self._leave()
                return last
            if not pieces:
                await self.news.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Leave, from within the event loop."""
        self._leave()

    def leave(self) -> None:
        """Leave, from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        self._over = True
        self.news.set()
        self._source.forget(self)


def joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield one piece for each run of the same kind."""
    for kind, run in groupby(pieces, key=lambda piece: piece.kind):
        yield Piece(kind, "".join(piece.text for piece in run))

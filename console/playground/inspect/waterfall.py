"""Where the time of one answer went: connect, wait, stream. Pure.

    0 -- connected -- first token -- last event
      connect      wait           stream

Without a token there is no stream, and without an answer all of it is waiting. What
was not measured is no part of its own: it is said in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.relay.tracing import Trace
from console.xai.limits import FRAME

GAP = 0.4  # per cent between two parts
LEAST = 0.6  # per cent, so that a part can be seen


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar; across in per cent of the drawing."""

    name: str
    mark: str  # its class in the drawing
    swatch: str  # its class in the legend
    seconds: float
    words: str
    x: str
    width: str


def seconds_in_words(seconds: float | None) -> str:
    """Write a time: 7 ms, 0.41 s, 12.3 s."""
    if seconds is None:
        return "not measured"
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "<1 ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def parts_of(trace: Trace) -> tuple[Part, ...]:
    """Return the parts of the bar, in order."""
    end = trace.last_event if trace.last_event is not None else trace.ended
    connected = None if trace.connected is None else min(trace.connected, end)
    began = connected or 0.0
    first = end if trace.first_token is None else trace.first_token
    measured = [("wait", "b", "s2", began, first), ("stream", "c", "s1", first, end)]
    if connected is not None:
        measured.insert(0, ("connect", "a", "s5", 0.0, connected))
    if trace.first_token is None:
        measured = [each for each in measured if each[0] != "stream"]
    whole = max(end, 1e-9)
    return tuple(
        _part(name, mark, swatch, start, stop, whole)
        for name, mark, swatch, start, stop in measured
    )


def _part(
    name: str, mark: str, swatch: str, start: float, stop: float, whole: float
) -> Part:
    x, width = 100 * start / whole, 100 * (stop - start) / whole - GAP
    width = max(width, LEAST)
    words = f"{name} {seconds_in_words(stop - start)}"
    left = f"{min(x, 100 - width):.2f}%"
    return Part(name, mark, swatch, stop - start, words, left, f"{width:.2f}%")


def tokens_per_second(
    tokens: int | None, *, first: float | None, last: float | None
) -> float | None:
    """Return how fast an answer came, from its first token to its last event.

    None where that tells nothing: nothing came, or it came all at once.
    """
    if not tokens or first is None or last is None:
        return None
    lasted = last - first
    return tokens / lasted if lasted >= SHORTEST else None


SHORTEST = 5 * FRAME  # seconds; a time is known to one reading of the stream

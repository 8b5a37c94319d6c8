"""What is known of a call once it has ended."""

from __future__ import annotations

from dataclasses import dataclass

from console import xai
from console.relay.hearing import ToolCall
from console.relay.sentences import Problem
from console.relay.tracing import Trace
from console.usage.booking import Cost
from console.usage.models import Outcome


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
    last_event_after: float | None = None  # seconds; None also: it came in one piece
    others: tuple[str, ...] = ()  # the texts of all choices but the first
    tool_calls: tuple[ToolCall, ...] = ()
    trace: Trace | None = None  # None: the answer came in one piece, or from a record

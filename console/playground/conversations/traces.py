"""The trace of a kept answer, for its inspector: sealed beside it, opened on demand.

What is kept is what the inspector shows of it: a few ten KB at most, with the request
in words, without secrets and images.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from console.lib.redact import redact
from console.playground.conversations import sealed
from console.playground.inspect import wire
from console.playground.models import Turn
from console.relay.ended import Ended
from console.relay.tracing import Moment, Trace

MOST_KINDS = 40
OTHER_KINDS = "of other kinds"
NAMES = [field.name for field in fields(Trace)]

Json = dict[str, Any]


def seal(trace: Trace | None, answer_id: UUID) -> bytes | None:
    """Return the blob of a trace; nothing of nothing. Raises vault.Sealed."""
    if trace is None:
        return None
    return sealed.close(to_json(trace), kind=sealed.TRACE, row=answer_id)


def traced(turn: Turn, ended: Ended) -> Ended:
    """Return an answer with the trace that is kept beside it. Raises vault.Sealed."""
    blob = turn.sealed_trace
    told = sealed.open_(blob, kind=sealed.TRACE, row=turn.pk) if blob else None
    return replace(ended, trace=from_json(told)) if isinstance(told, dict) else ended


def to_json(trace: Trace) -> Json:
    """Return what to keep of a trace."""
    counts, rest = trace.counts[:MOST_KINDS], trace.counts[MOST_KINDS:]
    if rest:
        counts += ((OTHER_KINDS, sum(count for _, count in rest)),)
    kept = {name: getattr(trace, name) for name in NAMES}
    return kept | {
        "asked": None,
        "request": wire.request_of(trace),
        "headers": [(name, redact(value)) for name, value in trace.headers],
        "first": [*map(wire.brief, trace.first)],
        "last": [*map(wire.brief, trace.last)],
        "counts": [(wire.hidden(kind), count) for kind, count in counts],
    }


def from_json(content: Json) -> Trace:
    """Return a trace that was kept; names that an older version does not know go."""
    told = {name: value for name, value in content.items() if name in NAMES}
    pairs = {name: tuple(map(tuple, told[name])) for name in ("headers", "counts")}
    moments = {
        name: tuple(Moment(*one) for one in told[name]) for name in ("first", "last")
    }
    return Trace(**told | pairs | moments)

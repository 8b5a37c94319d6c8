"""The inspector of one answer, as HTML."""

from __future__ import annotations

from django.template.loader import render_to_string

from console.playground.inspect import wire
from console.playground.inspect.waterfall import parts_of, seconds_in_words
from console.relay.ended import Ended
from console.relay.tracing import Trace


def inspector(ended: Ended) -> str:
    """Return the inspector, or nothing for an answer that was not traced."""
    trace = ended.trace
    if trace is None:
        return ""
    context = {
        "trace": trace,
        "parts": parts_of(trace),
        "facts": _facts(trace),
        "request": wire.request_of(trace),
        "response": wire.response_of(ended, trace),
        "counts": wire.counts_of(trace),
        "events": wire.events_of(trace),
    }
    return render_to_string("playground/inspect/_inspector.html", context)


def _facts(trace: Trace) -> list[tuple[str, str]]:
    connected = seconds_in_words(trace.connected)
    if trace.reused:
        connected += ", over a connection that was open"
    facts = [
        ("Connected", connected),
        ("Answer began", seconds_in_words(trace.answered)),
        ("First token", seconds_in_words(trace.first_token)),
        ("Last event", seconds_in_words(trace.last_event)),
        ("Booked", seconds_in_words(trace.ended)),
    ]
    return [
        (name, "never" if words == "not measured" and name != "Connected" else words)
        for name, words in facts
    ]

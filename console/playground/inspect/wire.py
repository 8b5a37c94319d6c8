"""Request and response as text to read: shortened, and without any secret. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict

from console import xai
from console.lib.redact import SECRET, redact
from console.relay.ended import Ended
from console.relay.tracing import Moment, Trace
from console.xai.jsontext import BadJson, parse_object

LONGEST_TEXT = 600  # characters of one value
LONGEST_LIST = 60  # entries of one list
LONGEST = 64 * 1024  # characters of all
LONGEST_MOMENT = 48
SHORTEST_SECRET = 20  # characters
HIDDEN = "[looks like a secret]"
NO_IMAGE = "[image, not kept]"


def request_of(trace: Trace) -> str:
    """Return the request as it was sent, with the label of its key for the key."""
    asked = trace.asked
    if asked is None:
        return trace.request
    head = [f"{asked.method} {asked.url}"]
    head += [f"{name}: {redact(value)}" for name, value in asked.headers]
    head.append(f"authorization: Bearer [the key {trace.key_label}]")
    return "\n".join([*head, "", _body(asked.body)])


def response_of(ended: Ended, trace: Trace) -> str:
    """Return what xAI answered, put together from the events."""
    status = "no answer" if trace.status is None else f"{trace.status}"
    head = [status, *(f"{name}: {redact(value)}" for name, value in trace.headers)]
    heard = {
        "model": redact(ended.model),
        "finish": redact(ended.finish),
        "text": ended.text,
        "reasoning": ended.reasoning,
        "others": list(ended.others),
        "tool_calls": [asdict(call) for call in ended.tool_calls],
        "usage": _usage(ended.usage),
    }
    told = {name: value for name, value in heard.items() if value}
    return "\n".join([*head, "", _json(told)])


def _usage(usage: xai.Usage | None) -> dict[str, int]:
    told = asdict(usage) if usage else {}
    return {name: count for name, count in told.items() if count is not None}


def _body(body: bytes) -> str:
    try:
        return _json(parse_object(body))
    except BadJson:
        return "[not shown: this is no JSON object]"


def _json(value: object) -> str:
    text = json.dumps(shortened(value), indent=2, ensure_ascii=False)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}\n[the rest is not shown: {len(text):,} characters]"
    return text


def shortened(value: object) -> object:
    """Return a value to read: long texts and lists cut, with how long they were.

    Nothing is left of an image.
    """
    match value:
        case str():
            text = hidden(value)
            if len(text) <= LONGEST_TEXT:
                return text
            return f"{text[:LONGEST_TEXT]}… ({len(text):,} characters)"
        case {"type": "image_url", "image_url": dict(image)}:
            return {"type": "image_url", "image_url": image | {"url": NO_IMAGE}}
        case {"type": "image", "source": dict(source)}:
            return {"type": "image", "source": source | {"data": NO_IMAGE}}
        case dict():
            return {name: shortened(each) for name, each in value.items()}
        case list() if len(value) > LONGEST_LIST:
            half = LONGEST_LIST // 2
            left_out = f"… {len(value) - 2 * half:,} more …"
            return [*map(shortened, value[:half]), left_out] + [
                shortened(each) for each in value[-half:]
            ]
        case list():
            return [shortened(each) for each in value]
    return value


def events_of(trace: Trace) -> str:
    """Return the events as JSON for the page, which draws them when they are wanted.

    Each is [seconds, kind, text]; one of them may say how many are left out.
    """
    events: list[tuple[float | None, str, str]] = [brief(one) for one in trace.first]
    if trace.left_out:
        events.append((None, f"{trace.left_out:,} more", ""))
    events += [brief(one) for one in trace.last]
    return json.dumps(events, separators=(",", ":"))


def counts_of(trace: Trace) -> str:
    """Say how many events of each kind came."""
    counts = ((hidden(kind), count) for kind, count in trace.counts)
    return ", ".join(f"{count:,} {kind}" for kind, count in counts) or "None came."


def brief(moment: Moment) -> Moment:
    """Return one event, shortened."""
    kind, text = moment.kind, moment.text
    if len(text) > LONGEST_MOMENT:
        text = f"{text[:LONGEST_MOMENT]}…"
    if len(kind) + len(text) >= SHORTEST_SECRET:
        kind, text = hidden(kind), hidden(text)
    return Moment(round(moment.after, 3), kind, text)


def hidden(text: str) -> str:
    """Return a text without anything like a secret."""
    return SECRET.sub(HIDDEN, text)

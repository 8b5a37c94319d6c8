"""Calls of the playground as its page makes them, and the stream that comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.e2e.instance import csrf_token

CHAT = "/playground/chat/", "/stream/chat/"
MESSAGES = "/playground/messages/", "/stream/messages/"
MODEL = "grok-4.3"


@dataclass
class Answer:
    """A whole stream: `start`, some text, and its last event."""

    start: dict[str, str]
    text: str = ""
    last_name: str = ""
    last: dict[str, str] = field(default_factory=dict)


def ask(browser: httpx.Client, door: tuple[str, str], prompt: str) -> Answer:
    """Send one prompt and listen to the end."""
    with streaming(browser, door, prompt) as response:
        assert response.status_code == 200, response.read()
        events = events_of(response)
        name, data = next(events)
        assert name == "start"
        answer = Answer(start=data)
        for name, data in events:
            if name == "text":
                answer.text += data["text"]
            elif name in {"done", "error"}:
                answer.last_name, answer.last = name, data
    return answer


def streaming(
    browser: httpx.Client, door: tuple[str, str], prompt: str, **more: str
) -> Any:
    """Return the context in which the answer streams."""
    page, action = door
    turns = json.dumps([{"role": "user", "content": prompt}])
    fields = {
        "csrfmiddlewaretoken": csrf_token(browser.get(page)),
        "model": MODEL,
        "system": "",
        "temperature": "",
        "top_p": "",
        "max_tokens": "200",
        "turns": turns,
        **more,
    }
    return browser.stream("POST", action, data=fields)


def events_of(response: httpx.Response) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield name and data of each event, as soon as its blank line is there."""
    assert response.headers["content-type"].startswith("text/event-stream")
    rest = ""
    for text in response.iter_text():
        *blocks, rest = (rest + text).split("\n\n")
        for block in blocks:
            lines = dict(line.split(": ", 1) for line in block.split("\n"))
            yield lines["event"], json.loads(lines["data"])
    assert rest == ""

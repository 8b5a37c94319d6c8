"""The code of one request in every language, as tabs. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from console.playground.snippets import (
    by_anthropic,
    by_curl,
    by_httpx,
    by_javascript,
    by_openai,
)
from console.playground.snippets.asking import Asking
from console.playground.snippets.literals import Body
from console.playground.twin.notes import Note, Twin, Unreadable
from console.playground.twin.to_chat import to_chat
from console.playground.twin.to_messages import to_messages
from console.usage.models import Endpoint


class Render(Protocol):
    """What each language has."""

    def __call__(
        self, body: Body, endpoint: Endpoint, host: str, *, file: str = ""
    ) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One program. `notes` say what is different where it speaks the other dialect."""

    name: str  # for ids
    title: str
    code: str = ""
    file: str = ""
    notes: tuple[Note, ...] = ()
    other: Endpoint | None = None  # the dialect it speaks, if it is the other one
    why_not: str = ""
    body_file: str = ""  # that the code reads, where the body is large
    body: str = ""  # what is in it


def tabs_of(asking: Asking) -> list[Tab]:
    """Return the programs: those of one dialect alone get the twin of the request.

    The body of a large one lies in a file beside them.
    """
    return [
        _tab(asking, "curl", "curl", by_curl.render, "request.sh"),
        _of_dialect(asking, Endpoint.CHAT),
        _of_dialect(asking, Endpoint.MESSAGES),
        _tab(asking, "httpx", "Python, httpx", by_httpx.render, "request.py"),
        _tab(asking, "javascript", "JavaScript", by_javascript.render, "request.mjs"),
    ]


def twin_of(asking: Asking) -> Twin:
    """Return the request in the other dialect. Raises Unreadable."""
    convert = to_messages if asking.endpoint == Endpoint.CHAT else to_chat
    return convert(asking.body)


def _of_dialect(asking: Asking, endpoint: Endpoint) -> Tab:
    name = "openai" if endpoint == Endpoint.CHAT else "anthropic"
    title, file = f"Python, {name}", "request.py"
    render = by_openai.render if endpoint == Endpoint.CHAT else by_anthropic.render
    if endpoint == asking.endpoint:
        return _tab(asking, name, title, render, file)
    try:
        twin = twin_of(asking)
    except Unreadable as refusal:
        return Tab(name=name, title=title, other=endpoint, why_not=refusal.words)
    there = Asking(endpoint, asking.host, twin.body)
    return replace(
        _tab(there, name, title, render, file), notes=twin.notes, other=endpoint
    )


def _tab(asking: Asking, name: str, title: str, render: Render, file: str) -> Tab:
    body_file = body = ""
    if asking.is_large:
        body_file, body = f"request-{asking.endpoint.value}.json", asking.text
    code = render(asking.body, asking.endpoint, asking.host, file=body_file)
    return Tab(
        name=name, title=title, code=code, file=file, body_file=body_file, body=body
    )

"""The code of one request in every language, as tabs. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from console.playground.snippets import (
    by_anthropic,
    by_curl,
    by_httpx,
    by_javascript,
    by_openai,
)
from console.playground.snippets.asking import Asking
from console.playground.twin.notes import Note, Twin, Unreadable
from console.playground.twin.to_chat import to_chat
from console.playground.twin.to_messages import to_messages
from console.usage.models import Endpoint


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


def tabs_of(asking: Asking) -> list[Tab]:
    """Return the programs: those of one dialect alone get the twin of the request."""
    asked = asking.body, asking.endpoint, asking.host
    return [
        Tab(name="curl", title="curl", code=by_curl.render(*asked), file="request.sh"),
        _of_dialect(asking, Endpoint.CHAT),
        _of_dialect(asking, Endpoint.MESSAGES),
        Tab(
            name="httpx",
            title="Python, httpx",
            code=by_httpx.render(*asked),
            file="request.py",
        ),
        Tab(
            name="javascript",
            title="JavaScript",
            code=by_javascript.render(*asked),
            file="request.mjs",
        ),
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
        code = render(asking.body, endpoint, asking.host)
        return Tab(name=name, title=title, code=code, file=file)
    try:
        twin = twin_of(asking)
    except Unreadable as refusal:
        return Tab(name=name, title=title, other=endpoint, why_not=refusal.words)
    code = render(twin.body, endpoint, asking.host)
    return Tab(
        name=name, title=title, code=code, file=file, notes=twin.notes, other=endpoint
    )

"""A body as text, converted. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from console.playground.twin.lines import Wrong, blamed, parsed
from console.playground.twin.mistaken import refuse_mistaken
from console.playground.twin.notes import Twin, Unreadable
from console.playground.twin.to_chat import to_chat
from console.playground.twin.to_messages import to_messages
from console.usage.models import Endpoint


@dataclass(frozen=True, slots=True)
class Converted:
    """The other side of a request."""

    dialect: Endpoint  # of `text`
    text: str
    twin: Twin


def converted(dialect: Endpoint, text: str) -> Converted:
    """Return a request in the other dialect. Raises Wrong."""
    body = parsed(text)
    chat = dialect == Endpoint.CHAT
    wrong: Wrong | None = None
    try:
        refuse_mistaken(dialect, body)
        twin = to_messages(body) if chat else to_chat(body)
    except Unreadable as refusal:
        wrong = blamed(text, refusal)
    if wrong:
        raise wrong
    made = json.dumps(twin.body, indent=2, ensure_ascii=False)
    return Converted(Endpoint.MESSAGES if chat else Endpoint.CHAT, made, twin)

"""Conversations and shares, stored directly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from console.accounts.models import Team, User
from console.audit.actors import SYSTEM
from console.playground.conversations import editing, sealed, sharing, storing, traces
from console.playground.models import Conversation, PromptTemplate, Role, Share, Turn
from console.playground.prompts import keeping as prompts
from console.relay.tracing import Trace
from tests.playground.inspect.traces import trace


def conversation_of(
    owner: User,
    *said: str,
    title: str = "Gates",
    endpoint: str = "chat",
    older_by: timedelta = timedelta(0),
    **changes: Any,
) -> Conversation:
    """Store what was said in turns, the person first."""
    made = editing.make(
        owner=owner, endpoint=endpoint, model="grok-4.3", title=title, parameters={}
    )
    roles = (Role.USER, Role.ASSISTANT)
    Turn.objects.bulk_create(
        storing.turn_of(made.pk, at, {"role": roles[at % 2], "content": text})
        for at, text in enumerate(said)
    )
    made.updated_at -= older_by
    made.kept_until -= older_by
    for name, value in changes.items():
        setattr(made, name, value)
    made.save()
    return made


def shared_conversation(owner: User, said: str = "Hello") -> tuple[Conversation, Share]:
    """Store a prompt with its answer, and a share of them for a week."""
    made = conversation_of(owner, said, f"{said} too", title=f"{said} title")
    return made, sharing.share(made, days=7, actor=SYSTEM)


def keep_trace(answer: Turn, seen: Trace | None = None) -> None:
    """Store what the inspector shows of an answer."""
    answer.sealed_trace = traces.seal(seen or trace(), answer.pk)
    answer.save(update_fields=["sealed_trace"])


def link_of(share: Share) -> str:
    """Return what opens a share."""
    token = sealed.open_(share.sealed_token, kind=sealed.LINK, row=share.pk)
    return str(token)


def template_of(
    owner: User, name: str = "Greeting", *, text: str = "", team: Team | None = None
) -> PromptTemplate:
    """Store a prompt template."""
    said = text or f"{name} for {{{{customer}}}}"
    return prompts.add(owner=owner, name=name, text=said, team=team, actor=SYSTEM)

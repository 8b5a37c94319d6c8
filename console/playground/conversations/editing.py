"""What a person does to their own conversations as a whole."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.playground.conversations import storing
from console.playground.models import Conversation, Turn, TurnState


def rename(conversation: Conversation, *, title: str) -> None:
    """Give a conversation another title. Raises vault.Sealed."""
    conversation.sealed_title = storing.seal_title(title, conversation.pk)
    conversation.save(update_fields=["sealed_title"])


def pin(conversation: Conversation, *, pinned: bool) -> None:
    """Let a conversation stand above the others, or not. It ends all the same."""
    conversation.pinned = pinned
    conversation.save(update_fields=["pinned"])


def delete(conversation: Conversation) -> None:
    """Delete a conversation for good. What was spent on it stays on record.

    An answer that is still coming for it is stopped within about a second, by
    whichever process reads it, and booked.
    """
    conversation.delete()


@transaction.atomic
def duplicate(conversation: Conversation) -> Conversation:
    """Return a copy, to go on from without losing how it went. Raises vault.Sealed.

    Answers that are still coming are left out: they have their own ending.
    """
    copy = make(
        owner=conversation.owner,
        endpoint=conversation.endpoint,
        model=conversation.model,
        title=f"Copy of {storing.open_title(conversation)}"[:200],
        parameters=storing.parameters_of(conversation),
    )
    turns = conversation.turns.exclude(state=TurnState.COMING)
    Turn.objects.bulk_create([_copy_of(turn, copy) for turn in turns])
    return copy


def make(
    *,
    owner: User,
    endpoint: str,
    model: str,
    title: str,
    parameters: dict[str, Any],
    created_at: datetime | None = None,
) -> Conversation:
    """Store a conversation without turns. Raises vault.Sealed."""
    pk = uuid.uuid4()
    return Conversation.objects.create(
        id=pk,
        owner=owner,
        endpoint=endpoint,
        model=model,
        sealed_title=storing.seal_title(title, pk),
        sealed_parameters=storing.seal_parameters(parameters, pk),
        created_at=created_at or timezone.now(),
        kept_until=storing.kept_until(),
    )


def _copy_of(turn: Turn, conversation: Conversation) -> Turn:
    pk = uuid.uuid4()
    return Turn(
        id=pk,
        conversation=conversation,
        place=turn.place,
        lane=turn.lane,
        role=turn.role,
        state=turn.state,
        sealed_content=storing.seal_turn(storing.open_turn(turn), pk),
        model=turn.model,
        record_id=turn.record_id,
        finish=turn.finish,
        created_at=turn.created_at,
        kept_at=turn.kept_at,
    )

"""Keeping conversations: a prompt when its call is admitted, an answer when it ended.

The page sends all that it knows of the conversation with each prompt, so what is
stored follows it: what is the same stays, and from the first prompt that differs on
the rest goes. That is how an edited turn, or another try, takes the place of the old.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from console.accounts.models import User
from console.playground.conversations import contents, sealed
from console.playground.models import Conversation, Role, Turn, TurnState
from console.playground.structured.expected import Expected
from console.relay.admission import Call
from console.relay.ended import Ended
from console.usage.models import Endpoint

LONGEST_TITLE = 80
UNTITLED = "Untitled"
SHOWN_OF_RECORD = ("record__key", "record__team", "record__price")

Said = dict[str, Any]  # {"role", "content"}


class AlreadyAsked(Exception):
    """The answer exists, or is on its way: it must not be asked for again."""

    def __init__(self, turn: Turn) -> None:
        super().__init__("this answer was asked for before")
        self.turn = turn


class Stale(Exception):
    """The conversation went on elsewhere; the page that asks does not know of it."""


class Taken(Exception):
    """Another person's conversation or answer has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One prompt, where its answer belongs, and all that was said before it."""

    owner: User
    conversation_id: UUID
    answer_id: UUID
    lane: int
    endpoint: Endpoint
    model: str
    turns: Sequence[Said]
    parameters: dict[str, Any]  # the fields of the form, to show them again
    replaces: bool = False  # the person means to: an edited prompt, or another try


def are_kept() -> bool:
    """Return whether conversations are kept at all."""
    return settings.CONVERSATION_DAYS > 0


def begin(asked: Asked, admit: Callable[[], Call]) -> Call:
    """Admit the call of a prompt and keep it, both or neither.

    Raises what `admit` raises, and AlreadyAsked if the answer was asked for before:
    then nothing is admitted, however many ask at the same time. Raises Taken, and
    Stale if turns would go that the person did not mean to replace.
    """
    try:
        with transaction.atomic():
            conversation = _locked(asked)
            _refuse_second(asked)
            _follow(conversation, asked)
            call = admit()
            _expect(asked, call)
            return call
    except IntegrityError:
        raise Taken from None


def _locked(asked: Asked) -> Conversation:
    """Return the conversation, made if need be; others wait for this transaction."""
    now = timezone.now()
    new = Conversation(
        id=asked.conversation_id,
        owner=asked.owner,
        endpoint=asked.endpoint,
        sealed_title=seal_title(title_of(asked.turns), asked.conversation_id),
        sealed_parameters=b"",
        kept_until=now,
    )
    Conversation.objects.bulk_create([new], ignore_conflicts=True)
    locked = Conversation.objects.select_for_update().filter(owner=asked.owner)
    conversation = locked.filter(pk=asked.conversation_id).first()
    if conversation is None:
        raise Taken
    parameters = {str(asked.lane): asked.parameters}
    if conversation.sealed_parameters:
        parameters = parameters_of(conversation) | parameters
    conversation.endpoint = asked.endpoint
    conversation.model = asked.model
    conversation.sealed_parameters = seal_parameters(parameters, conversation.pk)
    conversation.updated_at = now
    conversation.kept_until = kept_until()
    conversation.save(
        update_fields=[
            *("endpoint", "model", "sealed_parameters", "updated_at", "kept_until")
        ]
    )
    return conversation


def _refuse_second(asked: Asked) -> None:
    turn = answers().filter(pk=asked.answer_id).first()
    if turn is None:
        return
    if turn.conversation.owner_id != asked.owner.pk:
        raise Taken
    raise AlreadyAsked(turn)


def _follow(conversation: Conversation, asked: Asked) -> None:
    """Make the stored turns those that the page sent, before the new answer."""
    place, new = len(asked.turns), []
    ours = Q(role=Role.USER) | Q(lane=asked.lane)
    stored = {turn.place: turn for turn in conversation.turns.filter(ours)}
    if not asked.replaces and _goes_on(stored, asked):
        raise Stale
    gone = Q(place__gt=place) | Q(place=place, lane=asked.lane)
    for at, said in enumerate(asked.turns):
        turn = stored.get(at)
        if turn and _says(turn, said):
            continue
        if said["role"] == Role.USER or (turn and turn.role == Role.USER):
            gone |= Q(place__gte=at)
            stored = {}
        else:
            gone |= Q(place=at, lane=asked.lane)
        new.append(turn_of(conversation.pk, at, said, lane=asked.lane))
    conversation.turns.filter(gone).delete()
    Turn.objects.bulk_create(new)


def _goes_on(stored: dict[int, Turn], asked: Asked) -> bool:
    """Return whether something is stored where the new prompt belongs, or after it."""
    place = len(asked.turns) - 1
    there = stored.get(place)
    later = any(at > place for at in stored)
    return later or bool(there and not _says(there, asked.turns[place]))


def _says(turn: Turn, said: Said) -> bool:
    content = open_turn(turn)
    same = contents.said(content) == contents.kept(said["content"])
    return same and turn.role == said["role"]


def _expect(asked: Asked, call: Call) -> None:
    Turn.objects.bulk_create(
        [
            Turn(
                id=asked.answer_id,
                conversation_id=asked.conversation_id,
                place=len(asked.turns),
                lane=asked.lane,
                role=Role.ASSISTANT,
                state=TurnState.COMING,
                sealed_content=seal_turn({"text": ""}, asked.answer_id),
                model=asked.model,
                record_id=call.record_id,
            )
        ]
    )


def never_sent(answer_id: UUID) -> None:
    """Forget an answer of which nothing was asked of xAI: it may be asked for again."""
    Turn.objects.filter(pk=answer_id, state=TurnState.COMING).delete()


def end(answer_id: UUID, ended: Ended, expected: Expected | None = None) -> bool:
    """Keep an answer as it ended; return whether it is still there to be kept."""
    unfinished = Turn.objects.filter(
        pk=answer_id, state__in=[TurnState.COMING, TurnState.CUT]
    )
    return bool(
        unfinished.update(
            state=contents.state_of(ended),
            finish=ended.finish[:64],
            sealed_content=seal_turn(contents.to_json(ended, expected), answer_id),
            kept_at=timezone.now(),
        )
    )


def answers() -> Any:
    """Return the answers, with all that showing one takes."""
    whole = Turn.objects.filter(role=Role.ASSISTANT)
    return whole.select_related("conversation", *SHOWN_OF_RECORD)


def turn_of(conversation_id: UUID, place: int, said: Said, *, lane: int = 0) -> Turn:
    """Return a turn as somebody sent it, not yet stored."""
    pk, is_user = uuid.uuid4(), said["role"] == Role.USER
    name = "content" if is_user else "text"
    return Turn(
        id=pk,
        conversation_id=conversation_id,
        place=place,
        lane=0 if is_user else lane,
        role=said["role"],
        sealed_content=seal_turn({name: contents.kept(said["content"])}, pk),
    )


def title_of(turns: Sequence[Said]) -> str:
    """Return the first line of the first prompt, cut where it gets long."""
    first = next((turn for turn in turns if turn["role"] == Role.USER), None)
    text = contents.text_of({"content": first["content"]}) if first else ""
    line = " ".join(next(iter(text.strip().splitlines()), "").split()) or UNTITLED
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def kept_until() -> Any:
    """Return until when a conversation is kept that had a turn just now."""
    return timezone.now() + timedelta(days=settings.CONVERSATION_DAYS)


def seal_turn(content: contents.Json, pk: UUID) -> bytes:
    """Return the blob of a turn."""
    return sealed.close(content, kind=sealed.TURN, row=pk)


def open_turn(turn: Turn) -> contents.Json:
    """Return what a turn holds; nothing for one that was tampered with."""
    value = sealed.open_(turn.sealed_content, kind=sealed.TURN, row=turn.pk)
    return value if isinstance(value, dict) else {"content": ""}


def seal_title(title: str, pk: UUID) -> bytes:
    """Return the blob of a title."""
    return sealed.close(title, kind=sealed.TITLE, row=pk)


def open_title(conversation: Conversation) -> str:
    """Return the title of a conversation."""
    blob = conversation.sealed_title
    return sealed.open_text(blob, kind=sealed.TITLE, row=conversation.pk)


def seal_parameters(parameters: dict[str, Any], pk: UUID) -> bytes:
    """Return the blob of the parameters, by lane."""
    return sealed.close(parameters, kind=sealed.PARAMETERS, row=pk)


def parameters_of(conversation: Conversation) -> dict[str, Any]:
    """Return the parameters by lane: name of a field to what was sent in it."""
    blob = conversation.sealed_parameters
    value = sealed.open_(blob, kind=sealed.PARAMETERS, row=conversation.pk)
    return value if isinstance(value, dict) else {}

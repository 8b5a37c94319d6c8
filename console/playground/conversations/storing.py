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
from console.lib.db import prepared_cursor
from console.playground.conversations import contents, sealed, traces
from console.playground.conversations.statements import COLUMNS, END, INSERT, OPEN
from console.playground.models import Conversation, Role, Turn, TurnState
from console.relay.admission import Call
from console.relay.ended import Ended
from console.usage.models import Endpoint

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
            if _make(asked):
                new = _following(asked, {}, set())[0]
            else:
                stored = _stored(asked)
                if not asked.replaces and _goes_on(stored, asked):
                    raise Stale
                new, gone = _following(asked, stored, _lent(asked, stored))
                Turn.objects.filter(gone, conversation=asked.conversation_id).delete()
            call = admit()
            _insert([*new, _expected(asked, call)])
            return call
    except IntegrityError:
        before = answers().filter(pk=asked.answer_id).first()
    if before is None or before.conversation.owner_id != asked.owner.pk:
        raise Taken
    raise AlreadyAsked(before)


def _make(asked: Asked) -> bool:
    """Make the conversation if need be; return whether it was.

    Others wait for this transaction. Raises Taken.
    """
    pk, parameters = asked.conversation_id, {str(asked.lane): asked.parameters}
    values = {
        "id": pk,
        "owner": asked.owner.pk,
        "endpoint": asked.endpoint,
        "model": asked.model,
        "title": seal_title(contents.title_of(asked.turns), pk),
        "parameters": seal_parameters(parameters, pk),
        "now": timezone.now(),
        "kept_until": kept_until(),
    }
    with prepared_cursor() as cursor:
        cursor.execute(OPEN, values)
        row = cursor.fetchone()
    if row is None:
        raise Taken
    if bytes(row[0]) == values["parameters"]:  # no two blobs are the same
        return True
    before = parameters_in(row[0], pk)
    if before | parameters != before:
        blob = seal_parameters(before | parameters, pk)
        Conversation.objects.filter(pk=pk).update(sealed_parameters=blob)
    return False


def _stored(asked: Asked) -> dict[int, Turn]:
    """Return what is stored of the asker's lane, by place. Raises AlreadyAsked."""
    ours = Q(role=Role.USER) | Q(lane=asked.lane) | Q(pk=asked.answer_id)
    turns = Turn.objects.filter(ours, conversation=asked.conversation_id)
    found = {turn.pk: turn for turn in turns}
    if asked.answer_id in found:
        raise AlreadyAsked(answers().get(pk=asked.answer_id))
    return {turn.place: turn for turn in found.values()}


def _lent(asked: Asked, stored: dict[int, Turn]) -> set[int]:
    """Return the places where the asker's lane goes on with what another answered.

    The page does so where a lane has no whole answer of its own. Costs a query then.
    """
    theirs = {
        at: said
        for at, said in enumerate(asked.turns)
        if said["role"] == Role.ASSISTANT and said["content"]
        if not (own := stored.get(at)) or own.state != TurnState.WHOLE
    }
    if not theirs:
        return set()
    there = Turn.objects.filter(conversation=asked.conversation_id, place__in=theirs)
    others = there.filter(role=Role.ASSISTANT).exclude(lane=asked.lane)
    return {turn.place for turn in others if _says(turn, theirs[turn.place])}


def _following(
    asked: Asked, stored: dict[int, Turn], lent: set[int]
) -> tuple[list[Turn], Q]:
    """Return the turns to store, and which to let go: the page has others, or none."""
    place, new = len(asked.turns), []
    gone = Q(place__gt=place) | Q(place=place, lane=asked.lane)
    for at, said in enumerate(asked.turns):
        turn = stored.get(at)
        other = said["role"] == Role.USER or (turn and turn.role == Role.USER)
        if (turn and _says(turn, said)) or not (said["content"] or other):
            continue
        if at in lent:
            continue
        if other:
            gone |= Q(place__gte=at)
            stored, lent = {}, set()
        else:
            gone |= Q(place=at, lane=asked.lane)
        new.append(turn_of(asked.conversation_id, at, said, lane=asked.lane))
    return new, gone


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


def _expected(asked: Asked, call: Call) -> Turn:
    return Turn(
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


def _insert(turns: Sequence[Turn]) -> None:
    """Store turns as `bulk_create` would, which takes a millisecond to compose it."""
    row = f"({', '.join(['%s'] * len(COLUMNS))})"
    values = [getattr(turn, name) for turn in turns for name in COLUMNS]
    with prepared_cursor() as cursor:
        cursor.execute(INSERT + ", ".join([row] * len(turns)), values)


def never_sent(answer_id: UUID) -> None:
    """Forget an answer of which nothing was asked of xAI: it may be asked for again."""
    Turn.objects.filter(pk=answer_id, state=TurnState.COMING).delete()


def end(answer_id: UUID, ended: Ended, content: contents.Json) -> bool:
    """Keep an answer as it ended; return whether it is still there to be kept."""
    values: dict[str, Any] = {
        "id": answer_id,
        "state": contents.state_of(ended).value,
        "finish": ended.finish[:64],
        "content": seal_turn(content, answer_id),
        "trace": traces.seal(ended.trace, answer_id),
        "now": timezone.now(),
    }
    with prepared_cursor() as cursor:
        cursor.execute(END, values)
        return bool(cursor.rowcount)


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
    return parameters_in(conversation.sealed_parameters, conversation.pk)


def parameters_in(blob: bytes | memoryview[int], pk: UUID) -> dict[str, Any]:
    """Return the same of the blob of a conversation; of one without, none."""
    value = sealed.open_(blob, kind=sealed.PARAMETERS, row=pk) if blob else None
    return value if isinstance(value, dict) else {}

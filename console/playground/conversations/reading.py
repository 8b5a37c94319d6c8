"""A kept conversation as its page shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Q

from console.playground import parts, showing
from console.playground.conversations import contents, keeping, storing
from console.playground.models import Conversation, Role, Turn, TurnState

LETTERS = "ABCD"  # of lanes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTurn:
    """One prompt or answer."""

    id: UUID | None  # None in a snapshot
    is_prompt: bool
    lane: int
    text: str
    said: str  # JSON of what the endpoint is sent of it
    at: datetime
    coming: bool = False
    model: str = ""
    with_key: str = ""  # "key of team"
    reasoning: str = ""
    html: str | None = None  # sanitised
    meter: str = ""
    notice: str = ""
    letter: str = ""  # of its column; none when it is the only one
    seconds: float | None = None  # of a whole answer
    ticks: int | None = None  # likewise
    paid: bool = False  # it cost something, or may have
    traced: bool = False  # there is something to inspect
    images_lost: int = 0  # of a prompt; its words say where they were
    asked: str = ""  # JSON: name of a field to its values; empty: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConversation:
    """All of it: a list of prompts, and of answers side by side."""

    id: UUID
    title: str
    pinned: bool
    kept_until: datetime
    rows: list[list[ShownTurn]]
    parameters: str  # JSON: lane to name of a field to its values


def shown(conversation: Conversation) -> ShownConversation:
    """Return a conversation in words and HTML. Costs two queries. Raises Sealed."""
    keeping.cut_the_dead()
    turns = conversation.turns.select_related(*storing.SHOWN_OF_RECORD)
    turns = turns.annotate(traced=Q(sealed_trace__isnull=False))
    rows = rows_of([shown_turn(turn) for turn in turns])
    parameters = storing.parameters_of(conversation)
    return ShownConversation(
        id=conversation.pk,
        title=storing.open_title(conversation),
        pinned=conversation.pinned,
        kept_until=conversation.kept_until,
        rows=[*rows[:-1], *(_asked_last(row, parameters) for row in rows[-1:])],
        parameters=json.dumps(parameters),
    )


def _asked_last(row: list[ShownTurn], parameters: contents.Json) -> list[ShownTurn]:
    """Let the newest answers have what their lanes were asked with last."""
    return [
        replace(turn, asked=turn.asked or _json(parameters.get(str(turn.lane))))
        for turn in row
    ]


def rows_of(turns: list[ShownTurn]) -> list[list[ShownTurn]]:
    """Return each prompt alone, and the answers to it together."""
    rows: list[list[ShownTurn]] = []
    for is_prompt, run in groupby(turns, key=lambda turn: turn.is_prompt):
        found = list(run)
        rows += [[one] for one in found] if is_prompt else [_lettered(found)]
    return rows


def _lettered(row: list[ShownTurn]) -> list[ShownTurn]:
    if len(row) < 2 and not any(turn.lane for turn in row):
        return row
    return [replace(turn, letter=LETTERS[turn.lane]) for turn in row]


def shown_turn(turn: Turn) -> ShownTurn:
    """Return one turn in words and HTML."""
    content = storing.open_turn(turn)
    if turn.role == Role.USER:
        return shown_prompt(content, at=turn.created_at, id=turn.pk)
    ended = contents.from_json(content, turn.record)
    record, coming = turn.record, turn.state == TurnState.COMING
    told = bool(record) and not coming
    whole = told and ended.problem is None
    return ShownTurn(
        id=turn.pk,
        is_prompt=False,
        lane=turn.lane,
        text=parts.text_of(ended),
        said=json.dumps(parts.text_of(ended)),
        at=turn.created_at,
        coming=coming,
        model=turn.model or ended.model,
        with_key=f"with {record.key.label} of {record.team.name}" if record else "",
        reasoning=ended.reasoning,
        html=None if coming else parts.html_of(ended, contents.expected_of(content)),
        meter=showing.meter(ended) if told else "",
        notice=showing.notice(ended.problem) if told and ended.problem else "",
        seconds=ended.seconds if whole else None,
        ticks=ended.cost.ticks if whole and ended.cost else None,
        paid=ended.cost is None or ended.cost.ticks != 0,
        traced=getattr(turn, "traced", False),
        asked=_json(content.get("asked")),
    )


def _json(told: object) -> str:
    return json.dumps(told) if isinstance(told, dict) else ""


def shown_prompt(
    content: contents.Json, *, at: datetime, id: UUID | None = None
) -> ShownTurn:
    """Return what a person said."""
    return ShownTurn(
        id=id,
        is_prompt=True,
        lane=0,
        text=contents.text_of(content),
        said=json.dumps(contents.said(content)),
        at=at,
        images_lost=contents.images_lost(content),
    )

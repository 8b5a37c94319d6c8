"""A conversation as a file, JSON or Markdown (`as_markdown`), and read in again.

    {"gatehouse": "conversation", "version": 1, "title", "endpoint", "model",
     "created_at", "turns": [{"role": "user", "content", "at"},
                             {"role": "assistant", "text", "lane", "at", ...}],
     "parameters": {"0": {"system", "max_tokens", ...}}}  # by lane, as they were sent

Answers that follow each other in different lanes stand side by side. Keys, teams and
costs are not in it; nor are parameters in what is shared. Of what is read in only
texts are taken: images never are.
"""

from __future__ import annotations

import uuid
from codecs import BOM_UTF8
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import slugify

from console.accounts.models import User
from console.playground import markdown
from console.playground.conversations import (
    as_markdown,
    contents,
    editing,
    parameters,
    reading,
    storing,
)
from console.playground.models import Conversation, Role, Turn, TurnState
from console.playground.models.conversations import KEPT_ENDPOINTS, MOST_LANES
from console.playground.turns import MOST_PARTS
from console.xai.jsontext import BadJson, parse_object

KIND = "conversation"
VERSION = 1
LARGEST = 1024 * 1024  # bytes
MOST_TURNS = 1_600
IMAGES = ("image_url", "image")  # as chat and as messages call them
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
ENDED = (TurnState.WHOLE, TurnState.CUT, TurnState.FAILED)

Json = dict[str, Any]


class BadFile(Exception):
    """A file that cannot be read in; `sentence` says what is wrong with it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def exported(conversation: Conversation) -> Json:
    """Return a conversation for its owner, with the parameters of each lane."""
    kept = storing.parameters_of(conversation)
    return to_json(conversation) | {"parameters": parameters.to_file(kept)}


def to_json(conversation: Conversation) -> Json:
    """Return a conversation as it stands, but for answers that are still coming."""
    turns = conversation.turns.exclude(state=TurnState.COMING)
    return {
        "gatehouse": KIND,
        "version": VERSION,
        "title": storing.open_title(conversation),
        "endpoint": conversation.endpoint,
        "model": conversation.model,
        "created_at": conversation.created_at.isoformat(),
        "turns": [_turn_to_json(turn) for turn in turns],
    }


def _turn_to_json(turn: Turn) -> Json:
    content = storing.open_turn(turn)
    told = {"role": turn.role, "at": turn.created_at.isoformat()}
    if turn.role == Role.USER:
        return told | {"content": contents.said(content)}
    return told | {
        "lane": turn.lane,
        "model": turn.model,
        "state": turn.state,
        "text": contents.text_of(content),
        "reasoning": str(content.get("reasoning") or ""),
    }


def name_of(title: str) -> str:
    """Return a file name without its ending."""
    return slugify(title)[:60] or KIND


def read(content: bytes) -> Json:
    """Return what a file says, checked, and how many turns it had. Raises BadFile."""
    if len(content) > LARGEST:
        raise BadFile("The file is larger than 1 MiB.")
    data = _parsed(content.removeprefix(BOM_UTF8))
    if data.get("gatehouse") != KIND:
        raise BadFile("The file is not a conversation that Gatehouse exported.")
    version = data.get("version")
    if type(version) is not int or version != VERSION:
        raise BadFile(f"Its version is not {VERSION}, the one that can be read.")
    if data.get("endpoint") not in [str(one) for one in KEPT_ENDPOINTS]:
        raise BadFile("Its endpoint is neither chat nor messages.")
    turns = data.get("turns")
    if not isinstance(turns, list) or not turns or len(turns) > MOST_TURNS:
        raise BadFile(f"It must have from 1 to {MOST_TURNS} turns.")
    taken = parameters.from_file(data.get("parameters", {}))
    if taken is None:
        raise BadFile("Its parameters are none that Gatehouse exported, or too long.")
    had = data.get("had")
    return {
        "title": _text(data, "title", 200, "The file") or contents.UNTITLED,
        "endpoint": data["endpoint"],
        "model": _text(data, "model", 200, "The file"),
        "created_at": _time(data.get("created_at")),
        "turns": [_turn(turn, at) for at, turn in enumerate(turns, start=1)],
        "parameters": taken,
        "had": had if type(had) is int else len(turns),
    }


def _parsed(content: bytes) -> Json:
    try:
        text = content.decode().replace("\0", "\ufffd")
        if as_markdown.is_markdown(text):
            return as_markdown.from_markdown(text)
        return parse_object(content)
    except as_markdown.BadMark as mark:
        raise BadFile(f"A mark in the file cannot be read: {mark}.") from None
    except UnicodeDecodeError:
        raise BadFile("The file is not text in UTF-8.") from None
    except BadJson:
        raise BadFile(
            "The file is neither a JSON object that can be read nor Markdown that "
            "begins with a mark of Gatehouse."
        ) from None


def _turn(turn: object, number: int) -> Json:
    where = f"Turn {number}"
    if not isinstance(turn, dict) or turn.get("role") not in [*map(str, Role)]:
        raise BadFile(f"{where} is neither of the user nor of the assistant.")
    at = _time(turn.get("at"))
    if turn["role"] == Role.USER:
        return {"role": "user", "at": at, "content": _content(turn, where)}
    lane, state = turn.get("lane", 0), turn.get("state", TurnState.WHOLE)
    if type(lane) is not int or not 0 <= lane < MOST_LANES:
        raise BadFile(f"{where} has a lane that is not from 0 to {MOST_LANES - 1}.")
    if state not in ENDED:
        raise BadFile(f"{where} has a state that is none of {', '.join(ENDED)}.")
    texts = {name: _text(turn, name, LARGEST, where) for name in ("text", "reasoning")}
    model = _text(turn, "model", 200, where)
    told = {"role": "assistant", "at": at, "lane": lane, "state": state}
    return told | texts | {"model": model}


def _content(turn: Json, where: str) -> str | list[Json]:
    content = turn.get("content")
    if isinstance(content, list) and 0 < len(content) <= MOST_PARTS:
        parts = [_part(part, where) for part in content]
        if any(part["text"].strip() for part in parts):
            return parts
    if not isinstance(content, str) or not content.strip():
        raise BadFile(f"{where} has no content, or more than {MOST_PARTS} parts.")
    return content


def _part(part: object, where: str) -> Json:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in IMAGES:
        return contents.NO_IMAGE
    text = part.get("text") if isinstance(part, dict) else None
    if kind != "text" or not isinstance(text, str):
        raise BadFile(f"{where} has a part that is neither a text nor an image.")
    return {"type": "text", "text": text}


def _text(data: Json, name: str, longest: int, where: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise BadFile(f"{where} has a {name} that is no text or too long.")
    return value


def _time(value: object) -> datetime:
    """Return a time told in the file; now, where it tells none that is possible."""
    try:
        told = parse_datetime(value) if isinstance(value, str) else None
        told = told.astimezone(UTC) if told and told.tzinfo else None
    except (ValueError, OverflowError):
        told = None
    now = timezone.now()
    return told if told and EARLIEST <= told <= now else now


@transaction.atomic
def store(data: Json, *, owner: User) -> Conversation:
    """Store what `read` returned as a new conversation. Raises vault.Sealed."""
    conversation = editing.make(
        owner=owner,
        endpoint=data["endpoint"],
        model=_storable(data["model"]),
        title=data["title"],
        parameters=data["parameters"],
        created_at=data["created_at"],
    )
    place, lanes = -1, set(range(MOST_LANES))
    rows = []
    for turn in data["turns"]:
        lane = turn.get("lane", 0)
        if turn["role"] == Role.USER or lane in lanes:
            place, lanes = place + 1, set()
        if turn["role"] == Role.USER:
            lanes = set(range(MOST_LANES))  # what follows has a place of its own
        else:
            lanes.add(lane)
        rows.append(_row(conversation, place, turn))
    Turn.objects.bulk_create(rows)
    return conversation


def _row(conversation: Conversation, place: int, turn: Json) -> Turn:
    pk = uuid.uuid4()
    names = {"content"} if turn["role"] == Role.USER else {"text", "reasoning"}
    content = {name: turn[name] for name in names}
    return Turn(
        id=pk,
        conversation=conversation,
        place=place,
        lane=turn.get("lane", 0),
        role=turn["role"],
        state=turn.get("state", TurnState.WHOLE),
        sealed_content=storing.seal_turn(content, pk),
        model=_storable(turn.get("model", "")),
        created_at=turn["at"],
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def shown_rows(data: Json) -> list[list[reading.ShownTurn]]:
    """Return the turns of what `to_json` told as a page shows them."""
    return reading.rows_of([_shown(turn) for turn in data.get("turns", [])])


def _shown(turn: Json) -> reading.ShownTurn:
    at = _time(turn.get("at"))
    if turn["role"] == Role.USER:
        return reading.shown_prompt(turn, at=at)
    return reading.ShownTurn(
        id=None,
        is_prompt=False,
        lane=turn.get("lane", 0),
        text=turn["text"],
        said="",
        at=at,
        model=turn.get("model", ""),
        reasoning=turn.get("reasoning", ""),
        html=markdown.rendered(turn["text"]),
    )

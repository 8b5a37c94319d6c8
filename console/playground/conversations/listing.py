"""The history: a person's own conversations, all or those with some words in them.

Nothing in the database can search sealed text, so a search opens a person's own rows
here, the newest first, and says where it ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet

from console.accounts.models import User
from console.lib import paging
from console.lib.paging import Column
from console.playground.conversations import contents, parameters, storing
from console.playground.models import Conversation, Role, Turn

PAGE = 25
MOST_SEARCHED = 500  # conversations
MOST_TURNS_SEARCHED = 5_000
CONVERSATIONS_HELD = 10  # at a time: parameters may be megabytes
TURNS_HELD = 10  # likewise: one may be megabytes
MOST_FOUND = 50
AROUND = 60  # characters shown on both sides of a hit


def _truth(text: str) -> bool:
    return text == "True"


COLUMNS = (
    Column("pinned", _truth, descending=True),
    Column("updated_at", paging.instant, descending=True),
    paging.ID,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One conversation in the list."""

    id: UUID
    title: str
    is_chat: bool
    model: str
    prompts: int
    pinned: bool
    updated_at: datetime
    kept_until: datetime
    hit: str = ""  # words around what was searched for


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of lines; `bound` says where a search ended, if not at the end."""

    lines: list[Line]
    before: str | None = None
    after: str | None = None
    bound: str = ""


def history(
    user: User | AnonymousUser, *, search: str = "", cursor: str = ""
) -> History:
    """Return the conversations of one person, pinned first. Raises vault.Sealed."""
    own = Conversation.objects.visible_to(user)
    own = own.annotate(prompts=Count("turns", filter=Q(turns__role=Role.USER)))
    if words := search.casefold().split():
        return _found(own.order_by("-pinned", "-updated_at", "id"), words)
    page = paging.page_of(own, columns=COLUMNS, cursor=cursor, size=PAGE)
    lines = [_line(one) for one in page.rows]
    return History(lines=lines, before=page.before, after=page.after)


def _found(own: QuerySet[Conversation], words: list[str]) -> History:
    """Return those in whose title, system prompts or turns all words stand."""
    bound = ""
    searched: dict[UUID, _Searched] = {}
    for one in own[: MOST_SEARCHED + 1].iterator(chunk_size=CONVERSATIONS_HELD):
        if len(searched) == MOST_SEARCHED:
            bound = f"Only the newest {MOST_SEARCHED} conversations were searched."
            break
        searched[one.pk] = _begun(one, words)
    if not _read_turns(searched, words[0]):
        bound = f"Only the newest {MOST_TURNS_SEARCHED:,} turns were searched."
    lines = [
        replace(one.line, hit=one.hit or one.system_hit)
        for one in searched.values()
        if not one.missing
    ]
    if len(lines) > MOST_FOUND:
        bound = f"The first {MOST_FOUND} of {len(lines)} are shown. Add a word."
    return History(lines=lines[:MOST_FOUND], bound=bound)


@dataclass(slots=True)
class _Searched:
    """How far the search of one conversation has come; no text of it is held."""

    line: Line
    missing: set[str]  # words
    hit: str = ""
    system_hit: str = ""  # shown where no turn has the word

    def read(self, text: str) -> None:
        folded = text.casefold()
        self.missing = {word for word in self.missing if word not in folded}


def _begun(one: Conversation, words: list[str]) -> _Searched:
    """Read the title and the system prompt of each lane."""
    found = _Searched(_line(one), set(words))
    found.read(found.line.title)
    for system in parameters.systems_of(storing.parameters_of(one)):
        found.read(system)
        if not found.system_hit and (hit := _around(system, words[0])):
            found.system_hit = f"System prompt: {hit}"
    return found


def _read_turns(searched: dict[UUID, _Searched], word: str) -> bool:
    """Read what was said in each, turn by turn; return whether that is all of it.

    The newest turn with this word becomes the hit.
    """
    turns = Turn.objects.filter(conversation__in=searched).order_by("-created_at")
    found = turns.only("conversation_id", "sealed_content")[: MOST_TURNS_SEARCHED + 1]
    number = 0
    for turn in found.iterator(chunk_size=TURNS_HELD):
        number += 1
        text = contents.text_of(storing.open_turn(turn))
        one = searched[turn.conversation_id]
        one.read(text)
        one.hit = one.hit or _around(text, word)
    return number <= MOST_TURNS_SEARCHED


def _around(text: str, word: str) -> str:
    at = text.casefold().find(word)
    if at < 0:
        return ""
    start, end = max(0, at - AROUND), at + len(word) + AROUND
    lead, rest = "…" * (start > 0), "…" * (end < len(text))
    return f"{lead}{' '.join(text[start:end].split())}{rest}"


def _line(one: Conversation) -> Line:
    return Line(
        id=one.pk,
        title=storing.open_title(one),
        is_chat=one.is_chat,
        model=one.model,
        prompts=getattr(one, "prompts", 0),
        pinned=one.pinned,
        updated_at=one.updated_at,
        kept_until=one.kept_until,
    )

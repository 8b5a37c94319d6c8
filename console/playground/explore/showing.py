"""An answer of xAI as HTML: pretty, and as it was told. Pure.

It is text of strangers, so it is escaped, and whatever looks like a secret is taken
out. Unknown fields are shown like known ones.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.template.loader import render_to_string

from console import xai
from console.lib.redact import redact
from console.lib.templatetags.gatehouse import usd_per_million
from console.playground import showing
from console.relay import reading

MOST_CHARACTERS = 128 * 1024  # of the raw answer
MOST_VALUES = 2_000  # of the pretty one
LONGEST_TEXT = 1_000  # characters of one value
NAMES = ("id", "name")  # a field that tells which entry of a list this is


@dataclass(slots=True)
class Node:
    """One value: a word for it, or what it is made of."""

    name: str = ""
    word: str = ""
    kind: str = ""  # text, number, flag, null, object or list
    hint: str = ""  # the same in other words
    parts: list[Node] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether it has parts of its own, or could have."""
        return self.kind in {"object", "list"}

    @property
    def is_plain_list(self) -> bool:
        """Whether it is a list of words."""
        return self.kind == "list" and not any(part.is_whole for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The bytes of an answer as text."""

    text: str
    size: int  # bytes, as told
    is_cut: bool
    is_redacted: bool


async def answer(question: reading.Question) -> str:
    """Ask, and return what came as HTML."""
    came = await reading.read(question)
    # Two megabytes of JSON take a while, and the loop has streams to serve.
    return await asyncio.to_thread(_rendered, question, came)


def _rendered(question: reading.Question, came: reading.Answer) -> str:
    context = {
        "question": question,
        "came": came,
        "took": f"{came.seconds:.2f} s",
        "notice": showing.notice(came.problem) if came.problem else "",
    }
    if came.told:
        budget = Budget(MOST_VALUES)
        context |= {
            "tree": node_of("", came.told.data, budget),
            "left_out": budget.left_out,
            "most_values": MOST_VALUES,
            "raw": raw_of(came.told),
        }
    return render_to_string("playground/explore/_answer.html", context)


def raw_of(told: xai.Verbatim) -> Raw:
    """Return the answer as it was told, without secrets and not all of a long one.

    A secret can be written with escapes, which no search of the bytes finds; then
    the JSON is written anew.
    """
    text, plain = told.body.decode(), json.dumps(told.data, ensure_ascii=False)
    clean = redact(plain)
    clean = redact(text) if clean == plain else clean
    return Raw(
        text=clean[:MOST_CHARACTERS],
        size=len(told.body),
        is_cut=len(clean) > MOST_CHARACTERS,
        is_redacted=clean != text,
    )


class Budget:
    """How many values may still be shown."""

    def __init__(self, most: int) -> None:
        self._left = most
        self.left_out = False

    def take(self) -> bool:
        """Tell whether one more may."""
        self._left -= 1
        self.left_out = self.left_out or self._left < 0
        return self._left >= 0


def node_of(name: str, value: object, budget: Budget) -> Node:
    """Return a value of JSON as a tree, as far as the budget reaches."""
    node = Node(name=_short(name))
    match value:
        case None:
            node.kind, node.word = "null", "null"
        case bool():
            node.kind, node.word = "flag", "true" if value else "false"
        case int() | float():
            node.kind, node.word = "number", str(value)
            node.hint = _hint(name, value)
        case str():
            node.kind, node.word = "text", _short(value)
        case Mapping():
            node.kind, node.parts = "object", list(_parts(value.items(), budget))
            node.word = _count(len(value), "field", "fields")
        case list():
            entries = [(_entry_name(entry), entry) for entry in value]
            node.kind, node.parts = "list", list(_parts(entries, budget))
            node.word = _count(len(value), "entry", "entries")
    return node


def _parts(pairs: object, budget: Budget) -> Iterator[Node]:
    for name, value in pairs:  # type: ignore[attr-defined]
        if not budget.take():
            return
        yield node_of(name, value, budget)


def _entry_name(entry: object) -> str:
    if isinstance(entry, Mapping):
        found = (entry.get(name) for name in NAMES)
        return next((name for name in found if isinstance(name, str)), "")
    return ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _short(text: str) -> str:
    clean = redact(text)
    if len(clean) <= LONGEST_TEXT:
        return clean
    return f"{clean[:LONGEST_TEXT]}… ({len(clean):,} characters)"


def _hint(name: str, value: float) -> str:
    """Say a price in dollars and a time as a date, where the field is one of those."""
    if not isinstance(value, int):
        return ""
    if "_token_price" in name and 0 < value < 2**63:
        return f"$ {usd_per_million(value)} per 1M tokens"
    if name == "created" and 0 < value < 2**33:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M} UTC"
    return ""

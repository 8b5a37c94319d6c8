"""The ACL entries of one key as sentences, each with what it really does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from console.keys import acls as grammar
from console.keys import reasons
from console.keys.acls import Acl, Model


class Effect(StrEnum):
    """What one entry does for its key."""

    OPENS = "opens"
    OPENS_ALL = "opens-all"
    COVERED = "covered"  # another entry says the same
    DEAD = "dead"  # it names what is not there, or lacks its other half
    NOT_KNOWN = "not-known"  # what it names cannot be looked up
    NOT_UNDERSTOOD = "not-understood"

    @property
    def look(self) -> Look:
        """Return how pages show it."""
        return LOOKS[self]


class Look(NamedTuple):
    """An icon with its tone, and a word with its severity for what is remarkable."""

    glyph: str
    tone: str
    word: str = ""
    severity: str = ""


LOOKS: Final = {
    Effect.OPENS: Look("check", "tone-ok"),
    Effect.OPENS_ALL: Look("all", "tone-bad", "Everything", "med"),
    Effect.COVERED: Look("check", "tone-ok", "Said already", "low"),
    Effect.DEAD: Look("minus", "faint", "Dead rule", "low"),
    Effect.NOT_KNOWN: Look("unknown", "faint", "Not known", "low"),
    Effect.NOT_UNDERSTOOD: Look("unknown", "tone-warn", "Not understood", "med"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One entry in words; `lead`, `name` and `rest` make the text."""

    entry: str  # verbatim
    lead: str
    name: str  # of what it speaks of; "" if there is none
    rest: str
    effect: Effect

    @property
    def text(self) -> str:
        """Return the whole sentence."""
        return f"{self.lead}{self.name}{self.rest}"


def sentences(
    acls: Sequence[str] | None, *, seen: Sequence[Model] | None
) -> list[Sentence]:
    """Return one sentence per entry, in xAI's order; none when they are not told.

    `seen` are the models the key sees now; None: never read.
    """
    access = grammar.resolve(acls, seen=seen)
    done: set[str] = set()
    found = []
    for acl in map(grammar.parse, acls or ()):
        found.append(_sentence(acl, access, repeated=acl.text in done))
        done.add(acl.text)
    return found


def _sentence(acl: Acl, access: grammar.Access, *, repeated: bool) -> Sentence:
    if not acl.understood:
        return _strange(acl)
    plain = _plain(acl, access)
    of_model = acl.kind == "model"
    own, other = access.models, access.endpoints
    if not of_model:
        own, other = other, own
    if other is not None and other.nothing:
        missing = "an endpoint" if of_model else "a model"
        return _but(plain, f" No effect: no entry allows {missing}.", Effect.DEAD)
    if of_model and acl.name != grammar.EVERYTHING:
        special = _unlike_listed(acl, access)
        if special is not None:
            return special
    if repeated:
        return _but(plain, " Said twice.", Effect.COVERED)
    if own is not None and own.everything and acl.name != grammar.EVERYTHING:
        return _but(plain, " Already covered by the wildcard.", Effect.COVERED)
    return plain


def _but(plain: Sentence, more: str, effect: Effect) -> Sentence:
    return replace(plain, rest=f"{plain.rest}{more}", effect=effect)


def _strange(acl: Acl) -> Sentence:
    effect = Effect.NOT_UNDERSTOOD
    if acl.kind == "endpoint":
        unknown = ", which Gatehouse does not know."
        return Sentence(acl.text, "Names the endpoint ", acl.name, unknown, effect)
    text = "Gatehouse does not know this kind of entry."
    return Sentence(acl.text, text, "", "", effect)


def _plain(acl: Acl, access: grammar.Access) -> Sentence:
    if acl.name != grammar.EVERYTHING:
        if acl.kind == "model":
            lead, name = "May use the model ", acl.name
        else:
            lead, name = "May call ", grammar.ENDPOINTS[acl.name]
        return Sentence(acl.text, lead, name, ".", Effect.OPENS)
    lead, name, rest = "May call ", "every endpoint", ", also those that come later."
    if acl.kind == "model":
        today = "" if access.seen is None else f", today {len(access.seen)}"
        lead, name = "May use ", "every model"
        rest = f" xAI lists for this key{today}, and every new one."
    return Sentence(acl.text, lead, name, rest, Effect.OPENS_ALL)


def _unlike_listed(acl: Acl, access: grammar.Access) -> Sentence | None:
    """Say what is special about a named model; None: it is simply there."""
    name = acl.name
    if access.seen is None:
        rest = ", if xAI offers it: that was never read."
        return Sentence(acl.text, "May use the model ", name, rest, Effect.NOT_KNOWN)
    if any(name == model.model_id for model in access.seen):
        return None
    behind = [model.model_id for model in access.seen if name in model.aliases]
    if len(behind) > 1:
        rest = f", now an alias of {' and of '.join(behind)}: which one is not known."
        return Sentence(acl.text, "Names ", name, rest, Effect.NOT_KNOWN)
    if behind:
        rest = f", which has the alias {name} now. An alias can move to another model."
        return Sentence(acl.text, "May use ", behind[0], rest, Effect.OPENS)
    listed = [n for model in access.seen for n in (model.model_id, *model.aliases)]
    why = reasons.why_dead(name, listed)
    rest = f" to no effect as far as is known: {why}."
    return Sentence(acl.text, "Names ", name, rest, Effect.DEAD)

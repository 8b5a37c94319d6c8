"""The ACL entries of one key as sentences, each with what it really does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.keys import acls as grammar
from console.keys.acls import Acl, Model


class Effect(StrEnum):
    """What one entry does for its key."""

    OPENS = "opens"
    OPENS_ALL = "opens-all"
    COVERED = "covered"  # another entry says the same
    DEAD = "dead"  # it names what is not there, or lacks its other half
    NOT_KNOWN = "not-known"  # what it names cannot be looked up
    NOT_UNDERSTOOD = "not-understood"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One entry in words."""

    entry: str  # verbatim
    text: str
    effect: Effect


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
        if acl.kind == "endpoint":
            text = f"Names the endpoint {acl.name}, which Gatehouse does not know."
        else:
            text = "Gatehouse does not know this kind of entry."
        return Sentence(acl.text, text, Effect.NOT_UNDERSTOOD)
    text, effect = _plain(acl)
    other = access.endpoints if acl.kind == "model" else access.models
    own = access.models if acl.kind == "model" else access.endpoints
    if other is not None and other.nothing:
        missing = "an endpoint" if acl.kind == "model" else "a model"
        return Sentence(
            acl.text, f"{text} No effect: no entry allows {missing}.", Effect.DEAD
        )
    if acl.kind == "model" and acl.name != grammar.EVERYTHING:
        listed = _listed(acl.name, access)
        if listed is not None:
            return listed
    if repeated:
        return Sentence(acl.text, f"{text} Said twice.", Effect.COVERED)
    if own is not None and own.everything and acl.name != grammar.EVERYTHING:
        return Sentence(
            acl.text, f"{text} Already covered by the wildcard.", Effect.COVERED
        )
    return Sentence(acl.text, text, effect)


def _plain(acl: Acl) -> tuple[str, Effect]:
    if acl.name == grammar.EVERYTHING:
        use = "use every model" if acl.kind == "model" else "call every endpoint"
        return f"May {use}, also those that come later.", Effect.OPENS_ALL
    if acl.kind == "model":
        return f"May use the model {acl.name}.", Effect.OPENS
    return f"May call {grammar.ENDPOINTS[acl.name]}.", Effect.OPENS


def _listed(name: str, access: grammar.Access) -> Sentence | None:
    """Say what is special about a named model; None: it is simply there."""
    entry = f"{grammar.NAMESPACE}:model:{name}"
    if access.seen is None:
        text = f"May use the model {name}, if xAI offers it: that was never read."
        return Sentence(entry, text, Effect.NOT_KNOWN)
    behind = [model.model_id for model in access.seen if name in model.aliases]
    if any(name == model.model_id for model in access.seen):
        return None
    if behind:
        text = (
            f"May use {behind[0]}, which has the alias {name} now. An alias can move "
            "to another model."
        )
        return Sentence(entry, text, Effect.OPENS)
    text = f"Names {name}, which xAI does not list for this key. No effect."
    return Sentence(entry, text, Effect.DEAD)

"""What the ACL entries of a key allow, and in which words. Pure.

An entry is `namespace:kind:name`; both an endpoint and a model are needed for a
call. Strings we do not understand allow nothing that we know of and are shown as
they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAMESPACE = "api-key"
EVERYTHING = "*"

# As xAI lists them for a team; the list there grows.
ENDPOINTS = {
    "chat": "chat and messages",
    "sample": "legacy completions",
    "tokenize": "the tokenizer",
    "models": "lists of models",
    "embed": "embeddings",
    "image": "image generation",
    "documents": "search in collections",
}


@dataclass(frozen=True, slots=True)
class Acl:
    """One entry; `kind` and `name` are "" when it has not three parts."""

    text: str  # verbatim
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """Names of one kind that a key may use."""

    everything: bool
    names: tuple[str, ...]  # verbatim, in xAI's order, without the wildcard


@dataclass(frozen=True, slots=True)
class Sentence:
    """One entry in words; `understood` is False for what we can only repeat."""

    entry: str
    text: str
    understood: bool


def parse(entry: str) -> Acl:
    """Split an entry at its first two colons only: model names may hold some."""
    namespace, _, rest = entry.partition(":")
    kind, colon, name = rest.partition(":")
    if namespace != NAMESPACE or not colon or not name:
        return Acl(entry, "", "")
    return Acl(entry, kind, name)


def endpoints_of(acls: Iterable[str] | None) -> Allowed | None:
    """Return the endpoints the entries name. None: xAI did not tell."""
    return _allowed(acls, "endpoint")


def models_of(acls: Iterable[str] | None) -> Allowed | None:
    """Return the models the entries name. None: xAI did not tell."""
    return _allowed(acls, "model")


def allows_endpoint(acls: Iterable[str] | None, name: str) -> bool | None:
    """Tell whether an endpoint of ENDPOINTS may be called. None: not known."""
    allowed = endpoints_of(acls)
    return None if allowed is None else allowed.everything or name in allowed.names


def allows_model(
    acls: Iterable[str] | None, model_id: str, aliases: Iterable[str] = ()
) -> bool | None:
    """Tell whether a model may be used, by its id or one of its aliases.

    None: not known. That an entry on an alias covers the model is our reading;
    xAI does not document it.
    """
    allowed = models_of(acls)
    if allowed is None:
        return None
    return allowed.everything or not {model_id, *aliases}.isdisjoint(allowed.names)


def in_words(acls: Sequence[str] | None) -> str:
    """Return the access on one line, such as "all models, 2 of 7 endpoints"."""
    models, endpoints = models_of(acls), endpoints_of(acls)
    if acls is None or models is None or endpoints is None:
        return "not known"
    if not acls:
        return "nothing: the list is empty"
    unread = sum(not sentence.understood for sentence in sentences(acls))
    words = [_models_in_words(models), _endpoints_in_words(endpoints)]
    if unread:
        words.append(f"{unread} unknown {'entry' if unread == 1 else 'entries'}")
    return ", ".join(words)


def sentences(acls: Sequence[str] | None) -> list[Sentence]:
    """Return one sentence per entry, in xAI's order; none when not known."""
    return [_sentence(parse(entry)) for entry in acls or ()]


def _allowed(acls: Iterable[str] | None, kind: str) -> Allowed | None:
    if acls is None:
        return None
    names = [acl.name for acl in map(parse, acls) if acl.kind == kind]
    distinct = tuple(dict.fromkeys(name for name in names if name != EVERYTHING))
    return Allowed(EVERYTHING in names, distinct)


def _models_in_words(models: Allowed) -> str:
    if models.everything:
        return "all models"
    number = len(models.names)
    if number == 1:
        return f"only {models.names[0]}"
    return f"{number} models" if number else "no models"


def _endpoints_in_words(endpoints: Allowed) -> str:
    if endpoints.everything:
        return "all endpoints"
    known = sum(name in ENDPOINTS for name in endpoints.names)
    return f"{known} of {len(ENDPOINTS)} endpoints" if known else "no endpoints"


def _sentence(acl: Acl) -> Sentence:
    if acl.kind == "model":
        text = (
            "May use every model, also those that come later."
            if acl.name == EVERYTHING
            else f"May use the model {acl.name}."
        )
        return Sentence(acl.text, text, True)
    if acl.kind == "endpoint" and acl.name == EVERYTHING:
        text = "May call every endpoint, also those that come later."
        return Sentence(acl.text, text, True)
    if acl.kind == "endpoint" and acl.name in ENDPOINTS:
        return Sentence(acl.text, f"May call {ENDPOINTS[acl.name]}.", True)
    return Sentence(acl.text, "Gatehouse does not know this entry.", False)

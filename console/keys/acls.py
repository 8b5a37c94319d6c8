"""What the ACL entries of a key allow, and in which words. Pure.

An entry is `namespace:kind:name`; both an endpoint and a model are needed for a
call. Strings we do not understand allow nothing that we know of and are shown as
they are.

    entries + the models that same key sees --resolve--> Access --of_model-----> Cell
                                                                --of_endpoint--> Cell
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

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

    @property
    def understood(self) -> bool:
        """Tell whether it names a model, or an endpoint we know of."""
        if self.kind == "endpoint":
            return self.name == EVERYTHING or self.name in ENDPOINTS
        return self.kind == "model"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Names of one kind that a key may use."""

    everything: bool
    names: tuple[str, ...]  # verbatim, in xAI's order, without the wildcard

    @property
    def nothing(self) -> bool:
        """Tell whether no entry of this kind exists."""
        return not self.everything and not self.names


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its id and the aliases xAI lists for it."""

    model_id: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return all names that an entry may use for it."""
        return frozenset((self.model_id, *self.aliases))


class Verdict(StrEnum):
    """What the entries come to for one model or endpoint."""

    NAMED = "named"  # allowed, by an entry that names it
    WILDCARD = "wildcard"  # allowed, only by the entry for everything
    DENIED = "denied"
    NO_EFFECT = "no-effect"  # an entry speaks of it and does nothing
    UNKNOWN = "unknown"

    @property
    def allows(self) -> bool:
        """Tell whether a call may be made, as far as entries go."""
        return self in (Verdict.NAMED, Verdict.WILDCARD)


@dataclass(frozen=True, slots=True)
class Cell:
    """One model or endpoint for one key, with the reason in one sentence."""

    verdict: Verdict
    reason: str
    entries: tuple[str, ...] = ()  # that speak of it, verbatim


@dataclass(frozen=True, slots=True)
class Access:
    """What one key may do: its entries against the models it sees."""

    models: Allowed | None  # None: xAI did not tell the entries
    endpoints: Allowed | None
    seen: tuple[Model, ...] | None  # None: its list of models was never read

    def of_model(self, model: Model) -> Cell:
        """Judge one model, be it listed for this key or not."""
        if self.models is None or self.endpoints is None:
            return NOT_TOLD
        by_id = model.model_id in self.models.names
        by_alias = [name for name in self.models.names if name in model.aliases]
        entries = _entries("model", self.models, model.names)
        if not entries:
            return Cell(Verdict.DENIED, "No entry of its ACLs allows this model.")
        if self.endpoints.nothing:
            return Cell(Verdict.NO_EFFECT, NO_ENDPOINT, entries)
        if self.seen is None:
            return Cell(Verdict.UNKNOWN, NEVER_READ, entries)
        if not self._sees(model):
            return self._unlisted(model, entries, named=by_id or bool(by_alias))
        if by_id:
            return Cell(Verdict.NAMED, f"Allowed by {entries[0]}.", entries)
        if self.models.everything:
            return Cell(Verdict.WILDCARD, BY_WILDCARD.format("model"), entries)
        reason = (
            f"Allowed by its alias {by_alias[0]}. xAI does not document that such an "
            "entry covers the model, but lists it for this key."
        )
        return Cell(Verdict.NAMED, reason, entries)

    def of_endpoint(self, name: str) -> Cell:
        """Judge one endpoint by its name in ACLs."""
        if self.models is None or self.endpoints is None:
            return NOT_TOLD
        entries = _entries("endpoint", self.endpoints, frozenset({name}))
        if not entries:
            return Cell(Verdict.DENIED, "No entry of its ACLs allows this endpoint.")
        if self.models.nothing:
            return Cell(Verdict.NO_EFFECT, NO_MODEL, entries)
        if name in self.endpoints.names:
            return Cell(Verdict.NAMED, f"Allowed by {entries[0]}.", entries)
        return Cell(Verdict.WILDCARD, BY_WILDCARD.format("endpoint"), entries)

    @property
    def models_in_reach(self) -> tuple[Model, ...] | None:
        """Return the models it sees and may use. None: not known."""
        if self.models is None or self.seen is None:
            return None
        return tuple(m for m in self.seen if self.of_model(m).verdict.allows)

    @property
    def endpoints_in_reach(self) -> tuple[str, ...] | None:
        """Return the endpoints of ENDPOINTS it may call. None: not known."""
        if self.models is None:
            return None
        return tuple(n for n in ENDPOINTS if self.of_endpoint(n).verdict.allows)

    def _sees(self, model: Model) -> bool:
        names = {name for seen in self.seen or () for name in seen.names}
        return model.model_id in names

    def _unlisted(self, model: Model, entries: tuple[str, ...], *, named: bool) -> Cell:
        if named:
            reason = f"{entries[0]} has no effect: xAI does not list it for this key."
            return Cell(Verdict.NO_EFFECT, reason, entries)
        reason = (
            f"{NAMESPACE}:model:* covers what xAI lists for this key, and "
            f"{model.model_id} is not in that list."
        )
        return Cell(Verdict.DENIED, reason, entries)


NOT_TOLD = Cell(Verdict.UNKNOWN, "xAI has not told the ACLs of this key yet.")
NO_ENDPOINT = (
    "An entry allows this model, but none allows an endpoint: the key can do nothing."
)
NO_MODEL = (
    "An entry allows this endpoint, but none allows a model: the key can do nothing."
)
NEVER_READ = (
    "An entry allows it, but the list of models this key sees was never read, so "
    "whether xAI offers it is not known."
)
BY_WILDCARD = f"Allowed by the wildcard {NAMESPACE}:{{0}}:*, as every {{0}} is."


def resolve(acls: Iterable[str] | None, *, seen: Iterable[Model] | None) -> Access:
    """Return the access of a key from its entries and the models it sees now.

    `seen` None means that its list of models was never read.
    """
    entries = None if acls is None else list(acls)
    sight = None if seen is None else tuple(seen)
    return Access(models_of(entries), endpoints_of(entries), sight)


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
    unread = sum(not parse(entry).understood for entry in acls)
    words = [_models_in_words(models), _endpoints_in_words(endpoints)]
    if unread:
        words.append(f"{unread} unknown {'entry' if unread == 1 else 'entries'}")
    return ", ".join(words)


def _allowed(acls: Iterable[str] | None, kind: str) -> Allowed | None:
    if acls is None:
        return None
    names = [acl.name for acl in map(parse, acls) if acl.kind == kind]
    distinct = tuple(dict.fromkeys(name for name in names if name != EVERYTHING))
    return Allowed(EVERYTHING in names, distinct)


def _entries(kind: str, allowed: Allowed, names: frozenset[str]) -> tuple[str, ...]:
    """Return the entries that speak of one thing, the ones that name it first."""
    found = [name for name in allowed.names if name in names]
    if allowed.everything:
        found.append(EVERYTHING)
    return tuple(f"{NAMESPACE}:{kind}:{name}" for name in found)


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

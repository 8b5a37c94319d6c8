"""What the ACL entries of a key allow, and in which words. Pure.

An entry is `namespace:kind:name`; both an endpoint and a model are needed for a
call. Names are compared letter by letter, since xAI documents neither patterns nor
another case. Strings we do not understand allow nothing that we know of and are
shown as they are.

    entries + the models that same key sees --resolve--> Access --of_model-----> Cell
                                                                --of_endpoint--> Cell
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from console.keys import reasons

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

    @property
    def strange(self) -> bool:
        """Tell whether these are endpoints and none of them is known to us."""
        return not self.everything and ENDPOINTS.keys().isdisjoint(self.names)


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its id and the aliases xAI lists for it."""

    model_id: str
    aliases: tuple[str, ...] = ()


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


@dataclass(frozen=True)
class Access:
    """What one key may do: its entries against the models it sees."""

    models: Allowed | None  # None: xAI did not tell the entries
    endpoints: Allowed | None
    seen: tuple[Model, ...] | None  # None: its list of models was never read

    def of_model(self, model: Model) -> Cell:
        """Judge one model, be it listed for this key or not."""
        if self.models is None or self.endpoints is None:
            return Cell(Verdict.UNKNOWN, reasons.NOT_TOLD)
        wildcard = self.models.everything
        names = [n for n in (model.model_id, *model.aliases) if n in self._named]
        if not names and not wildcard:
            return Cell(Verdict.DENIED, reasons.NO_MODEL_ENTRY)
        listed = self.seen is None or model.model_id in self._listed
        entries = _entries("model", names, wildcard=wildcard)
        if not listed and not names:
            return Cell(Verdict.DENIED, reasons.not_covered(model.model_id), entries)
        if self.endpoints.nothing:
            return Cell(Verdict.NO_EFFECT, reasons.ONLY_MODELS, entries)
        if self.seen is None:
            return Cell(Verdict.UNKNOWN, reasons.NEVER_READ, entries)
        if not listed:
            return self._unlisted(model, names, entries)
        if self.endpoints.strange:
            return Cell(Verdict.UNKNOWN, reasons.STRANGE_ENDPOINTS, entries)
        return self._listed_model(model, names, entries)

    def of_endpoint(self, name: str) -> Cell:
        """Judge one endpoint by its name in ACLs."""
        if self.models is None or self.endpoints is None:
            return Cell(Verdict.UNKNOWN, reasons.NOT_TOLD)
        named, wildcard = name in self.endpoints.names, self.endpoints.everything
        if not named and not wildcard:
            return Cell(Verdict.DENIED, reasons.NO_ENDPOINT_ENTRY)
        entries = _entries("endpoint", [name] * named, wildcard=wildcard)
        if self.models.nothing:
            return Cell(Verdict.NO_EFFECT, reasons.ONLY_ENDPOINTS, entries)
        if self._names_no_listed_model:
            return Cell(Verdict.NO_EFFECT, reasons.NO_LISTED_MODEL, entries)
        if named:
            return Cell(Verdict.NAMED, reasons.by_name(entries), entries)
        return Cell(Verdict.WILDCARD, reasons.by_wildcard("endpoint"), entries)

    @property
    def models_in_reach(self) -> tuple[Model, ...] | None:
        """Return the models it sees and may use. None: not known."""
        if self.models is None or self.endpoints is None:
            return None
        if self.models.nothing or self.endpoints.nothing:
            return ()
        if self.seen is None:
            return None
        verdicts = {model: self.of_model(model).verdict for model in self.seen}
        reach = tuple(model for model in self.seen if verdicts[model].allows)
        return reach if reach or Verdict.UNKNOWN not in verdicts.values() else None

    @property
    def endpoints_in_reach(self) -> tuple[str, ...] | None:
        """Return the endpoints of ENDPOINTS it may call. None: not known."""
        if self.models is None:
            return None
        return tuple(n for n in ENDPOINTS if self.of_endpoint(n).verdict.allows)

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(self.models.names if self.models else ())

    @cached_property
    def _listed(self) -> dict[str, tuple[str, ...]]:
        """Return the ids that go by each id or alias; a model's own id comes first."""
        found: dict[str, tuple[str, ...]] = {}
        for model in self.seen or ():
            for name in dict.fromkeys((model.model_id, *model.aliases)):
                others = found.get(name, ())
                own = name == model.model_id
                found[name] = (name, *others) if own else (*others, model.model_id)
        return found

    @cached_property
    def _names_no_listed_model(self) -> bool:
        if self.models is None or self.seen is None:
            return False
        if self.models.everything:
            return not self.seen
        return self._named.isdisjoint(self._listed)

    def _unlisted(
        self, model: Model, names: list[str], entries: tuple[str, ...]
    ) -> Cell:
        """Judge a model that an entry names and that this key does not see."""
        elsewhere = [name for name in names if name in self._listed]
        if model.model_id not in names and elsewhere:
            other = self._listed[elsewhere[0]][0]
            reason = reasons.other_model(entries[0], other, model.model_id)
            return Cell(Verdict.DENIED, reason, entries)
        reason = reasons.dead(entries[0], model.model_id, self._listed)
        return Cell(Verdict.NO_EFFECT, reason, entries)

    def _listed_model(
        self, model: Model, names: list[str], entries: tuple[str, ...]
    ) -> Cell:
        """Judge a model that is in the list, by the surest entry that covers it."""
        own = self._listed[model.model_id][0]
        if model.model_id in names and own == model.model_id:
            return Cell(Verdict.NAMED, reasons.by_name(entries), entries)
        if self.models is not None and self.models.everything:
            return Cell(Verdict.WILDCARD, reasons.by_wildcard("model"), entries)
        sure = [name for name in names if len(self._listed.get(name, ())) == 1]
        if not sure:
            others = [m for m in self._listed.get(names[0], ()) if m != own]
            shared = reasons.shared_name(names[0], others)
            return Cell(Verdict.UNKNOWN, shared, entries)
        return Cell(Verdict.NAMED, reasons.by_alias(sure[0], own), entries)


def resolve(acls: Iterable[str] | None, *, seen: Iterable[Model] | None) -> Access:
    """Return the access of a key from its entries and the models it sees now.

    `seen` None means that its list of models was never read.
    """
    if seen is not None:
        seen = tuple({model.model_id: model for model in seen}.values())
    parsed = None if acls is None else [parse(entry) for entry in acls]
    return Access(_allowed(parsed, "model"), _allowed(parsed, "endpoint"), seen)


@lru_cache(maxsize=2048)  # the keys of a team have much the same ones
def parse(entry: str) -> Acl:
    """Split an entry at its first two colons only: model names may hold some."""
    namespace, _, rest = entry.partition(":")
    kind, colon, name = rest.partition(":")
    if namespace != NAMESPACE or not colon or not name:
        return Acl(entry, "", "")
    return Acl(entry, kind, name)


def endpoints_of(acls: Iterable[str] | None) -> Allowed | None:
    """Return the endpoints the entries name. None: xAI did not tell."""
    return None if acls is None else _allowed(map(parse, acls), "endpoint")


def models_of(acls: Iterable[str] | None) -> Allowed | None:
    """Return the models the entries name. None: xAI did not tell."""
    return None if acls is None else _allowed(map(parse, acls), "model")


def allows_endpoint(acls: Iterable[str] | None, name: str) -> bool | None:
    """Tell whether an endpoint of ENDPOINTS may be called. None: not known."""
    allowed = endpoints_of(acls)
    return None if allowed is None else allowed.everything or name in allowed.names


def allows_model(
    acls: Iterable[str] | None, model_id: str, aliases: Iterable[str] = ()
) -> bool | None:
    """Tell whether a model may be used, by its id or one of its aliases.

    None: not known. That an entry on an alias covers its model is our reading.
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
    known = sum(name in ENDPOINTS for name in endpoints.names)
    words = [
        "all models" if models.everything else reasons.some_models(models.names),
        "all endpoints"
        if endpoints.everything
        else reasons.some_endpoints(known, of=len(ENDPOINTS)),
    ]
    if unread:
        words.append(f"{unread} unknown {'entry' if unread == 1 else 'entries'}")
    return ", ".join(words)


def _allowed(acls: Iterable[Acl] | None, kind: str) -> Allowed | None:
    if acls is None:
        return None
    names = dict.fromkeys(acl.name for acl in acls if acl.kind == kind)
    return Allowed(EVERYTHING in names, tuple(n for n in names if n != EVERYTHING))


def _entries(kind: str, names: list[str], *, wildcard: bool) -> tuple[str, ...]:
    """Return the entries that speak of one thing, the ones that name it first."""
    found = [*names, EVERYTHING] if wildcard else names
    return tuple([f"{NAMESPACE}:{kind}:{name}" for name in found])

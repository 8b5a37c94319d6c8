"""The words of access: why a key may or may not, in one sentence each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

NOT_TOLD: Final = "xAI has not told the ACLs of this key yet."
NO_MODEL_ENTRY: Final = "No entry of its ACLs allows this model."
NO_ENDPOINT_ENTRY: Final = "No entry of its ACLs allows this endpoint."
ONLY_MODELS: Final = (
    "An entry allows this model, but none allows an endpoint: the key can do nothing."
)
ONLY_ENDPOINTS: Final = (
    "An entry allows this endpoint, but none allows a model: the key can do nothing."
)
NO_LISTED_MODEL: Final = (
    "An entry allows this endpoint, but xAI lists no model for this key that its "
    "entries allow."
)
NEVER_READ: Final = (
    "An entry allows it, but the list of models this key sees was never read, so "
    "whether xAI offers it is not known."
)
STRANGE_ENDPOINTS: Final = (
    "An entry allows it, but Gatehouse knows none of the endpoints the ACLs name, so "
    "whether a call can be made is not known."
)


def by_name(entries: Sequence[str]) -> str:
    """Say which entries allow it, the one that names it first."""
    return f"Allowed by {', and by '.join(entries)}."


def by_wildcard(kind: str) -> str:
    """Say that only the entry for everything allows it."""
    return f"Allowed by the wildcard api-key:{kind}:*, as every {kind} is."


def by_alias(alias: str, model_id: str) -> str:
    """Say that the entry names the model by an alias, and what is not known of that."""
    return (
        f"Allowed by {alias}, an alias of {model_id} now: xAI does not document that "
        "such an entry covers the model, but lists it for this key."
    )


def shared_name(name: str, others: Iterable[str]) -> str:
    """Say that an entry names an alias which other models have as well."""
    return (
        f"An entry names {name}, which is also a name of {', '.join(others)}: which of "
        "them xAI means is not known."
    )


def not_covered(model_id: str) -> str:
    """Say that the wildcard does not reach what the key does not see."""
    return (
        f"api-key:model:* covers what xAI lists for this key, and {model_id} is not in "
        "that list."
    )


def other_model(entry: str, other: str, model_id: str) -> str:
    """Say that an entry means another model for this key."""
    return (
        f"{entry} speaks of {other}, which has that name in the list of this key; "
        f"{model_id} is not in it."
    )


def dead(entry: str, name: str, listed: Iterable[str]) -> str:
    """Say why an entry on a model comes to nothing.

    `listed` are the ids and aliases that xAI lists for the key.
    """
    return f"{entry} has no effect as far as is known: {why_dead(name, listed)}."


def why_dead(name: str, listed: Iterable[str]) -> str:
    """Return the reason alone, as half a sentence."""
    if "*" in name:
        return "xAI documents no partial wildcards, so it is read as a name"
    plain = name.strip().casefold()
    near = next((each for each in listed if each.casefold() == plain), None)
    if near is not None:
        return f"xAI lists {near}, and names are compared letter by letter"
    return (
        f"xAI does not list {name} for this key, though it may still answer a retired "
        "name with another model"
    )


def some_models(names: Sequence[str]) -> str:
    """Say how many models are named, or which one."""
    if len(names) == 1:
        return f"only {names[0]}"
    return f"{len(names)} models" if names else "no models"


def some_endpoints(named: int, *, of: int) -> str:
    """Say how many of the endpoints are named."""
    return f"{named} of {of} endpoints" if named else "no endpoints"

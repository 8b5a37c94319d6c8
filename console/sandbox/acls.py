"""What a list of ACL strings allows. Both kinds are needed: an endpoint and a model."""

from collections.abc import Iterable

ENDPOINT = "api-key:endpoint:"
MODEL = "api-key:model:"


def allows_endpoint(acls: Iterable[str], endpoint: str) -> bool:
    return any(acl in (f"{ENDPOINT}*", ENDPOINT + endpoint) for acl in acls)


def allows_model(acls: Iterable[str], names: Iterable[str]) -> bool:
    """Whether a rule names the model by any of the given names, or all models."""
    wanted = {f"{MODEL}*", *(MODEL + name for name in names)}
    return not wanted.isdisjoint(acls)

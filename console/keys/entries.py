"""The audit entries of acts on one key."""

from __future__ import annotations

from collections.abc import Mapping

from console.audit import trail
from console.audit.actors import Actor
from console.keys.models import ApiKey
from console.vault import sealing


def record(
    action: str, api_key: ApiKey, actor: Actor, detail: Mapping[str, object]
) -> None:
    """Write one entry, as the last statement of the act's transaction."""
    trail.record(
        action=action,
        actor=actor,
        object_kind="key",
        object_id=str(api_key.id),
        object_name=api_key.label,
        team_id=api_key.team_id,
        detail=dict(detail),
    )


def record_added(api_key: ApiKey, actor: Actor, *, checked_live: bool) -> None:
    """Write that a key was stored, and whether xAI was asked before."""
    facts = {
        **shown(api_key),
        "host": api_key.host,
        "owner": api_key.owner,
        "checked_live": checked_live,
    }
    record("key.added", api_key, actor, facts)


def shown(api_key: ApiKey) -> dict[str, object]:
    """Return what may be said of the secret."""
    return {
        "last_four": api_key.last_four,
        "fingerprint": sealing.short(bytes(api_key.fingerprint or b"")),
        "secret_version": api_key.secret_version,
    }

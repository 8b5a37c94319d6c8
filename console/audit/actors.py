"""Who acts: a person behind a request, a command on the host, Gatehouse itself."""

from __future__ import annotations

from dataclasses import dataclass

from console.audit.models import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever did it, as text that outlives them.

    A person is made by `accounts.acting.actor_of(request)`.
    """

    kind: ActorKind
    id: str
    name: str
    address: str = ""
    request_id: str = ""


SYSTEM = Actor(ActorKind.SYSTEM, "", "Gatehouse")
STRANGER = Actor(ActorKind.PERSON, "", "somebody not signed in")


def command(name: str) -> Actor:
    """Return the actor for `manage.py <name>`."""
    return Actor(ActorKind.COMMAND, name, f"manage.py {name}")

"""What the three flags of /v1/api-key imply. Pure."""

from __future__ import annotations

from typing import Protocol

from console.keys.models import KeyState


class Flags(Protocol):
    """The three flags, as an answer of xAI or a stored key holds them."""

    @property
    def team_blocked(self) -> bool | None: ...
    @property
    def api_key_blocked(self) -> bool | None: ...
    @property
    def api_key_disabled(self) -> bool | None: ...


def state_of(flags: Flags) -> KeyState:
    """Return the strongest state the three flags imply.

    A flag that was not told keeps a key from being called usable, not from being
    called blocked.
    """
    if flags.team_blocked:
        return KeyState.TEAM_BLOCKED
    if flags.api_key_blocked:
        return KeyState.KEY_BLOCKED
    if flags.api_key_disabled:
        return KeyState.DISABLED
    told = (flags.team_blocked, flags.api_key_blocked, flags.api_key_disabled)
    return KeyState.UNKNOWN if None in told else KeyState.ACTIVE


# These outlast silence: that xAI does not answer is no reason to think that a
# blocked key is no longer blocked.
KNOWN_BAD = frozenset(
    {
        KeyState.TEAM_BLOCKED,
        KeyState.KEY_BLOCKED,
        KeyState.DISABLED,
        KeyState.REJECTED,
    }
)

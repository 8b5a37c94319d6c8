"""What each state of a key means for people, and what to do about it. Pure."""

from __future__ import annotations

from typing import Final

from console.keys.shown import ShownState

TONES: Final = {
    ShownState.ACTIVE: "ok",
    ShownState.TEAM_BLOCKED: "bad",
    ShownState.KEY_BLOCKED: "bad",
    ShownState.REJECTED: "bad",
    ShownState.UNREACHABLE: "warn",
    ShownState.STALE: "warn",
}
EXPLAINED: Final = {
    ShownState.ACTIVE: ("xAI answers and no flag is set.", ""),
    ShownState.TEAM_BLOCKED: (
        "xAI has blocked the team, so every key of it stops.",
        "Look at the team's billing and messages in xAI's console. All its keys "
        "recover together; nothing has to change on this one.",
    ),
    ShownState.KEY_BLOCKED: (
        "xAI has blocked this key, for example because it was found in public.",
        "Make a new key in xAI's console, replace the secret here, and delete the "
        "old key there.",
    ),
    ShownState.REJECTED: (
        "xAI does not accept this secret. The key was deleted or replaced at xAI.",
        "Replace the secret with the new one, or remove the key.",
    ),
    ShownState.DISABLED: (
        "A person has switched this key off in xAI's console.",
        "Switch it on there if it is still needed; remove it here if not.",
    ),
    ShownState.UNREACHABLE: (
        "xAI has not answered several checks in a row. Nothing is known against the "
        "key itself.",
        "Gatehouse tries again by itself. If other keys answer, check this one now.",
    ),
    ShownState.STALE: (
        "The last good answer is too old to trust.",
        "Check the key now. If that does not help, the poller may be silent.",
    ),
    ShownState.UNKNOWN: (
        "xAI has not given a good answer about this key yet.",
        "",
    ),
}
UNWATCHED: Final = (
    "Watching this key was stopped, so its last good answer is too old to trust.",
    "Resume watching to have it checked again.",
)


def of(state: ShownState, *, watched: bool) -> tuple[str, str]:
    """Return what a state means and what to do about it; "" for nothing."""
    if state == ShownState.STALE and not watched:
        return UNWATCHED
    return EXPLAINED[state]

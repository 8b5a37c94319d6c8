"""What a page shows for one key and one model or endpoint. Pure."""

from __future__ import annotations

from typing import Final

from django.db import models

from console.keys.acls import Cell, Verdict
from console.keys.shown import ShownState


class Mark(models.TextChoices):
    """What the rules and the state of a key come to together."""

    NAMED = "named", "allowed by name"
    WILDCARD = "wildcard", "allowed by wildcard"
    HALTED = "halted", "rule allows it, key is stopped"
    NO_EFFECT = "no-effect", "rule without effect"
    DENIED = "denied", "not allowed"
    UNKNOWN = "unknown", "not known"


# xAI refuses each call of such a key. Silence and an old answer say nothing of calls.
STOPPED: Final = frozenset(
    {
        ShownState.TEAM_BLOCKED,
        ShownState.KEY_BLOCKED,
        ShownState.REJECTED,
        ShownState.DISABLED,
    }
)


def mark_of(cell: Cell, state: ShownState) -> Mark:
    """Return the mark of a cell of a key in this state."""
    if cell.verdict.allows and state in STOPPED:
        return Mark.HALTED
    return Mark(cell.verdict.value)


def how(cell: Cell) -> str:
    """Say in a few words by what a cell is as it is."""
    named = [entry for entry in cell.entries if not entry.endswith(":*")]
    match cell.verdict:
        case Verdict.NAMED:
            both = len(cell.entries) > len(named)
            return "named, and by the wildcard" if both else "named"
        case Verdict.WILDCARD:
            return "named, and by the wildcard" if named else "only by the wildcard"
        case Verdict.NO_EFFECT:
            return "a rule without effect"
        case Verdict.DENIED:
            return "no rule allows it"
    return "not known"

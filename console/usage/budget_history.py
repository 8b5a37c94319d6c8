"""What people did to a budget, as the audit log tells it. Forms and refusals use it.

A form carries the version it was made from: so two admins who change one budget at
once do not overwrite each other without knowing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import QuerySet

from console.accounts.models import User
from console.audit.models import ActorKind, Entry
from console.lib.dollars import usd_given
from console.usage.budget_words import called
from console.usage.models import Budget

CHANGED: Final = "budget.changed"
ENDED: Final = "budget.ended"


def version_of(budget: Budget) -> int:
    """Return the number of the entry of its last change; 0 if there was none."""
    last = _entries(budget, CHANGED).first()
    return last.seq if last else 0


def changes_since(budget: Budget, version: int) -> str:
    """Say in sentences who changed what since then, the first change first."""
    entries = _entries(budget, CHANGED).filter(seq__gt=version)
    return " ".join(_change(entry) for entry in reversed(entries))


def ending_of(budget: Budget) -> str:
    """Say in a sentence who ended a budget that has ended, and when."""
    assert budget.ended_at is not None
    entry = _entries(budget, ENDED).first()
    if entry is None:
        return f"This budget was ended {_at(budget.ended_at)}."
    return f"{_who(entry)} ended this budget {_at(budget.ended_at)}."


def _entries(budget: Budget, action: str) -> QuerySet[Entry]:
    found = Entry.objects.filter(object_id=str(budget.pk), action=action)
    return found.order_by("-seq")


def _change(entry: Entry) -> str:
    before: dict[str, Any] = entry.detail["before"]
    after: dict[str, Any] = entry.detail["after"]
    parts = [
        f"{words} from {say(before[name])} to {say(after[name])}"
        for name, (words, say) in TERMS.items()
        if name in after
    ]
    return f"{_who(entry)} changed {' and '.join(parts)} {_at(entry.at)}."


def _who(entry: Entry) -> str:
    """Return the name of a person as pages have it, and of others as the log does."""
    if entry.actor_kind == ActorKind.PERSON:
        person = User.objects.filter(pk=entry.actor_id).first()
        if person:
            return called(person)
    return entry.actor_name


def _at(moment: datetime) -> str:
    return f"on {moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def _limit(hard: bool) -> str:
    return "refusing" if hard else "warning"


def _person(username: str) -> str:
    person = User.objects.filter(username=username).first()
    return called(person) if person else username


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"


TERMS: Final[Mapping[str, Any]] = {
    "limit_ticks": ("the limit", usd_given),
    "hard": ("what happens at it", _limit),
    "contact": ("whom to ask", _person),
    "note": ("the note", _quoted),
}

"""One thing done to many keys at once, and taken back within some minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.db.models import TextChoices

from console.audit.actors import Actor
from console.audit.models import Entry
from console.keys import editing, tags
from console.keys.models import ApiKey
from console.keys.narrowing import Viewer
from console.keys.refusals import Refused
from console.keys.selection import Selection

UNDO_FOR = timedelta(minutes=10)
UNDO_SALT = "keys.undo"


class Act(TextChoices):
    """What may be done to many keys."""

    OWNER = "owner", "Set owner"
    TAG = "tag", "Add tags"
    UNTAG = "untag", "Remove tags"
    PAUSE = "pause", "Stop watching"
    RESUME = "resume", "Resume watching"

    @property
    def action(self) -> str:
        """Return what the audit log calls it."""
        watching = {Act.PAUSE: "key.watch_paused", Act.RESUME: "key.watch_resumed"}
        return watching.get(self, "key.edited")


class TooManyTags(Refused):
    """A key would have more tags than it may."""

    def __init__(self, api_key: ApiKey) -> None:
        super().__init__()
        self.sentence = (
            f"“{api_key.label}” would have more than {tags.MOST} tags. Nothing was "
            "changed."
        )


class TooLate(Refused):
    """What is to be taken back is not remembered any more."""

    sentence = "This cannot be undone any more: ten minutes have passed."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the keys."""

    changed: int
    same: int  # keys for which there was nothing to change
    undo: str  # a token for `undo`; "" if nothing changed


def apply(act: Act, *, selection: Selection, value: Any, actor: Actor) -> Outcome:
    """Do one thing to all of the keys or to none.

    `value` is the owner, or the list of tags; nothing for watching. Raises Refused,
    or vault.Sealed.
    """
    changes = editing.change(
        key_ids=[key.pk for key in selection.keys],
        values_of=lambda key: _values(act, key, value),
        action=act.action,
        actor=actor,
    )
    return Outcome(len(changes), selection.number - len(changes), _token(changes))


def undo(*, token: str, actor: Actor, user: Viewer) -> Outcome:
    """Give keys back what `apply` changed, where it is still as `apply` left it.

    What they had is read from the audit entries of the act, which must be this same
    actor's. Keys this person may not see by now stay as they are. Raises TooLate, or
    vault.Sealed.
    """
    entries = _entries(token, actor)
    visible = ApiKey.objects.visible_to(user).filter(pk__in=list(entries))
    changes = editing.change(
        key_ids=list(visible.values_list("pk", flat=True)),
        values_of=lambda key: _values_before(key, entries[str(key.pk)].detail),
        action=_back(next(iter(entries.values())).action),
        actor=actor,
    )
    return Outcome(len(changes), len(entries) - len(changes), "")


def _values(act: Act, key: ApiKey, value: Any) -> editing.Values:
    match act:
        case Act.OWNER:
            return {"owner": value}
        case Act.TAG:
            try:
                return {"tags": tags.with_more(key.tags, value)}
            except tags.BadTag:
                raise TooManyTags(key) from None
        case Act.UNTAG:
            return {"tags": tags.without(key.tags, value)}
        case Act.PAUSE | Act.RESUME:
            return {"watched": act == Act.RESUME}


def _values_before(key: ApiKey, detail: Mapping[str, Any]) -> editing.Values:
    """Return what the key had; nothing of what somebody has changed since."""
    return {
        field: value
        for field, value in detail["before"].items()
        if getattr(key, field) == detail["after"][field]
    }


def _back(action: str) -> str:
    turned = {
        Act.PAUSE.action: Act.RESUME.action,
        Act.RESUME.action: Act.PAUSE.action,
    }
    return turned.get(action, action)


def _token(changes: Sequence[editing.Change]) -> str:
    """Return a signed text that names the audit entries of an act.

    They follow each other: while a transaction writes entries, no other one can.
    """
    if not changes:
        return ""
    return signing.dumps([changes[0].entry, changes[-1].entry], salt=UNDO_SALT)


def _entries(token: str, actor: Actor) -> dict[str, Entry]:
    """Return the entries a token names, by key. Raises TooLate."""
    try:
        first, last = signing.loads(token, salt=UNDO_SALT, max_age=UNDO_FOR)
    except signing.BadSignature:
        raise TooLate from None
    found = Entry.objects.filter(seq__range=(first, last), actor_id=actor.id)
    entries = {entry.object_id: entry for entry in found}
    if not entries:
        raise TooLate
    return entries

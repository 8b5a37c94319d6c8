"""The keys that somebody picked from the inventory, to do one thing to all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.keys.models import ApiKey
from console.keys.narrowing import Filters, Viewer, narrowed
from console.keys.refusals import Refused

MOST = 1000  # keys of one act
NEEDED = ("label", "owner", "tags", "watched", "team_id")


class NothingPicked(Refused):
    """No row was ticked, or none of them exists for this person."""

    sentence = "No key was picked, or none of them is there any more."


class TooMany(Refused):
    """More keys than one act may change."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.sentence = (
            f"{number:,} keys match, and one act changes at most {MOST:,}. Narrow the "
            "list first."
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Some keys, by name; at least one."""

    keys: list[ApiKey]

    @property
    def number(self) -> int:
        """Return how many there are."""
        return len(self.keys)

    @property
    def ids(self) -> str:
        """Return all ids in one text, for a form: it may have few fields."""
        return ",".join(key.pk.hex for key in self.keys)

    @property
    def watched(self) -> int:
        """Return how many of them are watched."""
        return sum(key.watched for key in self.keys)


def selected(*, user: Viewer, filters: Filters, now: datetime) -> Selection:
    """Return the keys that the filters leave and this person may see.

    Ids of other keys in `filters.only` are as if they did not exist. Raises
    NothingPicked or TooMany.
    """
    found = narrowed(user=user, filters=filters, now=now)
    keys = list(found.only(*NEEDED).order_by("label", "pk")[: MOST + 1])
    if not keys:
        raise NothingPicked
    if len(keys) > MOST:
        raise TooMany(found.count())
    return Selection(keys)

"""The filters of the audit log, read from its address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from console.accounts.models import User
from console.audit.models import ActorKind
from console.keys.forms.filters import clean_search
from console.pages.audit_words import Kind, title_of

SIZES: Final = (25, 50, 100)
PERIODS: Final = {
    "7": "Last 7 days",
    "30": "Last 30 days",
    "90": "Last 90 days",
    "all": "From the start",
    "dates": "From … to …",
}
ACTOR_KINDS: Final = {
    "commands": ActorKind.COMMAND,
    "gatehouse": ActorKind.SYSTEM,
    "strangers": ActorKind.PERSON,  # nobody signed in
}
ACTION: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)?")
OBJECT: Final = re.compile(r"[0-9A-Za-z._:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; nonsense was left out."""

    search: str = ""
    kind: Kind | None = None
    actor: str = ""  # a person's id, or a name of ACTOR_KINDS
    action: str = ""
    object: str = ""  # id of one thing
    period: str = "7"  # a name of PERIODS
    since: date | None = None  # both days included, in UTC
    until: date | None = None
    one_line: bool = False
    size: int = SIZES[0]
    cursor: str = ""

    def times(self, *, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return start <= t < end of the period; None: open."""
        if self.period == "all":
            return None, None
        if self.period == "dates":
            return _midnight(self.since), _midnight(self.until, after=1)
        return now - timedelta(days=int(self.period)), None

    @property
    def narrows(self) -> bool:
        """Tell whether anything but the period leaves entries out."""
        return bool(
            self.search or self.kind or self.actor or self.action or self.object
        )

    @property
    def action_title(self) -> str:
        """Return the chosen action in words."""
        return title_of(self.action)

    @property
    def period_title(self) -> str:
        """Return the period to stand behind "entries"."""
        if self.period == "dates":
            since = f"from {self.since:%-d %b %Y}" if self.since else "from the start"
            return f"{since} to {self.until:%-d %b %Y}" if self.until else since
        if self.period == "all":
            return "from the start"
        return f"in the last {self.period} days"

    def in_words(self) -> dict[str, str]:
        """Return what was asked for, as the audit log itself keeps it."""
        chosen = {
            "search": self.search,
            "kind": self.kind,
            "actor": self.actor,
            "action": self.action,
            "object": self.object,
            "period": self.period,
            "since": self.since,
            "until": self.until,
        }
        return {name: str(value) for name, value in chosen.items() if value}


def filters_of(values: Mapping[str, Any], *, people: Iterable[User]) -> Filters:
    """Read the filters of the log's address; what makes no sense is left out."""
    text = {name: str(value) for name, value in values.items()}
    actors = {str(person.pk) for person in people} | ACTOR_KINDS.keys()
    kind, period = text.get("kind", ""), text.get("period", "")
    action, thing = text.get("action", ""), text.get("object", "")
    actor, size = text.get("actor", ""), text.get("size", "")
    return Filters(
        search=clean_search(text.get("q", "")),
        kind=Kind(kind) if kind in list(Kind) else None,
        actor=actor if actor in actors else "",
        action=action if len(action) <= 64 and ACTION.fullmatch(action) else "",
        object=thing if OBJECT.fullmatch(thing) else "",
        period=period if period in PERIODS else "7",
        since=_date(text.get("since", "")),
        until=_date(text.get("until", "")),
        one_line=text.get("detail", "") == "line",
        size=int(size) if size in map(str, SIZES) else SIZES[0],
        cursor=text.get("page", ""),
    )


def _date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None


def _midnight(day: date | None, *, after: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=after), time(), tzinfo=UTC)

"""The inventory: which keys a person sees, narrowed, sorted, counted and paged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    Case,
    Count,
    F,
    Func,
    IntegerField,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Lower, Replace

from console.accounts.models import Team, User
from console.keys import acls, reach
from console.keys.models import ApiKey, ApiKeyQuerySet
from console.keys.shown import (
    ShownState,
    rank_expression,
    short_fingerprint,
    shown_expression,
    tail_of,
)
from console.lib.export import Record
from console.lib.freshness import Freshness, freshness
from console.lib.paging import ID, Column, instant, number, ordered, page_of, words

Viewer = User | AnonymousUser
NAME: Final = Column("name", words)
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)  # sorts as never
SORTS: Final = {
    "attention": (Column("rank", number), NAME, ID),
    "name": (NAME, ID),
    "team": (Column("team_name", words), NAME, ID),
    "owner": (Column("ownerless", number), Column("owner_name", words), NAME, ID),
    "access": (Column("breadth", number, descending=True), NAME, ID),
    "changed": (Column("changed", instant, descending=True), ID),
    "checked": (Column("checked", instant), ID),
}
SORT_NAMES: Final = {
    "attention": "needs attention first",
    "name": "name",
    "team": "team",
    "owner": "owner",
    "access": "broadest access",
    "changed": "last change",
    "checked": "oldest check",
}
SIZES: Final = (25, 50, 100)
SHOWN_FIELDS: Final = (
    "label", "last_four", "xai_redacted", "owner", "host", "state", "state_since",
    "watched", "acls", "changed_at", "xai_modified_by", "checked_at", "verified_at",
    "problem", "team__name",
)  # fmt: skip
EXPORT_FIELDS: Final = (
    "id", "label", "team", "owner", "note", "state", "state_since", "stored_state",
    "problem", "watched", "redacted", "fingerprint", "access", "acls", "xai_name",
    "xai_key_id", "xai_team_id", "xai_created_at", "xai_created_by",
    "xai_modified_at", "xai_modified_by", "team_blocked", "api_key_blocked",
    "api_key_disabled", "host", "added_at", "changed_at", "checked_at", "verified_at",
    "models_checked_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    state: ShownState | None = None
    team: UUID | None = None
    search: str = ""
    sort: str = "attention"  # a name of SORTS
    backwards: bool = False
    size: int = SIZES[0]
    cursor: str = ""

    @property
    def narrows(self) -> bool:
        """Tell whether any key may be left out."""
        return bool(self.state or self.team or self.search)

    def in_words(self) -> dict[str, str]:
        """Return what narrows, as the audit log keeps it."""
        chosen = {"state": self.state, "team": self.team, "search": self.search}
        return {name: str(value) for name, value in chosen.items() if value}

    @property
    def columns(self) -> list[Column]:
        """Return what to sort by."""
        columns = SORTS[self.sort]
        return [c.reversed() for c in columns] if self.backwards else list(columns)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One line of the table."""

    id: UUID
    label: str
    tail: str
    team: str
    owner: str
    state: ShownState
    state_since: datetime | None
    problem: str
    watched: bool
    reach: reach.Reach
    changed_at: datetime | None
    modified_by: str  # xAI's user id, shortened; "" if not told
    checked_at: datetime | None
    verified_at: datetime | None
    freshness: Freshness  # of the last good answer


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many keys of the search are in one state."""

    state: ShownState
    keys: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """One page of the table, and the figures beside it."""

    rows: list[KeyRow] = field(default_factory=list)
    counts: list[StateCount] = field(default_factory=list)
    total: int = 0  # of all states
    matching: int = 0  # of the chosen state
    before: str | None = None
    after: str | None = None


def inventory(*, user: Viewer, filters: Filters, now: datetime) -> Inventory:
    """Return one page and its figures; three queries for any number of keys."""
    found = narrowed(user=user, filters=filters, now=now)
    counts = _counts(found)
    shown = sortable(_in_state(found, filters), filters=filters, now=now)
    page = page_of(
        shown.select_related("team").only(*SHOWN_FIELDS),
        columns=filters.columns,
        cursor=filters.cursor,
        size=filters.size,
    )
    listed = reach.listed_models() if page.rows else {}
    total = sum(counts.values())
    return Inventory(
        rows=[_row(key, listed=listed, now=now) for key in page.rows],
        counts=[StateCount(state, counts.get(state, 0)) for state in ShownState],
        total=total,
        matching=counts.get(filters.state, 0) if filters.state else total,
        before=page.before,
        after=page.after,
    )


def records(*, user: Viewer, filters: Filters, now: datetime) -> Iterator[Record]:
    """Yield every key that the filters leave, all fields, in the order shown."""
    found = narrowed(user=user, filters=filters, now=now)
    found = sortable(_in_state(found, filters), filters=filters, now=now)
    rows = ordered(found.select_related("team").defer("raw"), filters.columns)
    for key in rows.iterator(chunk_size=1000):
        yield _record(key)


def narrowed(*, user: Viewer, filters: Filters, now: datetime) -> ApiKeyQuerySet:
    """Keep what this person may see and searches for, of all states; annotated."""
    keys = ApiKey.objects.visible_to(user)
    if filters.team:
        keys = keys.filter(team=filters.team)
    if filters.search:
        keys = keys.annotate(entries=_entries_as_text()).filter(
            _matches(filters.search)
        )
    return keys.annotate(shown=shown_expression(now))


def sortable(
    keys: ApiKeyQuerySet, *, filters: Filters, now: datetime
) -> ApiKeyQuerySet:
    """Add what the chosen sort compares, and nothing else."""
    made = {
        "rank": rank_expression(now),
        "name": Lower("label"),
        "team_name": Lower("team__name"),
        "owner_name": Lower("owner"),
        "ownerless": Case(
            When(owner="", then=Value(1)), default=Value(0), output_field=IntegerField()
        ),
        "breadth": _breadth(),
        "changed": Coalesce("changed_at", Value(LONG_AGO)),
        "checked": Coalesce("checked_at", Value(LONG_AGO)),
    }
    wanted = [column.name for column in filters.columns if column.name in made]
    return keys.annotate(**{name: made[name] for name in wanted})


def visible_teams(user: Viewer) -> list[Team]:
    """Return the teams whose keys this person may see, by name."""
    return list(Team.objects.visible_to(user).order_by("name"))


def _in_state(found: ApiKeyQuerySet, filters: Filters) -> ApiKeyQuerySet:
    return found.filter(Q(shown=filters.state)) if filters.state else found


def _counts(found: ApiKeyQuerySet) -> dict[str, int]:
    rows = found.order_by().values(now=F("shown")).annotate(keys=Count("id"))
    return {row["now"]: row["keys"] for row in rows}


def _matches(search: str) -> Q:
    """Match name, tail, owner, note, xAI's name, and models and endpoints in ACLs."""
    tail = re.sub(r"^xai-[.*]*", "", search)
    return (
        Q(label__icontains=search)
        | Q(owner__icontains=search)
        | Q(note__icontains=search)
        | Q(xai_name__icontains=search)
        | Q(entries__icontains=search)
        | Q(last_four=tail)
    )


def _entries_as_text() -> Cast | Replace:
    """Write the ACLs without what all of them share, or every key would match it."""
    text: Cast | Replace = Cast("acls", TextField())
    for shared in ("api-key:model:", "api-key:endpoint:"):
        text = Replace(text, Value(shared, TextField()), Value("", TextField()))
    return text


def _breadth() -> Any:
    """Order by what the ACLs open: all models, all endpoints, then their number."""
    length = Func("acls", function="jsonb_array_length", output_field=IntegerField())
    return (
        _has_entry("api-key:model:*", 10_000)
        + _has_entry("api-key:endpoint:*", 5_000)
        + Coalesce(length, Value(-1))
    )


def _has_entry(entry: str, worth: int) -> Case:
    return Case(
        When(acls__contains=[entry], then=Value(worth)),
        default=Value(0),
        output_field=IntegerField(),
    )


def _row(key: ApiKey, *, listed: reach.Listed, now: datetime) -> KeyRow:
    return KeyRow(
        id=key.pk,
        label=key.label,
        tail=tail_of(key),
        team=key.team.name,
        owner=key.owner,
        state=ShownState(key.shown),  # type: ignore[attr-defined]
        state_since=key.state_since,
        problem=key.problem,
        watched=key.watched,
        reach=reach.reach_of(key.acls, listed=listed.get(key.host, [])),
        changed_at=key.changed_at,
        modified_by=(key.xai_modified_by or "")[:8],
        checked_at=key.checked_at,
        verified_at=key.verified_at,
        freshness=freshness(key.verified_at, interval=settings.XAI_POLL_EVERY, now=now),
    )


def _record(key: ApiKey) -> Record:
    computed = {
        "id": str(key.pk),
        "team": key.team.name,
        "state": key.shown,  # type: ignore[attr-defined]
        "stored_state": key.state,
        "redacted": tail_of(key),
        "fingerprint": short_fingerprint(key),
        "access": acls.in_words(key.acls),
        "added_at": key.created_at,
    }
    return {
        name: computed[name] if name in computed else getattr(key, name)
        for name in EXPORT_FIELDS
    }

"""The feed of changes: looks a person may see, narrowed, counted and paged.

A look is all that one check found changed at one key. Its rows share key and time, so
both together are its place in the feed and no page cuts it in two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from console.accounts.models import Team, User
from console.keys import xai_users
from console.keys.models import (
    ApiKey,
    KeyChange,
    KeyChangeQuerySet,
    Origin,
    Review,
)
from console.keys.timeline import Event, events, told
from console.lib.export import Record
from console.lib.paging import Column, instant, ordered, page_of

Viewer = User | AnonymousUser
SIZE: Final = 25  # looks
COUNTED: Final = 1000  # looks; of more, the page says "1,000+"
FEW_KEYS: Final = 200  # found by a search: their own changes are read, not the feed
COLUMNS: Final = (
    Column("gap_until", instant, descending=True, indexed=True),
    Column("key_id", UUID, descending=True),
)
REVIEWS: Final = (Review.WAITING, Review.ESCALATED, Review.CONFIRMED)
ORIGINS: Final = {
    Origin.OUTSIDE: "Outside",
    Origin.XAI: "xAI",
    Origin.HERE: "Here",
    Origin.OBSERVED: "Observed",
}
SHOWN_FIELDS: Final = (
    "key_id", "field", "before", "after", "gap_from", "gap_until", "modified_by",
    "origin", "review", "reviewed_at", "review_note", "reviewed_by__name",
    "team__name", "key__label",
)  # fmt: skip
EXPORT_FIELDS: Final = (
    "seen_at", "seen_unchanged_at", "key_id", "key", "team", "field", "before", "after",
    "origin", "xai_user", "xai_user_name", "review", "reviewed_by", "reviewed_at",
    "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    origin: Origin | None = None
    review: Review | None = None
    team: UUID | None = None
    field: str = ""  # a name of FACTS, or "state"
    search: str = ""
    key: UUID | None = None
    since: date | None = None
    until: date | None = None  # included
    cursor: str = ""

    @property
    def narrows(self) -> bool:
        """Tell whether any look may be left out."""
        return replace(self, cursor="") != Filters()

    def in_words(self) -> dict[str, str]:
        """Return what narrows, as the audit log keeps it."""
        chosen = {
            "origin": self.origin, "review": self.review, "team": self.team,
            "field": self.field, "search": self.search, "key": self.key,
            "since": self.since, "until": self.until,
        }  # fmt: skip
        return {name: str(value) for name, value in chosen.items() if value}


@dataclass(frozen=True, slots=True)
class Count:
    """How many looks have a value; `more` when there are more than were counted."""

    value: str
    label: str
    looks: int
    more: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One look, and the key it was at."""

    event: Event
    label: str
    team: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of looks, newest first, and the figures beside it."""

    rows: list[Row]
    total: Count
    reviews: list[Count]
    origins: list[Count]
    before: str | None
    after: str | None


def feed(*, user: Viewer, filters: Filters, teams: list[Team]) -> Feed:
    """Return one page and its figures; `teams` are those this person may see.

    The number of queries does not grow with the number of changes, and no figure
    makes the database read more than some thousand rows.
    """
    rows = _scope(user=user, filters=filters, teams=teams)
    chosen = _of(rows, origin=filters.origin, review=filters.review)
    page = page_of(_looks(chosen), columns=COLUMNS, cursor=filters.cursor, size=SIZE)
    return Feed(
        rows=read(page.rows),
        total=_count("", "All", _of(rows, origin=filters.origin)),
        reviews=[
            _count(one, one.label, _of(rows, origin=filters.origin, review=one))
            for one in REVIEWS
        ],
        origins=[
            _count(one, label, _of(rows, origin=one, review=filters.review))
            for one, label in ORIGINS.items()
        ],
        before=page.before,
        after=page.after,
    )


def narrowed(*, user: Viewer, filters: Filters, teams: list[Team]) -> KeyChangeQuerySet:
    """Keep the changes this person may see and asks for."""
    rows = _scope(user=user, filters=filters, teams=teams)
    return _of(rows, origin=filters.origin, review=filters.review)


def _scope(*, user: Viewer, filters: Filters, teams: list[Team]) -> KeyChangeQuerySet:
    """Keep what this person may see and asks for, of any origin and review."""
    rows = KeyChange.objects.visible_to(user)
    if filters.team:
        rows = rows.filter(team=filters.team)
    elif not (isinstance(user, User) and user.sees_all_teams):
        # Named one by one, so that the database knows how many rows to expect.
        rows = rows.filter(team__in=[team.pk for team in teams])
    if filters.field:
        rows = rows.filter(field=filters.field)
    if filters.key:
        rows = rows.filter(key=filters.key)
    if filters.since:
        rows = rows.filter(gap_until__gte=_midnight(filters.since))
    if filters.until:
        rows = rows.filter(gap_until__lt=_midnight(filters.until) + timedelta(days=1))
    return _searched(rows, filters.search) if filters.search else rows


def _of(
    rows: KeyChangeQuerySet,
    *,
    origin: Origin | None = None,
    review: Review | None = None,
) -> KeyChangeQuerySet:
    """Keep one origin and review; only what was done outside is ever reviewed."""
    if review:
        if origin not in (None, Origin.OUTSIDE):
            return rows.none()
        return rows.filter(review=review, origin=Origin.OUTSIDE)
    return rows.filter(origin=origin) if origin else rows


def read(looks: list[KeyChange]) -> list[Row]:
    """Return these looks whole, with names; one row of each is given."""
    wanted = {(look.key_id, look.gap_until) for look in looks}
    found = (
        KeyChange.objects.filter(
            key__in={key_id for key_id, _ in wanted},
            gap_until__in={at for _, at in wanted},
        )
        .select_related("team", "reviewed_by", "key")
        .only(*SHOWN_FIELDS)
        .order_by(*(f"-{column.name}" for column in COLUMNS), "id")
    )
    rows = [row for row in found if (row.key_id, row.gap_until) in wanted]
    names = xai_users.names_of(row.modified_by for row in rows)
    heads = {row.key_id: row for row in rows}
    return [
        Row(event, heads[event.key_id].key.label, heads[event.key_id].team.name)
        for event in events(rows, names)
    ]


def records(*, user: Viewer, filters: Filters, teams: list[Team]) -> Iterator[Record]:
    """Yield every change that the filters leave, newest first."""
    rows = narrowed(user=user, filters=filters, teams=teams)
    rows = rows.select_related("key", "team", "reviewed_by").only(*SHOWN_FIELDS)
    names = xai_users.all_names()
    for change in ordered(rows, COLUMNS).iterator(chunk_size=1000):
        yield _record(change, names)


def _looks(rows: KeyChangeQuerySet) -> KeyChangeQuerySet:
    """Keep one row of each look."""
    return rows.distinct(*(column.name for column in COLUMNS)).only(
        *(column.name for column in COLUMNS)
    )


def _searched(rows: KeyChangeQuerySet, search: str) -> KeyChangeQuerySet:
    """Keep the changes of keys that are called so."""
    stored = ApiKey.objects.filter(_called(search, ""), removed_at=None)
    few = list(stored.values_list("pk", flat=True)[: FEW_KEYS + 1])
    if len(few) <= FEW_KEYS:
        return rows.filter(key__in=few)
    return rows.filter(_called(search, "key__"))


def _called(search: str, key: str) -> Q:
    return (
        Q(**{f"{key}label__icontains": search})
        | Q(**{f"{key}owner__icontains": search})
        | Q(**{f"{key}xai_name__icontains": search})
        | Q(**{f"{key}last_four": search})
    )


def _count(value: str, label: object, rows: KeyChangeQuerySet) -> Count:
    looks = ordered(_looks(rows), COLUMNS)[: COUNTED + 1].count()
    return Count(value, str(label), min(looks, COUNTED), looks > COUNTED)


def _record(change: KeyChange, names: dict[str, str]) -> Record:
    by = change.reviewed_by
    return {
        "seen_at": change.gap_until,
        "seen_unchanged_at": change.gap_from,
        "key_id": str(change.key_id),
        "key": change.key.label,
        "team": change.team.name,
        "field": change.field,
        "before": told(change.before),
        "after": told(change.after),
        "origin": change.origin,
        "xai_user": change.modified_by,
        "xai_user_name": names.get(change.modified_by, ""),
        "review": change.review,
        "reviewed_by": by.name if by else "",
        "reviewed_at": change.reviewed_at,
        "note": change.review_note,
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)

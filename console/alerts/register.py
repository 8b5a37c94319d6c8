"""The register of incidents, as its page and its files list it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Q, Value, When

from console.accounts.models import Team, User
from console.alerts.models import Incident, IncidentKind, IncidentQuerySet
from console.lib import export, paging
from console.lib.paging import Column, Page

SIZE = 50
WEEK = timedelta(days=7)
SHOWS: Final = {
    "": "All",
    "open": "Open",
    "new": "Not acknowledged",
    "week": "Closed this week",
    "closed": "Closed",
}
EXPORT_FIELDS: Final = (
    "id",
    "kind",
    "title",
    "sentence",
    "team",
    "key",
    "began_at",
    "opened_at",
    "acknowledged_at",
    "acknowledged_by",
    "escalated_at",
    "escalated_by",
    "note",
    "closed_at",
    "ending",
)
COLUMNS: Final = (
    Column("over", paging.number),
    Column("opened_at", paging.instant, descending=True),
    Column("id", UUID, descending=True),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the page is narrowed to; "" and None: not narrowed."""

    show: str = ""
    kind: IncidentKind | None = None
    team: UUID | None = None
    cursor: str = ""

    @property
    def narrows(self) -> bool:
        """Something is left out."""
        return bool(self.show or self.kind or self.team)

    def in_words(self) -> dict[str, object]:
        """Return the filters for the audit log."""
        return {
            "show": self.show,
            "kind": str(self.kind or ""),
            "team": str(self.team or ""),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """One chip, and how many incidents it leads to."""

    value: str
    label: str
    number: int
    current: bool


@dataclass(frozen=True, slots=True)
class Register:
    """Everything of the page."""

    page: Page[Incident]
    shows: list[Choice]
    kinds: list[Choice]
    matching: int


def filters_of(values: Mapping[str, str], *, teams: Sequence[Team]) -> Filters:
    """Read the filters of the page's address; what makes no sense is left out."""
    known = {str(team.pk): team.pk for team in teams}
    show, kind = values.get("show", ""), values.get("kind", "")
    return Filters(
        show=show if show in SHOWS else "",
        kind=IncidentKind(kind) if kind in IncidentKind.values else None,
        team=known.get(values.get("team", "")),
        cursor=values.get("page", ""),
    )


def register(*, user: User, filters: Filters, now: datetime) -> Register:
    """Return one page, open incidents first, and what each filter would leave.

    Two queries, however many incidents there are.
    """
    visible = Incident.objects.visible_to(user)
    counts = _counts(_of_team(visible, filters), now)
    kind, show = filters.kind, filters.show
    rows = _matching(visible, filters, now).select_related(
        "team", "key", "acknowledged_by"
    )
    return Register(
        page=paging.page_of(rows, columns=COLUMNS, cursor=filters.cursor, size=SIZE),
        shows=[
            Choice(value, label, _sum(counts, value, kind), value == show)
            for value, label in SHOWS.items()
        ],
        kinds=[
            Choice(one.value, one.label, number, one == kind)
            for one in IncidentKind
            if (number := _sum(counts, show, one)) or one == kind
        ],
        matching=_sum(counts, show, kind),
    )


def records(*, user: User, filters: Filters, now: datetime) -> Iterator[export.Record]:
    """Yield every incident of the filters as EXPORT_FIELDS name it."""
    rows = _matching(Incident.objects.visible_to(user), filters, now)
    people = "acknowledged_by", "escalated_by"
    found = paging.ordered(rows.select_related("team", "key", *people), COLUMNS)
    for one in found.iterator(chunk_size=1000):
        plain: dict[str, Any] = {field: getattr(one, field) for field in EXPORT_FIELDS}
        by, escalated = one.acknowledged_by, one.escalated_by
        yield plain | {
            "id": str(one.pk),
            "team": one.team.name if one.team else None,
            "key": one.key.label if one.key else None,
            "acknowledged_by": by.username if by else None,
            "escalated_by": escalated.username if escalated else None,
        }


def closed_lately(user: User, *, now: datetime) -> int:
    """Count what this person sees of the incidents closed within a week."""
    return Incident.objects.visible_to(user).filter(closed_at__gte=now - WEEK).count()


def _of_team(rows: IncidentQuerySet, filters: Filters) -> IncidentQuerySet:
    return rows.filter(team=filters.team) if filters.team else rows


def _matching(
    visible: IncidentQuerySet, filters: Filters, now: datetime
) -> IncidentQuerySet:
    rows = _of_team(visible, filters)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    rows = rows.filter(
        {
            "": Q(),
            "open": Q(closed_at=None),
            "new": Q(closed_at=None, acknowledged_at=None),
            "week": Q(closed_at__gte=now - WEEK),
            "closed": Q(closed_at__isnull=False),
        }[filters.show]
    )
    over = Case(
        When(closed_at=None, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    return rows.annotate(over=over)


def _counts(rows: IncidentQuerySet, now: datetime) -> Counter[tuple[str, str]]:
    """Count by part and kind; the parts do not overlap."""
    part = Case(
        When(closed_at=None, acknowledged_at=None, then=Value("new")),
        When(closed_at=None, then=Value("known")),
        When(closed_at__gte=now - WEEK, then=Value("week")),
        default=Value("earlier"),
    )
    found = rows.order_by().annotate(part=part).values_list("part", "kind")
    return Counter(
        {(of, kind): number for of, kind, number in found.annotate(Count("id"))}
    )


PARTS: Final = {
    "": ("new", "known", "week", "earlier"),
    "open": ("new", "known"),
    "new": ("new",),
    "week": ("week",),
    "closed": ("week", "earlier"),
}


def _sum(counts: Counter[tuple[str, str]], show: str, kind: str | None) -> int:
    return sum(
        number
        for (part, of), number in counts.items()
        if part in PARTS[show] and kind in (None, of)
    )

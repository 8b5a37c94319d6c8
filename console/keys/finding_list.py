"""Findings across keys: which a person sees, narrowed, counted and paged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from console.accounts.models import Team
from console.keys import advice
from console.keys.findings import (
    WORST_FIRST,
    Shown,
    Status,
    Viewer,
    ranked,
    shown,
    status_expression,
    status_of,
)
from console.keys.models import Finding, FindingKind, Severity
from console.keys.models.findings import FindingQuerySet
from console.keys.shown import tail_of
from console.lib.export import Record
from console.lib.paging import ordered, page_of

SIZES: Final = (25, 50, 100)
EXPORT_FIELDS: Final = (
    "id", "severity", "kind", "title", "subject", "explanation", "fix", "status",
    "key_id", "key", "redacted", "team", "owner", "opened_at", "closed_at",
    "accepted_by", "accepted_at", "accepted_until", "accepted_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    status: Status = Status.OPEN
    severity: Severity | None = None
    kind: FindingKind | None = None
    team: UUID | None = None
    search: str = ""
    size: int = SIZES[0]
    cursor: str = ""

    @property
    def narrows(self) -> bool:
        """Tell whether any finding of this status may be left out."""
        return bool(self.severity or self.kind or self.team or self.search)

    @property
    def chosen(self) -> dict[str, Any]:
        """Return what is compared with a column, by its name; None: not chosen."""
        names = ("status", "severity", "kind", "team")
        return {name: getattr(self, name) for name in names}

    def in_words(self) -> dict[str, str]:
        """Return what narrows, as the audit log keeps it."""
        wanted = {**self.chosen, "search": self.search}
        return {name: str(value) for name, value in wanted.items() if value}


@dataclass(frozen=True, slots=True)
class Chip:
    """One value of a filter, and how many findings it would leave."""

    value: str
    label: str
    findings: int
    on: bool


@dataclass(frozen=True, slots=True)
class Board:
    """One page of findings, and the figures beside it."""

    rows: list[Shown] = field(default_factory=list)
    statuses: list[Chip] = field(default_factory=list)
    severities: list[Chip] = field(default_factory=list)
    kinds: list[Chip] = field(default_factory=list)
    teams: list[Chip] = field(default_factory=list)
    matching: int = 0
    before: str | None = None
    after: str | None = None


def board(
    *, user: Viewer, filters: Filters, teams: Iterable[Team], now: datetime
) -> Board:
    """Return one page and its figures; four queries at most.

    `teams` are those this person sees.
    """
    found = _searched(user=user, search=filters.search, now=now)
    page = page_of(
        _narrowed(found, filters).select_related("key__team", "accepted_by"),
        columns=WORST_FIRST,
        cursor=filters.cursor,
        size=filters.size,
    )
    counts = _counts(found)
    return Board(
        rows=shown(page.rows, user=user, now=now),
        statuses=_chips(counts, filters, "status", Status.choices),
        severities=_chips(counts, filters, "severity", Severity.choices),
        kinds=_chips(counts, filters, "kind", FindingKind.choices),
        teams=_chips(counts, filters, "team", [(team.pk, team.name) for team in teams]),
        matching=_sums(counts, filters, "status").get(filters.status, 0),
        before=page.before,
        after=page.after,
    )


def records(*, user: Viewer, filters: Filters, now: datetime) -> Iterator[Record]:
    """Yield every finding that the filters leave, in the order shown."""
    found = _searched(user=user, search=filters.search, now=now)
    rows = ordered(_narrowed(found, filters), WORST_FIRST)
    rows = rows.select_related("key__team", "accepted_by")
    for row in rows.iterator(chunk_size=1000):
        yield _record(row, now)


def _searched(*, user: Viewer, search: str, now: datetime) -> FindingQuerySet:
    found = Finding.objects.visible_to(user).annotate(
        status=status_expression(now), team=F("key__team")
    )
    if search:
        found = found.filter(
            Q(key__label__icontains=search)
            | Q(key__owner__icontains=search)
            | Q(key__xai_name__icontains=search)
            | Q(key__last_four=search.removeprefix("xai-").lstrip(".*"))
            | Q(subject__icontains=search)
        )
    return found


def _narrowed(found: FindingQuerySet, filters: Filters) -> FindingQuerySet:
    wanted = {name: value for name, value in filters.chosen.items() if value}
    return ranked(found.filter(Q(**wanted)))


Counts = list[dict[str, Any]]


def _counts(found: QuerySet[Any]) -> Counts:
    """Count once by everything that filters, so that each filter has its figures."""
    rows = found.order_by().values("status", "severity", "kind", "team")
    return list(rows.annotate(findings=Count("id")))


def _sums(counts: Counts, filters: Filters, name: str) -> dict[Any, int]:
    """Return how many findings each value has, of those the other filters leave."""
    others = {each: v for each, v in filters.chosen.items() if v and each != name}
    sums: dict[Any, int] = {}
    for row in counts:
        if all(row[each] == value for each, value in others.items()):
            sums[row[name]] = sums.get(row[name], 0) + row["findings"]
    return sums


def _chips(
    counts: Counts, filters: Filters, name: str, choices: Iterable[tuple[Any, Any]]
) -> list[Chip]:
    sums, chosen = _sums(counts, filters, name), filters.chosen[name]
    return [
        Chip(str(value), str(label), sums.get(value, 0), value == chosen)
        for value, label in choices
    ]


def _record(row: Finding, now: datetime) -> Record:
    return {
        "id": row.pk,
        "severity": row.severity,
        "kind": row.kind,
        "title": FindingKind(row.kind).label,
        "subject": row.subject,
        "explanation": advice.explanation(row.kind, row.detail),
        "fix": advice.fix(row.kind, row.detail),
        "status": status_of(row, now=now).value,
        "key_id": str(row.key_id),
        "key": row.key.label,
        "redacted": tail_of(row.key),
        "team": row.key.team.name,
        "owner": row.key.owner,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "accepted_by": row.accepted_by.username if row.accepted_by else None,
        "accepted_at": row.accepted_at,
        "accepted_until": row.accepted_until,
        "accepted_reason": row.accepted_reason or None,
    }

"""The feed of changes: one page with its figures, and all of it as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q
from django.utils import timezone

from console.accounts.models import User
from console.audit.actors import Actor
from console.catalog.models import CatalogChange, CatalogChangeQuerySet, ChangeKind
from console.finance.changes import reviewing
from console.finance.changes.rows import ChangeRow, Step, rows_of
from console.finance.models import PriceReview
from console.lib.days import day_bounds
from console.lib.export import Record
from console.lib.paging import ID, Column, instant, ordered, page_of
from console.lib.redact import redact
from console.lib.ticks import usd, usd_per_million_text

SIZE: Final = 25
SEARCH_LENGTH: Final = 100
AT_ONCE: Final = 200  # changes read together for a file
COLUMNS: Final = (
    Column("told_at", instant, descending=True, indexed=True),
    replace(ID, descending=True),
)
EFFECT_FIELDS: Final = (  # of the whole change; on its line 1 alone, so they add up
    "effect_of_change_ticks", "effect_of_change_usd", "effect_of_change_calls",
    "effect_of_change_unknown_calls",
)  # fmt: skip
EXPORT_FIELDS: Final = (
    "seen_at", "seen_unchanged_at", "last_team_seen_at", "kind", "host", "model",
    "field", "before", "after", "before_usd_per_million", "after_usd_per_million",
    "percent", "odd", "odd_confirmed_at", "odd_confirmed_by", "teams", "team_count",
    "change_line", *EFFECT_FIELDS,
    "reviewed_by_you", "reviewed_by_you_at", "your_review_note", "change_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    kind: ChangeKind | None = None
    new: bool = False  # only what this person has not reviewed
    search: str = ""
    model: UUID | None = None
    since: date | None = None
    until: date | None = None  # included
    cursor: str = ""

    @property
    def narrows(self) -> bool:
        """Tell whether any change may be left out."""
        return replace(self, cursor="") != Filters()

    @property
    def chooses(self) -> bool:
        """Tell whether any may be left out, reviewed or not."""
        return replace(self, new=False).narrows

    def in_words(self) -> dict[str, str]:
        """Return what narrows, as the audit log keeps it."""
        chosen = {
            "kind": self.kind,
            "new": "yes" if self.new else "",
            "search": self.search,
            "model": self.model,
            "since": self.since,
            "until": self.until,
        }
        return {name: str(value) for name, value in chosen.items() if value}


@dataclass(frozen=True, slots=True)
class Chip:
    """One kind, with the number of changes that the other filters leave."""

    kind: str  # empty: all
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of changes, newest first."""

    rows: list[ChangeRow]
    chips: list[Chip]
    unreviewed: int  # of what the filters leave, on all pages
    newest_at: datetime | None  # when the newest of those was recorded
    before: str | None
    after: str | None


def filters_of(values: Mapping[str, object]) -> Filters:
    """Read the filters of an address; what makes no sense is left out."""
    text = "".join(c for c in str(values.get("q", "")) if c.isprintable()).strip()
    kind = str(values.get("kind", ""))
    return Filters(
        kind=ChangeKind(kind) if kind in ChangeKind.values else None,
        new=values.get("new") == "1",
        search=redact(text)[:SEARCH_LENGTH],
        model=_uuid(str(values.get("model", ""))),
        since=_day(str(values.get("from", ""))),
        until=_day(str(values.get("to", ""))),
        cursor=str(values.get("page", "")),
    )


def feed(*, user: User, filters: Filters) -> Feed:
    """Return one page; the number of queries does not grow with the changes."""
    rows = narrowed(user=user, filters=replace(filters, kind=None))
    chosen = rows.filter(kind=filters.kind) if filters.kind else rows
    page = page_of(
        chosen.select_related("model").defer("model__raw", "model__capabilities"),
        columns=COLUMNS,
        cursor=filters.cursor,
        size=SIZE,
    )
    fresh = narrowed(user=user, filters=replace(filters, new=True)).aggregate(
        number=Count("pk"), newest=Max("recorded_at")
    )
    return Feed(
        rows=rows_of(page.rows, user=user),
        chips=_chips(rows),
        unreviewed=fresh["number"],
        newest_at=fresh["newest"],
        before=page.before,
        after=page.after,
    )


def narrowed(*, user: User, filters: Filters) -> CatalogChangeQuerySet:
    """Keep the changes this person may see and asks for."""
    rows = CatalogChange.objects.told_to(user)
    if filters.new:
        rows = rows.filter(pk__in=reviewing.unreviewed(user).values("pk"))
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.model:
        rows = rows.filter(model=filters.model)
    zone = ZoneInfo(timezone.get_current_timezone_name())
    if filters.since:
        rows = rows.filter(**{"told_at__gte": day_bounds(filters.since, zone)[0]})
    if filters.until:
        rows = rows.filter(**{"told_at__lt": day_bounds(filters.until, zone)[1]})
    if filters.search:
        called = Q(model__model_id__icontains=filters.search)
        if user.sees_all_teams:  # another team may be told other aliases
            called |= Q(model__aliases__icontains=filters.search)
        of_alias = Q(kind=ChangeKind.ALIAS, field__icontains=filters.search)
        rows = rows.filter(called | of_alias)
    return rows


def review(
    *, user: User, filters: Filters, up_to: datetime, note: str, actor: Actor
) -> int:
    """Mark what the filters leave as reviewed, on all pages; return how many."""
    if not filters.chooses:
        return reviewing.review_all(user=user, up_to=up_to, note=note, actor=actor)
    return reviewing.review_these(
        user=user,
        changes=narrowed(user=user, filters=filters),
        up_to=up_to,
        note=note,
        actor=actor,
        chosen_by=filters.in_words(),
    )


def records(*, user: User, filters: Filters) -> Iterator[Record]:
    """Yield every change that the filters leave, a line for each price that moved."""
    rows = ordered(narrowed(user=user, filters=filters), COLUMNS)
    found = rows.select_related("model").defer("model__raw", "model__capabilities")
    left = found.iterator(chunk_size=AT_ONCE)
    reviews = reviewing.Reviews(user)
    while some := list(islice(left, AT_ONCE)):
        for row in rows_of(some, user=user):
            yield from _lines(row, row.review or reviews.of(row.change))


def _lines(row: ChangeRow, review: PriceReview | None) -> Iterator[Record]:
    """Yield a line per price that moved; what it all costs stands on the first."""
    common = _record(row, review)
    yield {**common, **_effect(row), **(_moved(row.steps[0]) if row.steps else {})}
    for number, step in enumerate(row.steps[1:], start=2):
        none = dict.fromkeys(EFFECT_FIELDS)
        yield {**common, **none, **_moved(step), "change_line": number}


def _record(row: ChangeRow, review: PriceReview | None) -> Record:
    change, doubt = row.change, row.doubt
    return {
        "seen_at": row.seen_at,
        "seen_unchanged_at": row.unchanged_at,
        "last_team_seen_at": row.last_seen_at,
        "kind": change.kind,
        "host": change.model.host,
        "model": change.model.model_id,
        "field": change.field,
        "before": _plain(change.before),
        "after": _plain(change.after),
        "before_usd_per_million": None,
        "after_usd_per_million": None,
        "percent": None,
        "odd": row.is_doubted,
        "odd_confirmed_at": doubt.confirmed_at if doubt else None,
        "odd_confirmed_by": doubt.confirmed_by if doubt else "",
        "teams": row.teams,
        "team_count": row.team_count,
        "change_line": 1,
        "reviewed_by_you": row.reviewed,
        "reviewed_by_you_at": review.reviewed_at if review else None,
        "your_review_note": review.note if review else "",
        "change_id": str(change.pk),
    }


def _effect(row: ChangeRow) -> Record:
    effect = row.effect
    if effect is None:
        return dict.fromkeys(EFFECT_FIELDS)
    ticks = effect.ticks
    dollars = None if ticks is None else f"{usd(ticks):f}"
    told = (ticks, dollars, effect.calls, effect.unknown_calls)
    return dict(zip(EFFECT_FIELDS, told, strict=True))


def _moved(step: Step) -> Record:
    is_money = step.is_token_price
    old, new = (step.before, step.after) if is_money else (None, None)
    return {
        "field": step.field,
        "before": step.before,
        "after": step.after,
        "before_usd_per_million": usd_per_million_text(old),
        "after_usd_per_million": usd_per_million_text(new),
        "percent": None if step.percent is None else f"{step.percent:.4f}",
    }


def _chips(rows: CatalogChangeQuerySet) -> list[Chip]:
    counts = dict(rows.order_by().values_list("kind").annotate(Count("pk")))
    kinds = [Chip(one, one.label, counts.get(one, 0)) for one in ChangeKind]
    return [Chip("", "All", sum(counts.values())), *kinds]


def _plain(value: object) -> object:
    """Return a stored value as a cell can hold it."""
    if isinstance(value, dict):
        return None  # its parts have lines of their own
    return [str(each) for each in value] if isinstance(value, list) else value


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None

"""The audit log as people read it: narrowed, counted, paged, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from console.accounts.models import Role, User
from console.audit.models import ActorKind, Entry
from console.keys.models import ApiKey
from console.lib.export import Record
from console.lib.paging import Column, number, page_of
from console.pages.audit_filters import ACTOR_KINDS, Filters
from console.pages.audit_rows import Row, row_of
from console.pages.audit_spans import Span, span_of
from console.pages.audit_words import BY_KIND, KNOWN_ELSEWHERE, Kind, kind_of
from console.usage.models import UsageRecord

MOST_EXPORTED: Final = 100_000
NEWEST_FIRST: Final = (Column("seq", number, descending=True),)
EXPORT_FIELDS: Final = (
    "seq", "at", "actor_kind", "actor_id", "actor_name", "action", "object_kind",
    "object_id", "object_name", "team_id", "request_id", "address", "outcome",
    "detail", "key_version", "prev", "mac",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many entries of the period are of one kind."""

    kind: Kind
    entries: int


@dataclass(frozen=True, slots=True)
class Log:
    """One page, and the figures beside it."""

    rows: list[Row] = field(default_factory=list)
    counts: list[KindCount] = field(default_factory=list)
    total: int = 0  # of all kinds
    matching: int = 0  # of the chosen kind and action
    cut: bool = False  # only the newest of the period were counted and searched
    before: str | None = None
    after: str | None = None


def visible_to(user: User) -> QuerySet[Entry]:
    """Keep the entries this person may see: staff, only what they did themselves."""
    entries = Entry.objects.all()
    if user.role in (Role.ADMIN, Role.AUDITOR):
        return entries
    if user.role == Role.STAFF:
        return entries.filter(actor_id=str(user.pk))
    return entries.none()


def people_for(user: User) -> list[User]:
    """Return whose acts this person may ask for, by name: staff, only their own."""
    people = User.objects.order_by("name", "username")
    if user.role not in (Role.ADMIN, Role.AUDITOR):
        people = people.filter(pk=user.pk)
    return list(people)


def log_for(
    user: User, *, filters: Filters, now: datetime, people: Sequence[User]
) -> Log:
    """Return one page; the same number of queries for any number of entries."""
    span = span_of(*filters.times(now=now))
    if span is None:
        return Log(counts=[KindCount(kind, 0) for kind in Kind])
    entries = visible_to(user)
    by_action = _counts(_narrowed(entries, filters, span.newest))
    shown = span.newest if filters.search else span
    page = page_of(
        _of_kind(_narrowed(entries, filters, shown), filters),
        columns=NEWEST_FIRST,
        cursor=filters.cursor,
        size=filters.size,
    )
    links = _links(user, page.rows)
    roles = {str(person.pk): person.get_role_display() for person in people}
    counts = dict.fromkeys(Kind, 0)
    for action, entries_of_it in by_action.items():
        counts[kind_of(action)] += entries_of_it
    return Log(
        rows=[row_of(entry, links=links, roles=roles) for entry in page.rows],
        counts=[KindCount(kind, entries) for kind, entries in counts.items()],
        total=sum(by_action.values()),
        matching=sum(
            entries
            for action, entries in by_action.items()
            if filters.action in ("", action)
            and filters.kind in (None, kind_of(action))
        ),
        cut=span.is_long,
        before=page.before,
        after=page.after,
    )


def records(user: User, *, filters: Filters, now: datetime) -> Iterator[Record]:
    """Yield the newest entries that the filters leave, MOST_EXPORTED at most."""
    span = span_of(*filters.times(now=now))
    if span is None:
        return
    shown = span.newest if filters.search else span
    found = _of_kind(_narrowed(visible_to(user), filters, shown), filters)
    for entry in found.order_by("-seq")[:MOST_EXPORTED].iterator(chunk_size=1000):
        yield record_of(entry)


def record_of(entry: Entry) -> Record:
    """Return one entry whole, for a file."""
    values: dict[str, Any] = {name: getattr(entry, name) for name in EXPORT_FIELDS}
    detail = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True)
    return values | {
        "detail": detail,
        "prev": bytes(entry.prev).hex(),
        "mac": bytes(entry.mac).hex(),
    }


def _narrowed(
    entries: QuerySet[Entry], filters: Filters, span: Span
) -> QuerySet[Entry]:
    """Keep what is asked for, of all kinds."""
    entries = entries.filter(seq__gte=span.first, seq__lte=span.last)
    if filters.actor in ACTOR_KINDS:
        kind = ACTOR_KINDS[filters.actor]
        entries = entries.filter(actor_kind=kind)
        if kind is ActorKind.PERSON:
            entries = entries.filter(actor_id="")  # nobody signed in
    elif filters.actor:
        entries = entries.filter(actor_id=filters.actor)
    if filters.object:
        entries = entries.filter(object_id=filters.object)
    if filters.search:
        entries = entries.annotate(details=Cast("detail", TextField()))
        entries = entries.filter(_matches(filters.search))
    return entries


def _of_kind(entries: QuerySet[Entry], filters: Filters) -> QuerySet[Entry]:
    if filters.action:
        entries = entries.filter(action=filters.action)
    if filters.kind is Kind.HERE:
        return entries.exclude(action__in=KNOWN_ELSEWHERE)
    if filters.kind:
        return entries.filter(action__in=BY_KIND[filters.kind])
    return entries


def _counts(entries: QuerySet[Entry]) -> dict[str, int]:
    rows = entries.order_by().values("action").annotate(entries=Count("seq"))
    return {row["action"]: row["entries"] for row in rows}


def _matches(search: str) -> Q:
    """Match person, thing, field or value, address, action, mark and number."""
    found = (
        Q(actor_name__icontains=search)
        | Q(object_name__icontains=search)
        | Q(address__startswith=search)
        | Q(action__icontains=search)
        | Q(details__icontains=search)
    )
    plain = search.replace(",", "")
    if plain.isascii() and plain.isdigit() and len(plain) < 19:
        found |= Q(seq=int(plain))
    digits = search.lower()
    if 4 <= len(digits) <= 64 and set(digits) <= set("0123456789abcdef"):
        least = bytes.fromhex(digits.ljust(64, "0"))
        most = bytes.fromhex(digits.ljust(64, "f"))
        found |= Q(mac__gte=least, mac__lte=most)
    return found


def _links(user: User, entries: Sequence[Entry]) -> dict[str, str]:
    """Return the addresses of the keys and calls that entries speak of, and exist."""
    keys = ApiKey.objects.visible_to(user).filter(pk__in=_ids("key", entries))
    calls = UsageRecord.objects.visible_to(user).filter(pk__in=_ids("call", entries))
    return {
        str(pk): reverse(address, args=[pk])
        for address, rows in (("keys:detail", keys), ("calls:one", calls))
        for pk in rows.values_list("pk", flat=True)
    }


def _ids(kind: str, entries: Sequence[Entry]) -> set[UUID]:
    found = (_uuid(entry.object_id) for entry in entries if entry.object_kind == kind)
    return {one for one in found if one}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

"""What the overview shows one person: counted and ordered here, drawn elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet

from console.accounts.models import User
from console.accounts.rules import allows
from console.alerts.models import Incident
from console.alerts.register import WEEK
from console.catalog.models import CatalogChange, ChangeKind
from console.finance.changes.rows import ChangeRow, rows_of
from console.finance.usage.so_far import SoFar, so_far
from console.keys.models import ApiKey, KeyChange
from console.keys.shown import ShownState, shown_expression
from console.keys.timeline import Event, events
from console.keys.wording import change_in_words
from console.keys.xai_users import names_of
from console.lib.freshness import trusted_since
from console.pages.attention import (
    Attention,
    Clause,
    Tally,
    attention,
    clauses,
    worst_first,
)

LAMPS_AT_MOST = 60  # above that, teams show figures instead of one lamp per key
ATTENTION_AT_MOST = 20
CHANGES_FOR = timedelta(days=14)
CHANGES_READ = 100
CHANGES_SHOWN = 12
PRICES_SHOWN = 3

ShownKeys: TypeAlias = QuerySet[Any]  # of ApiKey, annotated with `shown`


@dataclass(frozen=True, slots=True)
class Lamp:
    """One key on the board."""

    key_id: UUID
    label: str
    state: ShownState


@dataclass(frozen=True, slots=True)
class TeamBoard:
    """One team on the board; without lamps where there are too many keys."""

    name: str
    keys: int
    usable: int
    lamps: list[Lamp]


@dataclass(frozen=True, slots=True)
class Change:
    """One look that found something changed, in one line."""

    event: Event
    label: str  # of the key
    before: str  # of the weightiest field
    after: str
    others: int  # fields that changed as well


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything of the page."""

    keys: int
    usable: int
    answered: int  # keys with a good answer that is not too old
    clauses: list[Clause]
    teams: list[TeamBoard]
    attention: list[Attention]
    more: int  # open incidents that are not written out
    closed: int  # incidents of one week
    changes: list[Change]
    prices: list[ChangeRow] | None  # the newest that changed; None: not their business
    spend: SoFar | None  # of the running month; None: nothing is added up yet
    key_interval: timedelta
    model_interval: timedelta


def overview_for(user: User, *, now: datetime) -> Overview:
    """Return the overview of the keys this person may see, as of `now`.

    Ten queries, however many keys there are, and seven more for those who review
    prices, if any changed lately.
    """
    keys = shown_keys(user, now=now)
    tallies = _tallies(keys)
    total = sum(one.keys for one in tallies)
    lamps = list(_lamps(keys)) if total <= LAMPS_AT_MOST else []
    changes = _changes(user, since=now - CHANGES_FOR)
    visible = Incident.objects.visible_to(user)
    incidents = list(
        visible.open()
        .select_related("key")
        .order_by(*worst_first())[:ATTENTION_AT_MOST]
    )
    lately = Q(closed_at__gte=now - WEEK)
    counts = visible.filter(lately | Q(closed_at=None)).aggregate(
        open=Count("id", filter=Q(closed_at=None)), closed=Count("id", filter=lately)
    )
    recent = trusted_since(interval=settings.XAI_POLL_EVERY, now=now)
    return Overview(
        keys=total,
        usable=sum(one.keys for one in tallies if one.state == ShownState.ACTIVE),
        answered=keys.filter(verified_at__gte=recent).count(),
        clauses=clauses(tallies),
        teams=_boards(tallies, lamps),
        attention=attention(incidents=incidents, stale=_stale(keys), reader=user),
        more=counts["open"] - len(incidents),
        closed=counts["closed"],
        changes=list(_lines(changes)),
        prices=_prices(user, since=now - CHANGES_FOR),
        spend=so_far(user, now=now),
        key_interval=settings.XAI_POLL_EVERY,
        model_interval=settings.XAI_POLL_MODELS_EVERY,
    )


def shown_keys(user: User, *, now: datetime) -> ShownKeys:
    """Return the visible keys, each with its state as shown in `shown`."""
    return ApiKey.objects.visible_to(user).annotate(shown=shown_expression(now))


def _tallies(keys: ShownKeys) -> list[Tally]:
    rows = (
        keys.values_list("team__name", "shown")
        .annotate(Count("id"), Min("state_since"))
        .order_by("team__name", "shown")
    )
    return [Tally(*row) for row in rows]


def _lamps(keys: ShownKeys) -> Iterable[tuple[str, Lamp]]:
    rows = keys.order_by("label").values_list("team__name", "id", "label", "shown")
    for team, key_id, label, state in rows:
        yield team, Lamp(key_id, label, ShownState(state))


def _boards(tallies: Iterable[Tally], lamps: list[tuple[str, Lamp]]) -> list[TeamBoard]:
    boards = []
    by_team: dict[str, list[Tally]] = {}
    for tally in tallies:
        by_team.setdefault(tally.team, []).append(tally)
    for name, own in by_team.items():
        usable = sum(one.keys for one in own if one.state == ShownState.ACTIVE)
        lit = [lamp for team, lamp in lamps if team == name]
        boards.append(TeamBoard(name, sum(one.keys for one in own), usable, lit))
    return boards


def _stale(keys: ShownKeys) -> ShownKeys:
    """Keys whose state is too old to trust, at most ATTENTION_AT_MOST."""
    watched = keys.filter(shown=ShownState.STALE, watched=True)
    return watched.order_by("checked_at", "pk")[:ATTENTION_AT_MOST]


def _changes(user: User, *, since: datetime) -> list[KeyChange]:
    recent = KeyChange.objects.visible_to(user).filter(gap_until__gte=since)
    return list(recent.select_related("key", "reviewed_by")[:CHANGES_READ])


def _prices(user: User, *, since: datetime) -> list[ChangeRow] | None:
    if not allows(user, "prices.review"):
        return None
    told = CatalogChange.objects.visible_to(user).select_related("model")
    moved = told.filter(kind=ChangeKind.PRICE, first_seen_at__gte=since)
    newest = list(moved.defer("model__raw", "model__capabilities")[:PRICES_SHOWN])
    return rows_of(newest, user=user) if newest else []


def _lines(changes: Sequence[KeyChange]) -> Iterable[Change]:
    """Yield the newest looks, with the names of who did it."""
    found = {(c.key_id, c.gap_until, c.field): c for c in changes}
    names = names_of(change.modified_by for change in changes)
    for event in events(changes, names)[:CHANGES_SHOWN]:
        first, *others = event.differences
        row = found[event.key_id, event.gap_until, first.field]
        before, after = change_in_words(row)
        yield Change(event, row.key.label, before, after, len(others))

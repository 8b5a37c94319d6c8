"""Channels with their rules, and the log of deliveries, for the page of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from console.alerts.models import (
    AlertRule,
    Channel,
    Delivery,
    DeliveryState,
)
from console.lib import paging
from console.lib.paging import Column, Page

SIZE = 50
COLUMNS: Final = (
    Column("created_at", paging.instant, descending=True),
    Column("id", UUID, descending=True),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the log is narrowed to; None: not narrowed."""

    state: DeliveryState | None = None
    channel: UUID | None = None
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class StateCount:
    """One chip of the log."""

    state: DeliveryState
    number: int


@dataclass(frozen=True, slots=True)
class Board:
    """Everything of the page."""

    channels: list[Channel]  # each with `last_sent_at`, `last_problem` and `waiting`
    counts: list[StateCount]
    total: int
    log: Page[Delivery]


def filters_of(values: Mapping[str, str]) -> Filters:
    """Read the filters of the page's address; what makes no sense is left out."""
    state, channel = values.get("state", ""), values.get("channel", "")
    try:
        channel_id = UUID(channel) if channel else None
    except ValueError:
        channel_id = None
    return Filters(
        state=DeliveryState(state) if state in DeliveryState.values else None,
        channel=channel_id,
        cursor=values.get("page", ""),
    )


def board(filters: Filters) -> Board:
    """Return channels and one page of the log. Four queries, whatever there is."""
    log = Delivery.objects.select_related("channel", "incident", "digest")
    if filters.channel:
        log = log.filter(channel=filters.channel)
    rows = log.order_by().values_list("state").annotate(Count("id"))
    counts = dict(rows)
    if filters.state:
        log = log.filter(state=filters.state)
    return Board(
        channels=list(_channels()),
        counts=[
            StateCount(state, counts.get(state, 0))
            for state in DeliveryState
            if state in counts or state == filters.state
        ],
        total=sum(counts.values()),
        log=paging.page_of(log, columns=COLUMNS, cursor=filters.cursor, size=SIZE),
    )


def _channels() -> QuerySet[Channel]:
    newest = Delivery.objects.filter(channel=OuterRef("pk")).order_by("-created_at")
    sent = newest.filter(state=DeliveryState.SENT)
    tried = newest.exclude(state__in=(DeliveryState.HELD, DeliveryState.COOLED))
    rules = AlertRule.objects.select_related("team").order_by("pk")
    return (
        Channel.objects.filter(removed_at=None)
        .annotate(
            last_sent_at=Subquery(sent.values("sent_at")[:1]),
            last_problem=Subquery(tried.values("problem")[:1]),
            waiting=Count("deliveries", filter=Q(deliveries__state="waiting")),
        )
        .prefetch_related(Prefetch("rules", queryset=rules))
    )

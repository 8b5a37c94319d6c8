"""The output price of each line of the price list over twelve months.

Drawn from the changes, of which there are few, and not from the versions of all teams.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db.models import F
from django.db.models.fields.json import KT

from console.accounts.models import User
from console.catalog.models import CatalogChange, ChangeKind
from console.catalog.prices import PriceGroup
from console.finance.charts import Spark, spark
from console.finance.charts.sparks import Point
from console.lib.templatetags.gatehouse import usd_per_million

YEAR: Final = timedelta(days=365)
FIELD: Final = "completion_text_token_price"

Moves = list[
    tuple[datetime, int | None, int | None]
]  # when, before, after; newest first
Sparks = dict[tuple[UUID, int], Spark]  # by model and prices


def sparks_of(groups: Iterable[PriceGroup], *, user: User, now: datetime) -> Sparks:
    """Return the drawing of each of these prices; one query."""
    moves: dict[UUID, Moves] = defaultdict(list)
    changes = CatalogChange.objects.told_to(user).filter(
        kind=ChangeKind.PRICE, after__has_key=FIELD, **{"told_at__gte": now - YEAR}
    )
    newest: Iterable[tuple[Any, ...]] = changes.order_by(
        F("told_at").desc()
    ).values_list("model", "told_at", KT(f"before__{FIELD}"), KT(f"after__{FIELD}"))
    for model, at, before, after in newest:
        moves[model].append((at, _ticks(before), _ticks(after)))
    until = datetime.combine(now.date(), time.max, tzinfo=UTC)
    return {
        (group.model, group.digest): _drawn(
            tuple(_points(group, moves[group.model], until)), until
        )
        for group in groups
    }


@lru_cache(maxsize=1024)
def _drawn(points: tuple[Point, ...], until: datetime) -> Spark:
    """Draw a price; anew each day only, since a line has no room for hours."""
    return spark(
        points, until - YEAR, until, words=lambda ticks: f"${usd_per_million(ticks)}"
    )


def _ticks(told: str | None) -> int | None:
    return None if told is None else int(told)


def _points(group: PriceGroup, moves: Moves, end: datetime) -> list[Point]:
    """Follow the price back: each change that led to a value tells the one before.

    One that was seen today counts as seen until the end of the day.
    """
    points: list[Point] = []
    value, until = group.completion_text_token_price, group.last_seen_at
    if until.date() == end.date():
        until = end
    for at, before, after in moves:
        if after == value and at <= until:
            points.append((at, until, value))
            value, until = before, at
    points.append((min(group.known_since, until), until, value))
    return points[::-1]

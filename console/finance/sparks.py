"""The output price of each line of the price list over twelve months.

Drawn from the changes, of which there are few, and not from the versions of all teams.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import F

from console.accounts.models import User
from console.catalog.models import CatalogChange, ChangeKind
from console.catalog.prices import PriceGroup
from console.finance.charts import Spark, spark
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
    newest: Iterable[Any] = changes.order_by(F("told_at").desc())
    for row in newest:
        before, after = row.before or {}, row.after or {}
        moves[row.model_id].append((row.told_at, before.get(FIELD), after[FIELD]))
    return {
        (group.model, group.digest): spark(
            _points(group, moves[group.model]),
            now - YEAR,
            now,
            words=lambda value: f"${usd_per_million(value)}",
        )
        for group in groups
    }


def _points(
    group: PriceGroup, moves: Moves
) -> list[tuple[datetime, datetime, int | None]]:
    """Follow the price back: each change that led to a value tells the one before."""
    points: list[tuple[datetime, datetime, int | None]] = []
    value, until = group.completion_text_token_price, group.last_seen_at
    for at, before, after in moves:
        if after == value and at <= until:
            points.append((at, until, value))
            value, until = before, at
    points.append((min(group.known_since, until), until, value))
    return points[::-1]

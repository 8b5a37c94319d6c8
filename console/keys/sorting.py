"""How the inventory may be sorted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import BigIntegerField, Case, F, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce, Lower

from console.keys.models import ApiKeyQuerySet
from console.keys.narrowing import Filters
from console.keys.shown import rank_expression
from console.lib.paging import ID, Column, instant, number, words

NAME: Final = Column("name", words)
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)  # sorts as never
NOT_KNOWN: Final = -1  # sorts behind nothing at all
SORTS: Final = {
    "attention": (Column("rank", number), NAME, ID),
    "name": (NAME, ID),
    "team": (Column("team_name", words), NAME, ID),
    "owner": (Column("ownerless", number), Column("owner_name", words), NAME, ID),
    "access": (Column("breadth", number, descending=True), NAME, ID),
    "findings": (Column("finding_weight", number, descending=True), NAME, ID),
    "worst": (Column("worst", number, descending=True), NAME, ID),
    "changed": (Column("changed", instant, descending=True), ID),
    "checked": (Column("checked", instant), ID),
}
SORT_NAMES: Final = {
    "attention": "needs attention first",
    "name": "name",
    "team": "team",
    "owner": "owner",
    "access": "broadest access",
    "findings": "most findings",
    "worst": "worst case",
    "changed": "last change",
    "checked": "oldest check",
}
ALL_MODELS, ALL_ENDPOINTS, MODEL = 1_000_000_000, 500_000_000, 100


def columns_of(filters: Filters) -> list[Column]:
    """Return what to sort by."""
    columns = SORTS[filters.sort]
    return [c.reversed() for c in columns] if filters.backwards else list(columns)


def sortable(
    keys: ApiKeyQuerySet, *, filters: Filters, now: datetime
) -> ApiKeyQuerySet:
    """Add what the chosen sort compares, and nothing else."""
    made = {
        "rank": rank_expression(now),
        "name": Lower("label"),
        "team_name": Lower("team__name"),
        "owner_name": Lower("owner"),
        "ownerless": _if(Q(owner=""), 1),
        "breadth": _breadth(),
        "worst": Coalesce("worst_hour_ticks", NOT_KNOWN),
        "changed": Coalesce("changed_at", Value(LONG_AGO)),
        "checked": Coalesce("checked_at", Value(LONG_AGO)),
    }
    wanted = [column.name for column in columns_of(filters) if column.name in made]
    return keys.annotate(**{name: made[name] for name in wanted})


def _breadth() -> Any:
    """Order by what a key may do: everything first, then by models and endpoints."""
    return (
        _if(Q(all_models=True), ALL_MODELS)
        + _if(Q(all_endpoints=True), ALL_ENDPOINTS)
        + Coalesce(F("models_in_reach") * MODEL, NOT_KNOWN)
        + Coalesce("endpoints_in_reach", 0)
    )


def _if(condition: Q, worth: int) -> Case:
    kind = BigIntegerField() if worth > 1 else IntegerField()
    return Case(When(condition, then=Value(worth)), default=Value(0), output_field=kind)

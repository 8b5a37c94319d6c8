"""What another tokenizer would have cost: prompts of the last 30 days, cut anew.

Only the text of prompts is scaled, by the tokens of the whole corpus. Answers would be
cut anew as well, but how long they would be is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from console.catalog import costs
from console.catalog.models import CatalogChange, PriceVersion
from console.lib.ticks import MAX_TICKS
from console.usage.models import ChangeEffect, Endpoint, RecordState, UsageRecord

WINDOW = timedelta(days=30)

# What the messages dialect leaves out is zero.
_IS_MESSAGES = Q(endpoint=Endpoint.MESSAGES)
_KNOWN = (
    Q(prompt_tokens__isnull=False)
    & (_IS_MESSAGES | Q(cached_tokens__isnull=False, image_tokens__isnull=False))
    & Q(price__prompt_text_token_price__isnull=False)
)
_IS_LONG = Case(
    When(
        price__long_context_threshold__gt=0,
        prompt_tokens__gte=F("price__long_context_threshold"),
        then=Value(True),
    ),
    default=Value(False),
)


@dataclass(frozen=True, slots=True)
class _Calls:
    """Calls of one team at one price and tier."""

    team_id: UUID
    number: int
    ticks: int | None  # of the text of their prompts; None: a price is not told


def record_effects(change: CatalogChange, *, until: datetime) -> int:
    """Write what a change of a tokenizer means for each team that called the model.

    Of the 30 days before `until`. Harmless when it is called twice; booked costs
    stay as they are. Return for how many teams there is an effect now.
    """
    before, after = change.before, change.after
    if not before:
        return 0
    known = UsageRecord.objects.filter(
        model=change.model_id,
        state=RecordState.SETTLED,
        opened_at__gte=until - WINDOW,
        opened_at__lt=until,
    ).exclude(endpoint=Endpoint.TOKENIZE)
    ticks: Counter[UUID] = Counter()
    calls: Counter[UUID] = Counter()
    unknown: Counter[UUID] = Counter()
    for group in _grouped(known.filter(_KNOWN)):
        if group.ticks is None:
            unknown[group.team_id] += group.number
        else:
            ticks[group.team_id] += group.ticks
            calls[group.team_id] += group.number
    others = known.exclude(_KNOWN).values_list("team").annotate(Count("pk"))
    for team_id, number in others.order_by():
        unknown[team_id] += number
    share = Fraction(after - before, before)
    ChangeEffect.objects.bulk_create(
        (
            ChangeEffect(
                change=change,
                team_id=team_id,
                ticks=_bounded(round(ticks[team_id] * share)),
                calls=calls[team_id],
                unknown_calls=unknown[team_id],
                until=until,
            )
            for team_id in sorted(calls.keys() | unknown.keys())
        ),
        ignore_conflicts=True,
    )
    return ChangeEffect.objects.filter(change=change).count()


def _grouped(records: QuerySet[UsageRecord]) -> Iterator[_Calls]:
    """Sum by team, price and tier, and price each sum as its calls were."""
    rows: list[Any] = list(
        records.annotate(is_long=_IS_LONG)
        .values("team", "price", "is_long")
        .annotate(
            number=Count("pk"),
            prompt=Sum("prompt_tokens"),
            cached=Sum(Coalesce("cached_tokens", 0)),
            image=Sum(Coalesce("image_tokens", 0)),
        )
        .order_by()
    )
    prices = PriceVersion.objects.in_bulk({row["price"] for row in rows})
    for row in rows:
        told = costs.Prices.of(prices[row["price"]])
        threshold = told.long_context_threshold or 0
        tier = costs.tier_for(told, prompt_tokens=threshold if row["is_long"] else 0)
        yield _Calls(row["team"], row["number"], _prompt_ticks(row, tier))


def _prompt_ticks(row: dict[str, Any], tier: costs.Tier) -> int | None:
    fresh = max(0, row["prompt"] - row["cached"] - row["image"])
    if tier.text is None or (row["cached"] and tier.cached is None):
        return None
    return int(fresh * tier.text + row["cached"] * (tier.cached or 0))


def _bounded(ticks: int) -> int:
    return max(-MAX_TICKS, min(MAX_TICKS, ticks))

"""Prices that changed in the time of a page, of the models that were called in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Func, IntegerField, OuterRef
from django.urls import reverse
from django.utils import timezone

from console.catalog.models import CatalogChange, ChangeKind
from console.finance.changes.rows import steps_of
from console.finance.charts import DayNote
from console.finance.usage.periods import Bucket, Span
from console.lib.days import day_bounds, day_of, month_of
from console.lib.redact import escaped
from console.usage.models import UsageMonth, UsageRecord
from console.usage.report import Asked

MOST: Final = 60  # the newest


@dataclass(frozen=True, slots=True)
class PriceMove:
    """One change of a model's prices, on the day the viewer's teams were first told."""

    change: UUID
    model: UUID
    seen_at: datetime
    day: date
    words: str

    @property
    def url(self) -> str:
        """Return where it is told in full."""
        return changes_url([self])


@dataclass(frozen=True, slots=True)
class PriceMark:
    """What changed in one bucket, the newest first."""

    title: str  # of the bucket
    moves: tuple[PriceMove, ...]

    @property
    def count_words(self) -> str:
        """Say how many there were."""
        number = len(self.moves)
        return "price changed" if number == 1 else f"{number} prices changed"

    @property
    def note(self) -> DayNote:
        """Return what the chart says of it."""
        told = [one.words for one in self.moves]
        words = told[0] if len(told) == 1 else self.count_words
        return DayNote(
            f"{self.title}: {words}", f"{self.title}: {'; '.join(told)}", self.url
        )

    @property
    def url(self) -> str:
        """Return where these changes are told in full."""
        return changes_url(self.moves)


def price_moves(asked: Asked, *, span: Span, zone: int) -> list[PriceMove]:
    """Return the newest changes that the viewer was told of, newest first. One query.

    Of models with calls that are asked for: in the days of the span, or in its months
    where teams, keys, people, endpoints or sources are left out.
    """
    start, _ = day_bounds(span.first, span.zone)
    _, end = day_bounds(span.until, span.zone)
    told = CatalogChange.objects.told_to(asked.viewer).filter(
        kind=ChangeKind.PRICE, **{"told_at__gte": start, "told_at__lt": end}
    )
    if asked.model:
        told = told.filter(model=asked.model)
    if _is_of_all(asked):
        # Looked up by model: all rows of a month took as long as the rest of the page.
        calls = UsageRecord.objects.between(start, end)
        told = told.filter(Exists(calls.filter(model=OuterRef("model"))))
    else:
        told = told.alias(place=_place(asked, span, zone))
        told = told.filter(**{"place__isnull": False})
    changes = told.select_related("model").defer("model__raw", "model__capabilities")
    newest = changes.order_by(F("told_at").desc(), "-pk")
    return [_move(change, span) for change in newest[:MOST]]


def _is_of_all(asked: Asked) -> bool:
    """Tell whether all calls of a model are asked for."""
    narrowed = (
        asked.own, asked.team, asked.key, asked.person, asked.endpoint, asked.source,
    )  # fmt: skip
    return asked.viewer.sees_all_teams and not any(narrowed)


def _place(asked: Asked, span: Span, zone: int) -> Func:
    """Return the place of a change's model among those called; null: it was not.

    An array is made once, and only if there are changes; a list in the statement was
    looked through anew for each of them.
    """
    months = UsageMonth.objects.filter(
        zone=zone, month__gte=month_of(span.first), month__lte=span.until
    )
    called = ArraySubquery(asked.narrow(months).values("model").distinct())
    return Func(
        called, F("model"), function="array_position", output_field=IntegerField()
    )


def marks_of(moves: Sequence[PriceMove], bucket: Bucket) -> dict[date, PriceMark]:
    """Return the moves of each bucket that has any, by its first day."""
    found: dict[date, list[PriceMove]] = {}
    for move in moves:
        found.setdefault(bucket.start(move.day), []).append(move)
    return {
        start: PriceMark(bucket.words(start), tuple(some))
        for start, some in found.items()
    }


def changes_url(moves: Sequence[PriceMove]) -> str:
    """Return the page of these changes, whose days are those of its own zone."""
    days = [timezone.localtime(one.seen_at).date() for one in moves]
    models = {one.model for one in moves}
    asked = {
        "kind": ChangeKind.PRICE.value,
        "model": str(models.pop()) if len(models) == 1 else "",
        "from": min(days).isoformat(),
        "to": max(days).isoformat(),
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    at = f"#change-{moves[0].change}" if len(moves) == 1 else ""
    return f"{reverse('finance:changes')}?{query}{at}"


def _move(change: CatalogChange, span: Span) -> PriceMove:
    seen_at: datetime = change.told_at  # type: ignore[attr-defined]
    said = [f"{one.name} {one.change.words}" for one in steps_of(change) if one.change]
    more = f" and {len(said) - 1} more" if len(said) > 1 else ""
    odd = ", odd when it was told" if change.odd else ""
    name = escaped(change.model.model_id)
    words = f"{name} {said[0]}{more}{odd}" if said else f"{name}{odd}"
    return PriceMove(
        change.pk, change.model_id, seen_at, day_of(seen_at, span.zone), words
    )

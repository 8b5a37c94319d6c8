"""What the same text comes to in each language and model: tokens, and dollars.

Of the models that the viewer's teams are told, as their tokenizers were read last; in
four queries for any number of models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import User
from console.catalog import corpus
from console.catalog.models import TokenizerReading
from console.catalog.prices import PriceGroup, prices_now
from console.lib.export import Record
from console.lib.ticks import usd

MOST: Final = 5  # models beside each other
PER: Final = 1000  # characters
HEATS: Final = (Decimal("1.25"), Decimal("1.75"), Decimal("2.5"), Decimal(4))
EXPORT_FIELDS: Final = (
    "language", "language_name", "corpus", "model", "host", "characters", "tokens",
    "tokens_per_1000_characters", "times_english", "teams", "input_price_ticks",
    "text_cost_ticks", "text_cost_usd", "first_seen_at", "last_seen_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for."""

    models: tuple[UUID, ...] = ()  # none: the first ones
    sort: str = "language"  # or the id of a model's row
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One model, with its input price as the viewer's teams are told."""

    model: UUID
    model_id: str
    host: str
    prices: tuple[PriceGroup, ...]  # several: teams are told different ones
    shown: bool

    @property
    def sort(self) -> str:
        """Return the name under which the table is sorted by it."""
        return str(self.model)

    @property
    def ticks(self) -> tuple[int | None, ...]:
        """Return the input prices, the lowest first; None: not told to a team."""
        told = {input_price(price) for price in self.prices}
        return tuple(sorted(told, key=lambda price: (price is None, price)))


@dataclass(frozen=True, slots=True)
class Cell:
    """One text on one model."""

    reading: TokenizerReading
    column: Column
    times: Decimal | None  # the tokens of the English text; None: nothing to compare

    @property
    def language(self) -> str:
        """Return the name of the language."""
        return corpus.NAMES[self.reading.language]

    @property
    def rate(self) -> Decimal:
        """Return the tokens of 1,000 characters."""
        tokens = Decimal(self.reading.tokens * PER)
        return (tokens / self.reading.characters).quantize(Decimal("0.1"))

    @property
    def costs(self) -> tuple[int | None, ...]:
        """Return what the text costs as input, in ticks, for each input price."""
        return tuple(
            None if price is None else price * self.reading.tokens
            for price in self.column.ticks
        )

    @property
    def heat(self) -> int:
        """Return 0 to 4: how far above English it is."""
        return sum(self.times is not None and self.times >= heat for heat in HEATS)


@dataclass(frozen=True, slots=True)
class Row:
    """One language: the cells in the order of the columns; None: not read."""

    text: corpus.Text
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class LanguageTax:
    """The table, and what is said above it."""

    rows: tuple[Row, ...]
    models: tuple[Column, ...]  # all that could be shown
    read_at: datetime | None  # the newest look at any of the models

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the models that are shown."""
        return tuple(column for column in self.models if column.shown)

    @property
    def all_alike(self) -> bool:
        """Tell whether the models shown cut every text into as many tokens."""
        counts = [
            {cell.reading.tokens if cell else None for cell in row.cells}
            for row in self.rows
        ]
        return len(self.columns) > 1 and all(len(each) == 1 for each in counts)

    @property
    def dearest(self) -> Cell | None:
        """Return the cell furthest above English."""
        cells = [cell for row in self.rows for cell in row.cells if cell and cell.times]
        return max(cells, key=lambda cell: cell.times or 0, default=None)


def input_price(price: PriceGroup) -> int | None:
    """Return ticks per token; None if it was not told, or is odd and not confirmed."""
    return price.prompt_text_token_price if price.is_sound else None


def language_tax(*, user: User | AnonymousUser, filters: Filters) -> LanguageTax:
    """Return the table for one person."""
    prices = prices_now(user=user)
    readings = _newest(price.model for price in prices)
    columns = _columns(prices, readings, filters)
    shown = [column for column in columns if column.shown]
    rows = [
        Row(text, tuple(_cell(column, text, readings) for column in shown))
        for text in corpus.texts()
    ]
    newest = [row.last_seen_at for row in readings.values()]
    return LanguageTax(
        rows=tuple(_sorted(rows, shown, filters)),
        models=tuple(columns),
        read_at=max(newest, default=None),
    )


def records(found: LanguageTax) -> Iterator[Record]:
    """Yield a line per text, model and input price, for a file."""
    for row in found.rows:
        for cell in row.cells:
            if cell is not None:
                yield from _records(row.text, cell)


def _records(text: corpus.Text, cell: Cell) -> Iterator[Record]:
    reading = cell.reading
    for price in cell.column.prices:
        ticks = input_price(price)
        cost = None if ticks is None else ticks * reading.tokens
        yield {
            "language": text.language,
            "language_name": text.name,
            "corpus": reading.corpus,
            "model": price.model_id,
            "host": price.host,
            "characters": reading.characters,
            "tokens": reading.tokens,
            "tokens_per_1000_characters": str(cell.rate),
            "times_english": None if cell.times is None else str(cell.times),
            "teams": price.teams,
            "input_price_ticks": ticks,
            "text_cost_ticks": cost,
            "text_cost_usd": None if cost is None else f"{usd(cost):f}",
            "first_seen_at": reading.first_seen_at,
            "last_seen_at": reading.last_seen_at,
        }


Readings = dict[tuple[UUID, str], TokenizerReading]  # by model and language


def _newest(models: Iterator[UUID]) -> Readings:
    """Return how each model cut each text last, whichever team's key was used."""
    rows = (
        TokenizerReading.objects.filter(
            model__in=set(models), corpus=corpus.VERSION, superseded_at=None
        )
        .order_by("model_id", "language", "-last_seen_at", "-first_seen_at", "pk")
        .distinct("model_id", "language")
    )
    return {(row.model_id, row.language): row for row in rows}


def _columns(
    prices: Sequence[PriceGroup], readings: Readings, filters: Filters
) -> list[Column]:
    read = {model for model, _ in readings}
    found = [
        (model, tuple(group))
        for model, group in groupby(prices, key=lambda price: price.model)
        if model in read
    ]
    known = [model for model, _ in found]
    chosen = [model for model in known if model in filters.models] or known
    return [
        Column(model, group[0].model_id, group[0].host, group, model in chosen[:MOST])
        for model, group in found
    ]


def _cell(column: Column, text: corpus.Text, readings: Readings) -> Cell | None:
    reading = readings.get((column.model, text.language))
    if reading is None:
        return None
    base = readings.get((column.model, corpus.BASE))
    if base is None or text.is_code:  # a program does not say what the notice says
        return Cell(reading, column, None)
    times = (Decimal(reading.tokens) / base.tokens).quantize(Decimal("0.01"))
    return Cell(reading, column, times)


def _sorted(
    rows: Sequence[Row], shown: Sequence[Column], filters: Filters
) -> list[Row]:
    """Sort by one model's tokens, or by name; what was not read comes last."""
    ids = [column.sort for column in shown]
    if filters.sort not in ids:
        found = sorted(rows, key=lambda row: row.text.name)
        return found[::-1] if filters.backwards else found
    place = ids.index(filters.sort)
    read = [(cell, row) for row in rows if (cell := row.cells[place]) is not None]
    others = [row for row in rows if row.cells[place] is None]
    read.sort(key=lambda pair: pair[0].rate, reverse=filters.backwards)
    return [*(row for _, row in read), *others]

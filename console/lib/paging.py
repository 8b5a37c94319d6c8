"""Keyset paging: a page starts after a row, not after a number of rows.

So page 400 costs what page 1 costs, and rows that come or go meanwhile neither
repeat nor hide others.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
MAX_CURSOR = 1000  # characters; ours are below 400


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sort: a field or annotation that is never null.

    `read` makes a value of the text in a cursor and raises ValueError for nonsense.
    """

    name: str
    read: Callable[[str], Any]
    descending: bool = False
    indexed: bool = False  # as the first column: lets the database start at a position

    def reversed(self) -> Column:
        """Return the column sorted the other way."""
        return replace(self, descending=not self.descending)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursors of the pages beside them; None where there is none."""

    rows: list[Row]
    before: str | None
    after: str | None


def instant(text: str) -> datetime:
    """Read a time with a zone that is one in UTC, too."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    return value.astimezone(UTC)  # OverflowError before year 1 and after 9999


def words(text: str) -> str:
    """Read text that a column can hold: no NUL, no half of a character."""
    if "\0" in text:
        raise ValueError("text with a NUL")
    text.encode()
    return text


def number(text: str) -> int:
    """Read a whole number that a BIGINT can hold."""
    value = int(text)
    if abs(value) >= 2**63:
        raise ValueError("a number beyond BIGINT")
    return value


ID = Column("id", UUID)


def page_of(
    rows: QuerySet[Row], *, columns: Sequence[Column], cursor: str, size: int
) -> Page[Row]:
    """Return the page a cursor points at; the first one if it points nowhere.

    The columns together must be unique. Costs one query, and a second one only
    if the cursor's rows are gone or paging back came to the start.
    """
    position = _read(cursor, columns)
    if position is None:
        return _forward(rows, columns, size, position=None)
    forward, values = position
    if forward:
        page = _forward(rows, columns, size, position=values)
        return page if page.rows else _forward(rows, columns, size, position=None)
    found = _slice(rows, [column.reversed() for column in columns], size, values)
    if len(found) <= size:
        return _forward(rows, columns, size, position=None)
    found = found[:size][::-1]
    return Page(
        found, _cursor("<", found[0], columns), _cursor(">", found[-1], columns)
    )


def ordered(rows: QuerySet[Row], columns: Sequence[Column]) -> QuerySet[Row]:
    """Sort as `page_of` does, for reading all rows."""
    return rows.order_by(*("-" * column.descending + column.name for column in columns))


def _forward(
    rows: QuerySet[Row],
    columns: Sequence[Column],
    size: int,
    position: list[Any] | None,
) -> Page[Row]:
    found = _slice(rows, columns, size, position)
    shown = found[:size]
    before = _cursor("<", shown[0], columns) if position and shown else None
    after = _cursor(">", shown[-1], columns) if len(found) > size else None
    return Page(shown, before, after)


def _slice(
    rows: QuerySet[Row],
    columns: Sequence[Column],
    size: int,
    position: list[Any] | None,
) -> list[Row]:
    """Return one row more than a page, which tells whether there is another.

    The database sorts ids alone, and fetches the rest of these few rows afterwards.
    """
    asked = rows if position is None else rows.filter(_beyond(columns, position))
    ids = ordered(asked, columns).values("pk")[: size + 1]
    return list(ordered(rows.filter(pk__in=ids), columns))


def _beyond(columns: Sequence[Column], position: list[Any]) -> Q:
    """Keep what sorts after a position: a > x or (a = x and (b > y or ...))."""
    *first, last = zip(columns, position, strict=True)
    condition = _past(*last)
    for column, value in reversed(first):
        condition = _past(column, value) | Q(**{column.name: value}) & condition
    if columns[0].indexed:
        condition &= _past(columns[0], position[0], or_at=True)
    return condition


def _past(column: Column, value: Any, *, or_at: bool = False) -> Q:
    comparison = ("lt" if column.descending else "gt") + "e" * or_at
    return Q(**{f"{column.name}__{comparison}": value})


def _cursor(direction: str, row: Model, columns: Sequence[Column]) -> str:
    values = [getattr(row, column.name) for column in columns]
    texts = [v.isoformat() if isinstance(v, datetime) else str(v) for v in values]
    packed = json.dumps([direction, *texts], ensure_ascii=False).encode()
    return urlsafe_b64encode(packed).decode().rstrip("=")


def _read(cursor: str, columns: Sequence[Column]) -> tuple[bool, list[Any]] | None:
    """Return direction and values; None for no cursor, nonsense or another sort's."""
    if not cursor or len(cursor) > MAX_CURSOR:
        return None
    try:
        packed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        match json.loads(packed):
            case ["<" | ">" as direction, *texts] if all(
                isinstance(text, str) for text in texts
            ):
                pairs = zip(columns, texts, strict=True)
                return direction == ">", [column.read(text) for column, text in pairs]
    except (ValueError, RecursionError, OverflowError):  # UnicodeError is a ValueError
        return None
    return None

"""Single calls as a file: everything that is stored of each, in pieces.

A piece is read when the one before it was sent, by the id that came last: no cursor
and no transaction stays open while somebody downloads slowly, and a million calls
take no more memory than a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final

from django.db.models import F, Q

from console.accounts.models import User
from console.finance.calls import focus
from console.finance.calls.filters import Filters
from console.finance.calls.listing import narrowed
from console.lib import export
from console.lib.export import Record
from console.lib.ticks import usd_text
from console.usage.models import CostSource, RecordState

AT_ONCE: Final = 3000  # planning such a query takes as long as reading some hundred
NAMED: Final = {  # beside the columns of the record itself
    "team_name": F("team__name"),
    "xai_team_id": F("team__xai_team_id"),
    "key_label": F("key__label"),
    "person": F("consumer__person__username"),
    "person_id": F("consumer__person_id"),
    "model_id_at_xai": F("model__model_id"),
}
STORED: Final = (
    "id", "state", "outcome", "problem", "status", "opened_at", "first_token_at",
    "settled_at", "team_id", "key_id", "endpoint", "model_asked", "model_served",
    "price_id", "upstream_request_id", "prompt_tokens", "cached_tokens",
    "image_tokens", "completion_tokens", "reasoning_tokens", "source", "cost_ticks",
    "adjusted_ticks", "reported_ticks", "computed_ticks", "ceiling_ticks",
)  # fmt: skip
FIELDS: Final = (
    "id", "opened_at", "first_token_at", "settled_at", "state", "outcome", "problem",
    "status", "upstream_request_id", "team_id", "team", "key_id", "key", "person_id",
    "person", "endpoint", "model_asked", "model_served", "model", "prompt_tokens",
    "cached_tokens", "image_tokens", "completion_tokens", "reasoning_tokens",
    "source", "cost_ticks", "cost_usd", "reported_ticks", "computed_ticks",
    "difference_ticks", "ceiling_ticks", "overrun_ticks", "price_id",
)  # fmt: skip


class Format(StrEnum):
    """What `?format=` may ask for."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    FOCUS = "focus"

    @property
    def file(self) -> str:
        """Return the name of the file."""
        return "calls-focus.csv" if self is Format.FOCUS else f"calls.{self}"

    @property
    def content_type(self) -> str:
        """Return its type."""
        return TYPES[self]


TYPES: Final = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
    Format.JSONL: "application/jsonl",
    Format.FOCUS: "text/csv; charset=utf-8",
}


def format_of(text: str) -> Format | None:
    """Return the format asked for; None for a page."""
    return next((format for format in Format if format == text), None)


def lines(user: User, filters: Filters, format: Format) -> Iterator[str]:
    """Yield the file line by line, the newest call first.

    In the FOCUS file there are charges alone: calls whose cost is known. What was
    entered by hand is the cost where none is booked, and its source says so.
    """
    rows = stored(user, filters, charges=format is Format.FOCUS)
    write: dict[Format, Callable[[Iterable[Record]], Iterator[str]]] = {
        Format.CSV: lambda rows: export.csv_lines(map(whole, rows), fields=FIELDS),
        Format.JSON: lambda rows: export.json_lines(map(whole, rows), fields=FIELDS),
        Format.JSONL: lambda rows: map(json_line, map(whole, rows)),
        Format.FOCUS: focus.lines,
    }
    return write[format](rows)


def stored(user: User, filters: Filters, *, charges: bool) -> Iterator[Record]:
    """Yield what is stored of each call, read in pieces."""
    calls = narrowed(user, filters).order_by("-id")
    if charges:
        known = Q(cost_ticks__isnull=False) | Q(adjusted_ticks__isnull=False)
        calls = calls.filter(known, state=RecordState.SETTLED)
    rows = calls.values(*STORED, **NAMED)
    last = None
    while True:
        rest = rows if last is None else rows.filter(id__lt=last)
        piece = list(rest[:AT_ONCE])
        yield from map(counted, piece)
        if len(piece) < AT_ONCE:
            return
        last = piece[-1]["id"]


def counted(row: Record) -> Record:
    """Return what is stored, with what was entered by hand in the place of nothing."""
    if row["adjusted_ticks"] is None:
        return row
    return {
        **row,
        "source": CostSource.ADJUSTED.value,
        "cost_ticks": row["adjusted_ticks"],
    }


def whole(row: Record) -> Record:
    """Return one call under the names of the file."""
    cost, ceiling = row["cost_ticks"], row["ceiling_ticks"]
    reported, computed = row["reported_ticks"], row["computed_ticks"]
    return {
        **row,
        "team": row["team_name"],
        "key": row["key_label"],
        "model": row["model_id_at_xai"],
        "cost_usd": usd_text(cost),
        "difference_ticks": _less(reported, computed),
        "overrun_ticks": None
        if cost is None or ceiling is None
        else max(0, cost - ceiling),
    }


def json_line(row: Record) -> str:
    """Return one call as a line of JSON."""
    return export.json_text({name: row[name] for name in FIELDS}) + "\n"


def _less(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other

"""Tables as files: CSV that a spreadsheet cannot be tricked with, and JSON.

`file_response` is for what a page shows. `stream` is for what has no end: it holds a
few hundred lines at a time, however many there are.
"""

from __future__ import annotations

import csv
import json
from collections.abc import (
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Final, Literal

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from console.lib.db import in_db

Record = Mapping[str, Any]
PIECE: Final = 500  # lines that are sent together


class Format(StrEnum):
    """What `?format=` may ask for."""

    CSV = "csv"
    JSON = "json"


def format_of(text: str) -> Format | None:
    """Return the format asked for; None for a page."""
    return next((format for format in Format if format == text), None)


# A cell that starts with one of these is a formula to some spreadsheet; the wide
# forms are what Excel folds to the plain ones in Japanese and Chinese settings.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LOOKED_AT = frozenset((*FORMULA_STARTS, " "))  # asked first: it is much quicker


def file_response(
    records: Iterable[Record], *, fields: Sequence[str], format: Format, name: str
) -> StreamingHttpResponse:
    """Stream the records as a download, with exactly these fields in this order.

    Values may be text, whole numbers, truth values, times with a zone, lists of
    text and None. None is an empty cell in CSV and null in JSON.
    """
    writers: dict[Format, tuple[str, Callable[..., Iterator[str]]]] = {
        Format.CSV: ("text/csv; charset=utf-8", csv_lines),
        Format.JSON: ("application/json", json_lines),
    }
    content_type, lines = writers[format]
    return StreamingHttpResponse(
        lines(records, fields=fields),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{format}"',
            "Cache-Control": "no-store",
        },
    )


def stream(
    request: HttpRequest, lines: Iterator[str], *, content_type: str, name: str
) -> StreamingHttpResponse:
    """Stream lines as a download, a piece at a time.

    Of a synchronous iterator Django makes a list first where it serves asynchronously,
    as ours does. `lines` is read by one thread after another: it may ask the database
    again and again, but keep no cursor and no transaction open between two lines.
    """
    pieces = _pieces(lines) if isinstance(request, ASGIRequest) else lines
    return StreamingHttpResponse(
        pieces,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


async def _pieces(lines: Iterator[str]) -> AsyncIterator[str]:
    while piece := await in_db(_piece, lines):
        yield piece


def _piece(lines: Iterator[str]) -> str:
    return "".join(islice(lines, PIECE))


def csv_lines(
    records: Iterable[Record],
    *,
    fields: Sequence[str],
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC,
) -> Iterator[str]:
    """Yield the head and one line per record, each with its line end."""
    writer = csv.writer(_Echo(), quoting=quoting, lineterminator="\r\n")
    yield writer.writerow(fields)
    for record in records:
        yield writer.writerow([cell(record[field]) for field in fields])


def json_lines(records: Iterable[Record], *, fields: Sequence[str]) -> Iterator[str]:
    """Yield a JSON array, one record per line."""
    yield "["
    lead = "\n"
    for record in records:
        yield lead + json_text({field: record[field] for field in fields})
        lead = ",\n"
    yield "\n]\n"


def json_text(values: Record) -> str:
    """Return one record as JSON, in a line."""
    return json.dumps(values, default=_plain, ensure_ascii=False)


def cell(value: Any) -> str | int:
    """Return what CSV shows for a value; text never as a formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _harmless(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple):
        return _harmless("; ".join(value))
    return _harmless(value.isoformat() if isinstance(value, datetime) else str(value))


def _harmless(text: str) -> str:
    if text[:1] in LOOKED_AT and text.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{text}"
    return text


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


class _Echo:
    """A file for csv.writer that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line

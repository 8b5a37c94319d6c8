"""Tables as files: CSV that a spreadsheet cannot be tricked with, and JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.http import StreamingHttpResponse

Record = Mapping[str, Any]


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


def csv_lines(records: Iterable[Record], *, fields: Sequence[str]) -> Iterator[str]:
    """Yield the head and one line per record, each with its line end."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    yield writer.writerow(fields)
    for record in records:
        yield writer.writerow([cell(record[field]) for field in fields])


def json_lines(records: Iterable[Record], *, fields: Sequence[str]) -> Iterator[str]:
    """Yield a JSON array, one record per line."""
    yield "["
    lead = "\n"
    for record in records:
        values = {field: record[field] for field in fields}
        yield lead + json.dumps(values, default=_plain, ensure_ascii=False)
        lead = ",\n"
    yield "\n]\n"


def cell(value: Any) -> str | int:
    """Return what CSV shows for a value; text never as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple):
        value = "; ".join(value)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


class _Echo:
    """A file for csv.writer that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line

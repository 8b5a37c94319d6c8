"""Reading a table of keys from text. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Final

COLUMNS: Final = ("secret", "team", "label", "owner", "note")
REQUIRED: Final = ("secret", "team", "label")
SEPARATORS: Final = (",", ";", "\t")
MOST_ROWS: Final = 1_000
LARGEST: Final = 2 * 1024 * 1024  # bytes


class BadTable(ValueError):
    """The text is no table of keys. Says why, and repeats nothing of it."""


@dataclass(frozen=True, slots=True, repr=False)
class TableRow:
    """One row below the heading, its cells without blanks around them.

    Any of them may hold a secret, so none is ever shown as it is.
    """

    number: int  # as a spreadsheet counts; the heading is row 1
    surplus: bool  # it has more cells than the heading
    secret: str
    team: str
    label: str
    owner: str
    note: str


def decode(data: bytes) -> str:
    """Return the text of a file, or raise BadTable."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadTable("The file is not text in UTF-8.") from None


def read(text: str) -> list[TableRow]:
    """Return the rows of a table whose first row names the columns.

    Cells are separated by commas, semicolons or tabs; other columns are left out,
    and so are empty rows. Raises BadTable.
    """
    text = text.removeprefix("\ufeff")
    lines = _lines(text)
    heading = [cell.strip().lower() for cell in next(lines, (0, []))[1]]
    _check_heading(heading)
    places = {name: heading.index(name) for name in COLUMNS if name in heading}
    rows: list[TableRow] = []
    for number, cells in lines:
        named = dict.fromkeys(COLUMNS, "")
        for name, at in places.items():
            named[name] = cells[at].strip() if at < len(cells) else ""
        surplus = any(cell.strip() for cell in cells[len(heading) :])
        if surplus or any(named.values()):
            rows.append(TableRow(number, surplus, **named))
        if len(rows) > MOST_ROWS:
            raise BadTable(f"The table has more than {MOST_ROWS:,} rows; split it.")
    if not rows:
        raise BadTable("The table has no row below its heading.")
    return rows


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its number, from the first that is not empty."""
    reader = csv.reader(
        StringIO(text, newline=""),
        delimiter=_separator(text),
        skipinitialspace=True,
        strict=True,  # a quote that never closes would swallow all rows below it
    )
    try:
        started = False
        for number, cells in enumerate(reader, start=1):
            started = started or any(cell.strip() for cell in cells)
            if started:
                yield number, cells
    except csv.Error:
        line = reader.line_num
        raise BadTable(f"Line {line} cannot be read as CSV; see its quotes.") from None


def _separator(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return max(SEPARATORS, key=first.count)


def _check_heading(heading: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in heading]
    if missing:
        raise BadTable(
            f"The first row must name the columns {', '.join(COLUMNS)}; "
            f"missing: {', '.join(missing)}."
        )
    twice = [name for name in COLUMNS if heading.count(name) > 1]
    if twice:
        raise BadTable(f"The first row names a column twice: {', '.join(twice)}.")

"""The charts of one model's prices, made from one team's versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from console.finance.charts import Gap, Note, Series, Step, StepChart, step_chart
from console.finance.one_model.prices import Version
from console.finance.one_model.words import NAMES, dollars
from console.lib.freshness import STALE_FROM

SHORTEST: Final = timedelta(days=30)
STANDARD: Final = (
    "completion_text_token_price",
    "prompt_text_token_price",
    "cached_prompt_text_token_price",
)
LONG: Final = tuple(f"{name}_long_context" for name in STANDARD)
IMAGE: Final = ("prompt_image_token_price",)


class Span(Enum):
    """How far back the charts go."""

    QUARTER = ("3m", "3 months", timedelta(days=92))
    YEAR = ("12m", "12 months", timedelta(days=365))
    ALL = ("all", "All", None)

    def __init__(self, code: str, label: str, length: timedelta | None) -> None:
        self.code, self.label, self.length = code, label, length

    def start(self, *, first: datetime, now: datetime) -> datetime:
        """Return where the charts begin; `first` is the oldest version."""
        if self.length is not None:
            return now - self.length
        return min(first, now - SHORTEST)


@dataclass(frozen=True, slots=True)
class Cell:
    """One price of one version."""

    column: str
    price: int | None
    unsure: bool  # odd and not confirmed, so it is not drawn


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One version, as the chart shows it."""

    version: Version
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One chart, and its rows as a table, newest first."""

    name: str  # an id of the page
    title: str
    chart: StepChart
    columns: tuple[str, ...]
    rows: tuple[DrawnRow, ...]
    start: datetime
    began: datetime | None  # the first look, where it is later than `start`
    finding: str  # in words what the drawing shows

    @property
    def written(self) -> str:
        """Name all that the table shows: the same, the same table."""
        shown = [
            (row.version.id, row.version.first_seen_at, row.version.last_seen_at)
            for row in self.rows
        ]
        cells = [row.cells for row in self.rows]
        return f"{self.columns} {shown} {cells} {timezone.get_current_timezone_name()}"


def drawings(
    versions: Sequence[Version], *, span: Span, now: datetime, zone: ZoneInfo
) -> list[Drawing]:
    """Return the charts that have anything to show; `versions` are newest first."""
    start = span.start(first=versions[-1].first_seen_at, now=now)
    found = [
        _drawing("standard", "Standard", STANDARD, versions, start, now, zone),
        _drawing("long", "Long context", LONG, versions, start, now, zone),
        _drawing("image", "Image input", IMAGE, versions, start, now, zone),
    ]
    return [one for one in found if one.name == "standard" or _says(one)]


def _says(drawing: Drawing) -> bool:
    """Tell whether any price of it was ever above 0: a long one of 0 is no tier."""
    return any(cell.price for row in drawing.rows for cell in row.cells)


def _drawing(
    name: str,
    title: str,
    fields: tuple[str, ...],
    versions: Sequence[Version],
    start: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> Drawing:
    oldest_first = versions[::-1]
    first = oldest_first[0].first_seen_at
    notes = [n for n in _notes(oldest_first, fields, zone) if n.at >= start]
    chart = step_chart(
        [_series(field, oldest_first) for field in fields],
        start=start,
        end=now,
        zone=zone,
        words=dollars,
        gaps=[*_untold(first, start, zone), *gaps(oldest_first, now=now, zone=zone)],
        notes=notes,
        low=name == "image",
    )
    rows = tuple(
        DrawnRow(version, _cells(version, fields))
        for version in versions
        if version.last_seen_at >= start
    )
    columns = tuple(_short(field).capitalize() for field in fields)
    finding = f"Newest step: {notes[-1].words}" if notes else "No step in this time"
    began = first if first > start else None
    return Drawing(name, title, chart, columns, rows, start, began, finding)


def _cells(version: Version, fields: tuple[str, ...]) -> tuple[Cell, ...]:
    return tuple(
        Cell(_short(field).capitalize(), version.prices[field], field in version.unsure)
        for field in fields
    )


def gaps(versions: Sequence[Version], *, now: datetime, zone: ZoneInfo) -> list[Gap]:
    """Return the times of which nothing is known, longer than two looks are apart.

    `versions` are oldest first. Up to now the last one counts as still told.
    """
    bridged = STALE_FROM * settings.XAI_POLL_MODELS_EVERY
    starts = [*(version.first_seen_at for version in versions[1:]), now]
    found = []
    for version, after in zip(versions, starts, strict=True):
        if after - version.last_seen_at <= bridged and version.missing_at is None:
            continue
        why = "not listed" if version.missing_at else "no look"
        told = f"{_day(version.last_seen_at, zone)} to {_day(after, zone)}"
        found.append(Gap(version.last_seen_at, after, f"Not known: {why}, {told}"))
    return found


def _untold(first: datetime, start: datetime, zone: ZoneInfo) -> list[Gap]:
    """Return the time before the first look."""
    if first <= start:
        return []
    return [Gap(start, first, f"Not known: before the first look, {_day(first, zone)}")]


def _series(field: str, versions: Sequence[Version]) -> Series:
    steps = [
        Step(
            start=version.first_seen_at,
            end=version.last_seen_at,
            value=None if field in version.unsure else version.prices[field],
            words=_said(field, version),
            href=f"#version-{version.id}",
        )
        for version in versions
    ]
    newest = steps[-1].value if steps else None
    label = "" if newest is None else f"{_short(field)} {dollars(newest)}"
    return Series(label, steps)


def _said(field: str, version: Version) -> str:
    price = version.prices[field]
    since = f"{version.first_seen_at:%-d %b %Y}"
    return f"{NAMES[field]} {'' if price is None else dollars(price)}, since {since}"


def _notes(
    versions: Sequence[Version], fields: tuple[str, ...], zone: ZoneInfo
) -> list[Note]:
    found = []
    for version in versions:
        odd = [name for name in fields if name in version.unsure]
        changed = [name for name in fields if name in version.changes]
        if odd:
            what = f"{_short(odd[0])} odd, not drawn"
        elif changed:
            said = (f"{_short(n)} {version.changes[n].words}" for n in changed)
            what = ", ".join(said)
        else:
            continue
        at = version.first_seen_at
        found.append(Note(at, f"{what}, first seen {_day(at, zone)}"))
    return found


def _short(field: str) -> str:
    return NAMES[field].removeprefix("long ")


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%-d %b %Y}"

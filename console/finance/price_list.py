"""The price list: prices of now or of a day, with their age and who can call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from console.accounts.models import User
from console.catalog.models import PER_TOKEN, PRICE_FIELDS
from console.catalog.prices import PriceGroup, prices_at, prices_now
from console.catalog.told_facts import first_look
from console.finance.changes.rows import ChangeRow, Step
from console.finance.charts import Spark
from console.finance.sparks import sparks_of
from console.finance.viewing import Looks
from console.keys.callers import Callers, callers
from console.lib.days import day_bounds
from console.lib.export import Record
from console.lib.freshness import Freshness, freshness
from console.lib.templatetags import gatehouse
from console.lib.ticks import usd_per_million, usd_per_million_text

SORTS: Final = {
    "model": "model_id",
    "context": "context_length",
    "input": "prompt_text_token_price",
    "cached": "cached_prompt_text_token_price",
    "output": "completion_text_token_price",
    "image": "prompt_image_token_price",
    "changed": "first_seen_at",
    "mix": "mix",
}
EXPORT_FIELDS: Final = (
    "on", "as_of", "model", "host", "aliases", "version", "fingerprint",
    "input_modalities", "output_modalities", "context_length",
    "differs_between_teams", "teams_named_where_differing", "team_count",
    "long_context_tier", *(f"{name}_ticks" for name in PER_TOKEN),
    *(f"{name}_usd_per_million" for name in PER_TOKEN),
    "mix", "mix_usd_per_million", "search_price_raw", "long_context_threshold",
    "sighting", "confirmed_or_plausible", "listed", "keys_allowed", "keys_usable",
    "first_seen_at", "last_seen_at", "superseded_at", "missing_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    search: str = ""
    sort: str = "model"  # a name of SORTS
    backwards: bool = False
    on: date | None = None  # None: now
    asked: date | None = None  # the day in the address, also today and days to come
    no_day: str = ""  # why the prices of the day that is asked for are not there


@dataclass(frozen=True, slots=True)
class Mark:
    """A price that changed since the viewer's last review."""

    step: Step
    at: datetime

    @property
    def words(self) -> str:
        """Say by how much."""
        return self.step.change.words if self.step.change else ""

    @property
    def title(self) -> str:
        """Say what it was before."""
        before = self.step.before
        was = "not told" if before is None else f"${gatehouse.usd_per_million(before)}"
        return f"was {was} per 1M tokens until {self.at:%-d %b %Y, %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line: a model's prices, as the teams named in it are told."""

    price: PriceGroup
    callers: Callers  # of the model, whatever its price
    freshness: Freshness  # of the newest look at these prices
    mix: Fraction | None  # ticks per token of the viewer's mix
    marks: dict[str, Mark | None]  # by the name of the price
    listed: bool  # xAI shows the model to a key that the viewer sees
    spark: Spark | None  # of its output price; None for a past day
    written: str = ""  # names all that the line shows: the same, the same line


@dataclass(frozen=True, slots=True)
class PriceList:
    """The lines, and what is said above them."""

    rows: list[PriceRow]
    models: int
    differing: int  # models with more than one line
    read_at: datetime | None  # the newest look at any of these prices
    first_look_at: datetime | None  # the oldest that is remembered


def price_list(
    *,
    user: User,
    filters: Filters,
    looks: Looks,
    now: datetime,
    news: Sequence[ChangeRow] = (),
) -> PriceList:
    """Return the list for one person; the number of queries is fixed.

    `news` are the price changes that they have not reviewed.
    """
    groups = _groups(user, filters)
    differing = {group.model for group in groups if group.differs}
    calling: Mapping[UUID, Callers] = {}
    if groups and filters.on is None:
        calling = callers(user=user, now=now)
    sparks = {} if filters.on else sparks_of(groups, user=user, now=now)
    marks = {} if filters.on else _marks(news)
    rows = []
    for group in groups:
        found = calling.get(group.model, Callers())
        row = PriceRow(
            price=group,
            callers=found,
            freshness=freshness(
                group.last_seen_at, interval=settings.XAI_POLL_MODELS_EVERY, now=now
            ),
            mix=looks.mix.price(group),
            marks=_marks_of(group, marks),
            listed=group.listed if filters.on else found.allowed > 0,
            spark=sparks.get((group.model, group.digest)),
        )
        rows.append(replace(row, written=_written(row, filters, looks, now)))
    return PriceList(
        rows=_sorted(rows, filters),
        models=len({group.model for group in groups}),
        differing=len(differing),
        read_at=max((group.last_seen_at for group in groups), default=None),
        first_look_at=first_look(user=user),
    )


def _written(row: PriceRow, filters: Filters, looks: Looks, now: datetime) -> str:
    """Name all that the line shows.

    Of the newest look only where the line tells it; then beside the minute of now,
    from which it counts.
    """
    price, minute = row.price, ""
    if filters.on is None and row.listed and row.freshness == Freshness.FRESH:
        price = replace(price, last_seen_at=price.first_seen_at)
    elif filters.on is None:
        minute = now.isoformat(timespec="minutes")
    shown = (
        price, row.callers, row.freshness, row.mix, row.marks, row.listed, row.spark,
        filters.on is None, minute, looks.tokens,
        timezone.get_current_timezone_name(),
    )  # fmt: skip
    return repr(shown)


def _groups(user: User, filters: Filters) -> list[PriceGroup]:
    if filters.on is None:
        return prices_now(user=user, search=filters.search)
    start, until = bounds_of(filters.on)
    return prices_at(user=user, start=start, until=until, search=filters.search)


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """Return start and end of a day, as the pages' clock has it."""
    return day_bounds(day, ZoneInfo(timezone.get_current_timezone_name()))


def _marks(news: Sequence[ChangeRow]) -> dict[tuple[Any, str], Mark]:
    """Return the newest change of each price, by model and name."""
    marks: dict[tuple[Any, str], Mark] = {}
    for row in sorted(news, key=lambda row: row.seen_at):
        for step in row.steps:
            marks[row.change.model_id, step.field] = Mark(step, row.seen_at)
    return marks


def _marks_of(
    group: PriceGroup, marks: dict[tuple[Any, str], Mark]
) -> dict[str, Mark | None]:
    """Return the mark of each price, or None, as the template asks for them."""
    found = {field: marks.get((group.model, field)) for field in PRICE_FIELDS}
    return {
        field: mark if mark and mark.step.after == getattr(group, field) else None
        for field, mark in found.items()
    }


def records(
    found: PriceList, *, filters: Filters, looks: Looks, now: datetime
) -> Iterator[Record]:
    """Yield the lines for a file: whole ticks, and the same in dollars.

    What the page calls n/a, or no such tier, is None like what is not told; 0 is a
    price. `as_of` is the moment of which they are: now, or the end of a past day.
    """
    for row in found.rows:
        price = row.price
        values: dict[str, Any] = {
            "on": (filters.on or timezone.localdate(now)).isoformat(),
            "as_of": bounds_of(filters.on)[1] if filters.on else now,
            "model": price.model_id,
            "differs_between_teams": price.differs,
            "teams_named_where_differing": price.teams,
            "long_context_tier": price.has_long_context_tier,
            "long_context_threshold": price.long_context_threshold or None,
            "search_price_raw": price.search_price,
            "sighting": price.sighting.value,
            "confirmed_or_plausible": price.is_sound,
            "listed": row.listed,
            "keys_allowed": None if filters.on else row.callers.allowed,
            "keys_usable": None if filters.on else row.callers.usable,
            "mix": str(looks.mix),
            "mix_usd_per_million": _mixed(row.mix),
        }
        for name in PER_TOKEN:
            ticks = _price_of(price, name)
            values[f"{name}_ticks"] = ticks
            values[f"{name}_usd_per_million"] = usd_per_million_text(ticks)
        yield {
            name: values[name] if name in values else getattr(price, name)
            for name in EXPORT_FIELDS
        }


def _price_of(price: PriceGroup, name: str) -> int | None:
    """Return a price as the page has it: xAI says 0 also where there is none."""
    ticks: int | None = getattr(price, name)
    if name == "prompt_image_token_price" and price.takes_images is False:
        return None
    return ticks or None if name.endswith("_long_context") else ticks


def _mixed(ticks: Fraction | None) -> str | None:
    """Return dollars per million tokens with 6 decimals: a quotient may have no end."""
    if ticks is None:
        return None
    return f"{usd_per_million(ticks.numerator) / ticks.denominator:.6f}"


def _sorted(rows: list[PriceRow], filters: Filters) -> list[PriceRow]:
    """Sort by one column, then by model; what is not told comes last either way."""
    column = SORTS[filters.sort]

    def told(row: PriceRow) -> Any:
        return row.mix if column == "mix" else getattr(row.price, column)

    known = [row for row in rows if told(row) is not None]
    unknown = [row for row in rows if told(row) is None]
    return [*sorted(known, key=told, reverse=filters.backwards), *unknown]

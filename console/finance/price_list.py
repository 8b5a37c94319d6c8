"""The price list: current prices with their age and who can call the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from console.accounts.models import Team, User
from console.catalog.models import PRICE_FIELDS
from console.catalog.prices import CurrentPrice, current_prices
from console.keys.callers import Callers, callers
from console.lib.export import Record
from console.lib.freshness import Freshness, freshness
from console.lib.ticks import usd_per_million

SORTS: Final = {
    "model": "model_id",
    "context": "context_length",
    "input": "prompt_text_token_price",
    "cached": "cached_prompt_text_token_price",
    "output": "completion_text_token_price",
    "image": "prompt_image_token_price",
    "changed": "first_seen_at",
}
PER_TOKEN: Final = tuple(
    name
    for name in PRICE_FIELDS
    if name not in ("search_price", "long_context_threshold")
)
EXPORT_FIELDS: Final = (
    "model", "host", "aliases", "version", "fingerprint", "input_modalities",
    "output_modalities", "context_length", "teams", "differs_between_teams",
    *(f"{name}_ticks" for name in PER_TOKEN),
    *(f"{name}_usd_per_million" for name in PER_TOKEN),
    "search_price_raw", "long_context_threshold", "listed", "keys_allowed",
    "keys_usable", "first_seen_at", "last_seen_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    search: str = ""
    sort: str = "model"  # a name of SORTS
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line: a model's prices, as the teams named in it are told."""

    price: CurrentPrice
    callers: Callers
    freshness: Freshness  # of the newest look at these prices

    @property
    def listed(self) -> bool:
        """Tell whether xAI shows the model to any key that the viewer sees."""
        return self.callers.allowed > 0


@dataclass(frozen=True, slots=True)
class PriceList:
    """The lines, and what is said above them."""

    rows: list[PriceRow]
    models: int
    differing: int  # models with more than one line
    read_at: datetime | None  # the newest look at any of these prices


def price_list(
    *, user: User | AnonymousUser, filters: Filters, now: datetime
) -> PriceList:
    """Return the list for one person with four queries, whatever its length."""
    teams = Team.objects.visible_to(user).values_list("pk", flat=True)
    prices = current_prices(team_ids=teams, search=filters.search)
    calling = callers(user=user, now=now) if prices else {}
    rows = [
        PriceRow(
            price=price,
            callers=Callers.together(
                calling.get((price.model, team), Callers()) for team in price.team_ids
            ),
            freshness=freshness(
                price.last_seen_at, interval=settings.XAI_POLL_MODELS_EVERY, now=now
            ),
        )
        for price in prices
    ]
    return PriceList(
        rows=_sorted(rows, filters),
        models=len({price.model for price in prices}),
        differing=len({price.model for price in prices if price.differs}),
        read_at=max((price.last_seen_at for price in prices), default=None),
    )


def records(found: PriceList) -> Iterator[Record]:
    """Yield the lines for a file: whole ticks, and the same in dollars."""
    for row in found.rows:
        price = row.price
        values: dict[str, Any] = {
            "model": price.model_id,
            "differs_between_teams": price.differs,
            "search_price_raw": price.search_price,
            "listed": row.listed,
            "keys_allowed": row.callers.allowed,
            "keys_usable": row.callers.usable,
        }
        for name in PER_TOKEN:
            ticks = getattr(price, name)
            values[f"{name}_ticks"] = ticks
            values[f"{name}_usd_per_million"] = _dollars(ticks)
        yield {
            name: values[name] if name in values else getattr(price, name)
            for name in EXPORT_FIELDS
        }


def _dollars(ticks: int | None) -> str | None:
    return None if ticks is None else f"{usd_per_million(ticks):f}"


def _sorted(rows: list[PriceRow], filters: Filters) -> list[PriceRow]:
    """Sort by one column, then by model; what is not told comes last either way."""
    column = SORTS[filters.sort]

    def told(row: PriceRow) -> Any:
        return getattr(row.price, column)

    known = [row for row in rows if told(row) is not None]
    unknown = [row for row in rows if told(row) is None]
    return [*sorted(known, key=told, reverse=filters.backwards), *unknown]

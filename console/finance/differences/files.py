"""What differs between teams, as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from console.catalog.models import PER_TOKEN
from console.finance.differences.overview import Overview
from console.lib.export import Record
from console.lib.ticks import usd_per_million_text

EXPORT_FIELDS: Final = (
    "model", "host", "teams_told", "teams_asked", "teams_with_these_prices",
    "most_common", "cheapest", "dearest", "factor", "some_teams",
    *(f"{name}_ticks" for name in PER_TOKEN),
    *(f"{name}_usd_per_million" for name in PER_TOKEN),
    "long_context_threshold",
)  # fmt: skip


def records(found: Overview) -> Iterator[Record]:
    """Yield a line for each price of each model: whole ticks, and in dollars."""
    for row in found.rows:
        for offer in row.offers:
            yield {
                "model": row.model_id,
                "host": row.host,
                "teams_told": row.told,
                "teams_asked": row.asked,
                "teams_with_these_prices": offer.teams,
                "most_common": offer.common,
                "cheapest": offer.cheapest,
                "dearest": offer.dearest,
                "factor": offer.factor and offer.factor.removeprefix("×"),
                "some_teams": offer.named,
                "long_context_threshold": offer.prices["long_context_threshold"],
                **priced(offer.prices, ""),
            }


def priced(prices: Mapping[str, int | None], before: str) -> dict[str, Any]:
    """Return the columns of a file for a set of prices; None is not told."""
    found: dict[str, Any] = {}
    for name in PER_TOKEN:
        ticks = prices[name]
        found[f"{before}{name}_ticks"] = ticks
        found[f"{before}{name}_usd_per_million"] = usd_per_million_text(ticks)
    return found

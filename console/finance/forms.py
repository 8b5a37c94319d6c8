"""What the price page takes in."""

from __future__ import annotations

from collections.abc import Mapping

from console.finance.price_list import SORTS, Filters
from console.lib.redact import redact

SEARCH_LENGTH = 100


def filters_of(values: Mapping[str, object]) -> Filters:
    """Read the filters of the page's address; what makes no sense is left out."""
    sort = str(values.get("sort", ""))
    name = sort.removeprefix("-")
    text = "".join(c for c in str(values.get("q", "")) if c.isprintable()).strip()
    return Filters(
        search=redact(text)[:SEARCH_LENGTH],
        sort=name if name in SORTS else "model",
        backwards=sort.startswith("-") and name in SORTS,
    )

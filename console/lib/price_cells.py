"""Cells of price tables: tags of templates that write what stands there by hundreds."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Final, Protocol

from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.lib import ticks

UNKNOWN: Final = "unknown"
MILLION: Final = 1_000_000
UNTOLD_PRICE = format_html(
    '<span class="unknown" title="{}">{}</span>', "xAI has not told this price", UNKNOWN
)


class Mark(Protocol):
    """What changed in a price of a list."""

    @property
    def words(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def icon(self) -> str: ...  # of the sprite; empty: none


@lru_cache(maxsize=4096)
def price_cell(price: int | Fraction | None, tokens: int = MILLION) -> SafeString | str:
    """Write the dollars of so many tokens, so that a column lines up at the point.

    `price` is ticks per token; exact, but for one that has no end (a mix): 6 decimals.
    """
    if price is None:
        return UNKNOWN
    whole, _, decimals = dollars(price, tokens).partition(".")
    return format_html('<span>{}<span class="dec">.{}</span></span>', whole, decimals)


def price_td(
    price: int | None,
    tokens: int,
    label: str,
    mark: Mark | None = None,
    long: bool = False,
    cached: bool = False,
) -> SafeString:
    """Write a cell of the price list; a mark is what changed in it, and when.

    By hand and not with a template, since a list has some 400 of them. `long` is for
    a long-context price, where 0 means that the standard one holds, and `cached` for
    one of cached tokens, where 0 means that they are free.
    """
    if mark is None:
        return _plain_td(price, tokens, label, long, cached)
    return format_html(
        '<td class="num changed" data-label="{}">{}<span class="mark-up" title="{}">'
        "{}</span></td>",
        label, _price_shown(price, tokens, long, cached), mark.title, mark.words,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _plain_td(
    price: int | None, tokens: int, label: str, long: bool, cached: bool
) -> SafeString:
    shown = _price_shown(price, tokens, long, cached)
    return format_html('<td class="num" data-label="{}">{}</td>', label, shown)


def _price_shown(
    price: int | None, tokens: int, long: bool, cached: bool
) -> SafeString | str:
    if price == 0 and long:
        reason = "xAI says 0: no separate price, the standard one holds"
        return format_html('<span class="none" title="{}">standard</span>', reason)
    if price == 0 and cached:
        reason = "Cached tokens count as free, since xAI's list says 0 for them"
        shown = price_cell(price, tokens)
        return format_html('{}<span class="l2" title="{}">free</span>', shown, reason)
    return price_or_unknown(price, tokens)


def dollars(price: int | Fraction, tokens: int = MILLION) -> str:
    """Write ticks per token as dollars for so many tokens, with 2 decimals or more."""
    exact = Fraction(price) * tokens / ticks.TICKS_PER_USD
    places = 10 if isinstance(price, int) else 6  # of ticks there are no smaller
    with localcontext(prec=60):  # an odd price may have 19 digits
        amount = round(Decimal(exact.numerator) / exact.denominator, places)
        text = f"{amount:,.{places}f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def price_or_unknown(price: int | None, tokens: int = MILLION) -> SafeString | str:
    """Write a price cell, or that it is not told; for tables of hundreds of them.

    The partial `finance/_price.html` in one tag, which takes a tenth of its time.
    """
    if price is None:
        return UNTOLD_PRICE
    return price_cell(price, tokens)

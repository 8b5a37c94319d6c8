"""Amounts in dollars as pages write them: one rule for each kind of amount.

    usd         of one call, also the most it may cost: 6 decimals below a dollar
    usd_sum     of several calls: cents, and 6 decimals where it is below one cent
    usd_left    what may still be spent: as usd_sum, rounded down
    usd_fits    the same beside the most that one call may cost: as usd, rounded down
    usd_given   what a person entered, such as a limit, and what is held against it
                in the same sentence: every decimal of it
    usd_round   beside the axis of a chart

None of them rounds to 0. Whole ticks stand in a title (the tag `summed`) or in a
proof; files have `ticks.usd_text`.
"""

from __future__ import annotations

from decimal import Decimal

from console.lib import ticks
from console.lib.price_cells import UNKNOWN

CENT = ticks.TICKS_PER_USD // 100
MICRO = ticks.TICKS_PER_USD // 1_000_000


def usd(amount: int | None) -> str:
    """Write what a call cost: 6 decimals below one dollar, 2 above, never rounded to 0.

    `_unknown.html` says why an amount is not known; this says only that it is not.
    """
    if amount is None:
        return UNKNOWN
    dollars = ticks.usd(amount)
    if amount == 0 or abs(dollars) >= 1:
        return f"${dollars:,.2f}"
    smallest = Decimal("0.000001")
    return f"${dollars:.6f}" if abs(dollars) >= smallest else "<$0.000001"


def usd_sum(amount: int) -> str:
    """Write a sum of ticks in dollars and cents; below one cent as `usd` does."""
    if 0 < amount < CENT:
        return usd(amount)
    return f"${ticks.usd(amount):,.2f}"


def usd_left(amount: int) -> str:
    """Write what is left as `usd_sum` does, but never more than is left."""
    return usd_sum(_down(amount, cents_from=CENT))


def usd_fits(amount: int) -> str:
    """Write what is left as `usd` does, but never more than is left."""
    return usd(_down(amount, cents_from=ticks.TICKS_PER_USD))


def usd_given(amount: int) -> str:
    """Write an amount as exactly as it was entered, with 2 decimals at least."""
    whole, _, decimals = f"{ticks.usd(amount):,.10f}".partition(".")
    return f"${whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def _down(amount: int, *, cents_from: int) -> int:
    """Leave out what would be rounded, unless nothing would remain."""
    step = CENT if amount >= cents_from else MICRO
    return amount // step * step or amount


def usd_round(amount: int) -> str:
    """Write a round amount without the zeros at its end, so that it has room."""
    dollars = ticks.usd(amount).normalize()
    if dollars == dollars.to_integral_value():
        return f"${dollars:,.0f}"
    decimals = -int(dollars.as_tuple().exponent)
    return f"${dollars:.{max(2, decimals)}f}"


def signed_usd(amount: int) -> str:
    """Write a difference of one call with its sign."""
    return f"{sign(amount)}{usd(abs(amount))}"


def signed_usd_sum(amount: int) -> str:
    """Write a difference of sums with its sign."""
    return f"{sign(amount)}{usd_sum(abs(amount))}"


def sign(amount: int) -> str:
    """Return the sign of a difference; none of 0."""
    return "+" if amount > 0 else "−" if amount < 0 else ""

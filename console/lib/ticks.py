"""Money: whole ticks inside, dollars only for display.

1 USD = 10^10 ticks. A price is ticks per token, so dollars per million tokens are
the price divided by 10,000.
"""

from decimal import Decimal

TICKS_PER_USD = 10_000_000_000
MAX_TICKS = 2**63 - 1  # what a BIGINT column holds


def usd(ticks: int) -> Decimal:
    """Return exact dollars."""
    return Decimal(ticks) / TICKS_PER_USD


def usd_text(ticks: int | None) -> str | None:
    """Return the same as a file holds it, without an exponent; None is unknown."""
    if ticks is None:
        return None
    whole, _, decimals = f"{usd(ticks):.10f}".partition(".")
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def usd_per_million(ticks_per_token: int) -> Decimal:
    """Return exact dollars per million tokens."""
    return Decimal(ticks_per_token) / 10_000


def usd_per_million_text(ticks_per_token: int | None) -> str | None:
    """Return the same as a file holds it, without an exponent; None is not told."""
    if ticks_per_token is None:
        return None
    return f"{usd_per_million(ticks_per_token):f}"

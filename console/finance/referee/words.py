"""How the referee writes amounts, factors and their effect. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from console.finance.referee.causes import Cause
from console.finance.referee.fields import Field
from console.finance.referee.jsontext import decimal_text
from console.finance.referee.verdicts import Row

SUBJECTS: Final = {
    Field.INPUT: "Costs of input",
    Field.CACHED: "Costs of cached input",
    Field.OUTPUT: "Costs of output",
    Field.REASONING: "Costs of reasoning",
    Field.IMAGE: "Costs of images",
    Field.LONG_INPUT: "Costs of input of long prompts",
    Field.LONG_CACHED: "Costs of cached input of long prompts",
    Field.LONG_OUTPUT: "Costs of output after long prompts",
    Field.THRESHOLD: "Costs of long prompts",
}
WITHOUT_FACTOR: Final = {
    Cause.MISSING: "are missing: most readers count nothing for them",
    Cause.NO_CACHED: "depend on the reader: the full input price, or nothing",
    Cause.NOT_A_PRICE: "cannot be computed: readers fail, or count nothing",
}
LONGEST: Final = 16  # characters of an amount that is shown whole


def amount(usd: Fraction | None) -> str:
    """Write dollars exactly with at least 2 decimals; very long ones shortened."""
    if usd is None:
        return ""
    whole, _, decimals = decimal_text(usd).partition(".")
    text = f"{int(whole):,}.{decimals:0<2}"
    if len(text) <= LONGEST:
        return text
    return f"≈{Decimal(usd.numerator) / Decimal(usd.denominator):.6g}"


def factor_text(factor: Fraction | None) -> str:
    """Write a factor: exact where it is short, else 3 leading digits."""
    if factor is None:
        return ""
    if factor.denominator == 1 and factor < 10**12:
        return f"{factor.numerator:,}"
    value = Decimal(factor.numerator) / Decimal(factor.denominator)
    if Decimal("0.01") <= value < 1000:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if Decimal("0.000001") <= value < 10**12:
        return f"{value:,.0f}" if value > 1 else f"{value:.3g}"
    return f"{value:.2e}"


def effect(row: Row) -> str:
    """Say what comes of a mismatch for whoever computes costs with the file."""
    if row.field is None or row.cause is None:
        return ""
    subject, factor = SUBJECTS[row.field], row.factor
    if row.cause is Cause.THRESHOLD and row.quote and row.quote.usd is not None:
        return (
            f"Prompts from {int(row.quote.usd):,} tokens on count as long; "
            f"at xAI those from {row.ticks or 0:,}."
        )
    if factor is None and row.cause is Cause.LONG_MISSING:
        return (
            f"The file lacks the tier: prompts from {row.ticks or 0:,} tokens on are "
            "counted at its prices of short ones."
        )
    if factor is None:
        words = WITHOUT_FACTOR.get(row.cause, "are counted where xAI counts nothing")
        return f"{subject} {words}."
    if factor == 0:
        return f"{subject} come out as 0."
    return f"{subject} come out {_times(factor)}."


def _times(factor: Fraction) -> str:
    if factor >= 2:
        return f"{factor_text(factor)} x too high"
    if factor <= Fraction(1, 2):
        return f"{factor_text(1 / factor)} x too low"
    share = abs(factor - 1) * 100
    number = f"{float(share):.1f}".removesuffix(".0")
    return f"{'less than 0.1' if share < Fraction(1, 10) else number} % too " + (
        "high" if factor > 1 else "low"
    )

"""Amounts, factors and effects, as people read them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from console.finance.referee.causes import Cause
from console.finance.referee.fields import Field
from console.finance.referee.quotes import Quote
from console.finance.referee.verdicts import Row, Verdict
from console.finance.referee.words import amount, effect, factor_text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, ""),
        (Fraction(0), "0.00"),
        (Fraction(5, 4), "1.25"),
        (Fraction(3, 10), "0.30"),
        (Fraction(3, 40), "0.075"),
        (Fraction(1_250_000), "1,250,000.00"),
        (Fraction(5, 4_000_000), "0.00000125"),
        (Fraction(10**18), "≈1.00000e+18"),
        (Fraction(1, 10**20), "≈1e-20"),
        (Fraction(12345678901, 10**10), "1.2345678901"),
        (Fraction(12345678901234567, 10**16), "≈1.23457"),
    ],
)
def test_amounts(usd: Fraction | None, text: str) -> None:
    assert amount(usd) == text


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (None, ""),
        (Fraction(0), "0"),
        (Fraction(5, 3), "1.67"),
        (Fraction(1, 2), "0.5"),
        (Fraction(2), "2"),
        (Fraction(10**6), "1,000,000"),
        (Fraction(8000), "8,000"),
        (Fraction(16_667, 2), "8,334"),
        (Fraction(1, 10**6), "0.000001"),
        (Fraction(1, 300), "0.00333"),
        (Fraction(1, 10**12), "1.00e-12"),
        (Fraction(10**20), "1.00e+20"),
    ],
)
def test_factors(factor: Fraction | None, text: str) -> None:
    assert factor_text(factor) == text


def test_a_missing_tier_without_a_factor_is_no_claim_about_xai() -> None:
    row = Row(
        verdict=Verdict.MISMATCH,
        name="a",
        field=Field.THRESHOLD,
        quote=Quote("…_above_…_tokens"),
        ticks=200_000,
        cause=Cause.LONG_MISSING,
    )

    assert effect(row) == (
        "The file lacks the tier: prompts from 200,000 tokens on are counted at its "
        "prices of short ones."
    )


def row(field: Field, cause: Cause, factor: Fraction | None, usd: int = 1) -> Row:
    quote = Quote("x", "1", Fraction(usd))
    return Row(
        verdict=Verdict.MISMATCH,
        name="a",
        field=field,
        quote=quote,
        cause=cause,
        factor=factor,
        ticks=200_000,
    )


@pytest.mark.parametrize(
    ("field", "cause", "factor", "words"),
    [
        (Field.INPUT, Cause.UNIT, Fraction(10**6), "come out 1,000,000 x too high."),
        (Field.CACHED, Cause.STALE, Fraction(5, 3), "input come out 66.7 % too high."),
        (Field.OUTPUT, Cause.BATCH, Fraction(4, 5), "output come out 20 % too low."),
        (Field.LONG_INPUT, Cause.UNKNOWN, Fraction(1, 4), "come out 4 x too low."),
        (Field.INPUT, Cause.ROUNDED, Fraction(10001, 10000), "less than 0.1 % too"),
        (Field.INPUT, Cause.ZERO, Fraction(0), "Costs of input come out as 0."),
        (Field.INPUT, Cause.MISSING, None, "count nothing for them."),
        (Field.CACHED, Cause.NO_CACHED, None, "the full input price, or nothing."),
        (Field.CACHED, Cause.UNKNOWN, None, "are counted where xAI counts nothing."),
        (Field.IMAGE, Cause.NOT_A_PRICE, None, "cannot be computed"),
        (Field.THRESHOLD, Cause.LONG_MISSING, Fraction(1, 2),
         "Costs of long prompts come out 2 x too low."),
    ],
)  # fmt: skip
def test_effects(
    field: Field, cause: Cause, factor: Fraction | None, words: str
) -> None:
    assert words in effect(row(field, cause, factor))


def test_another_threshold_says_both() -> None:
    assert effect(row(Field.THRESHOLD, Cause.THRESHOLD, Fraction(1), 128_000)) == (
        "Prompts from 128,000 tokens on count as long; at xAI those from 200,000."
    )


def test_a_row_about_a_model_has_no_effect() -> None:
    assert effect(Row(verdict=Verdict.MISSING, name="a")) == ""

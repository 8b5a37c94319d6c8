"""Dollars as a file holds them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.lib.ticks import MAX_TICKS, usd, usd_text


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (None, None),
        (0, "0.00"),
        (1, "0.0000000001"),
        (10**10, "1.00"),
        (4_121_500, "0.00041215"),
        (123_456 * 10**10 + 5 * 10**9, "123456.50"),
        (MAX_TICKS, "922337203.6854775807"),
    ],
)
def test_dollars_are_exact_and_have_no_exponent(
    ticks: int | None, text: str | None
) -> None:
    assert usd_text(ticks) == text


@given(st.integers(0, MAX_TICKS))
def test_nothing_is_rounded(ticks: int) -> None:
    assert Decimal(usd_text(ticks) or "") == usd(ticks)

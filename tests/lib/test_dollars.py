"""Amounts in dollars, as pages write them."""

from __future__ import annotations

import pytest

from console.lib import dollars
from console.lib.templatetags import gatehouse


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        pytest.param(None, "unknown", id="unknown is no number"),
        pytest.param(0, "$0.00", id="zero"),
        pytest.param(1, "<$0.000001", id="never rounded to nothing"),
        pytest.param(10_000, "$0.000001", id="six decimals"),
        pytest.param(1_234_567, "$0.000123", id="small"),
        pytest.param(9_999_999_999, "$1.000000", id="just below a dollar"),
        pytest.param(10_000_000_000, "$1.00", id="a dollar"),
        pytest.param(25_571_700_000_000, "$2,557.17", id="large"),
    ],
)
def test_usd(ticks: int | None, text: str) -> None:
    assert dollars.usd(ticks) == text


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, "$0.00"), (1, "<$0.000001"), (10**8 - 1, "$0.010000"),
        (10**8, "$0.01"), (7_247_980_000, "$0.72"), (25_571_700_000_000, "$2,557.17"),
    ],
)  # fmt: skip
def test_sums_are_in_cents_unless_that_would_be_nothing(ticks: int, text: str) -> None:
    assert dollars.usd_sum(ticks) == text


@pytest.mark.parametrize(
    ("ticks", "left", "fits"),
    [
        pytest.param(0, "$0.00", "$0.00", id="nothing"),
        pytest.param(1, "<$0.000001", "<$0.000001", id="one tick"),
        pytest.param(19_999, "$0.000001", "$0.000001", id="six decimals"),
        pytest.param(10**8 - 1, "$0.009999", "$0.009999", id="just below a cent"),
        pytest.param(7_299_999_999, "$0.72", "$0.729999", id="just below a dollar"),
        pytest.param(31_195_080_000, "$3.11", "$3.11", id="dollars"),
    ],
)
def test_what_is_left_is_never_rounded_up(ticks: int, left: str, fits: str) -> None:
    assert dollars.usd_left(ticks) == left
    assert dollars.usd_fits(ticks) == fits
    assert gatehouse.left(ticks).endswith(f'">{left.replace("<", "&lt;")}</span>')


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        pytest.param(0, "$0.00", id="nothing"),
        pytest.param(1, "$0.0000000001", id="one tick"),
        pytest.param(1_250_000_000, "$0.125", id="not rounded"),
        pytest.param(50_000_000_000, "$5.00", id="dollars"),
        pytest.param(12_345_678_900_000_000, "$1,234,567.89", id="thousands"),
    ],
)
def test_what_was_entered_is_written_as_it_was(ticks: int, text: str) -> None:
    assert dollars.usd_given(ticks) == text


def test_a_sum_has_its_whole_ticks_in_a_title() -> None:
    shown = gatehouse.summed(12_345_678_901)

    assert shown == '<span title="12,345,678,901 ticks">$1.23</span>'


@pytest.mark.parametrize(
    ("ticks", "of_one", "of_several"),
    [
        pytest.param(0, "$0.00", "$0.00", id="the same"),
        pytest.param(1_234_560_000, "+$0.123456", "+$0.12", id="more"),
        pytest.param(-1_234_560_000, "−$0.123456", "−$0.12", id="less"),
    ],
)
def test_a_difference_has_its_sign(ticks: int, of_one: str, of_several: str) -> None:
    assert dollars.signed_usd(ticks) == of_one
    assert dollars.signed_usd_sum(ticks) == of_several


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, "$0"),
        (20_000_000_000, "$2"),
        (5_000_000_000, "$0.50"),
        (25_000_000, "$0.0025"),
    ],
)
def test_beside_an_axis_there_are_no_spare_zeros(ticks: int, text: str) -> None:
    assert dollars.usd_round(ticks) == text

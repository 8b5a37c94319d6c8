"""Which prices can be meant as they are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.catalog.costs import Prices
from console.catalog.plausibility import JUDGED, odd_fields

KNOWN = {
    "prompt_text_token_price": 12_500,
    "cached_prompt_text_token_price": 2_000,
    "prompt_image_token_price": 12_500,
    "completion_text_token_price": 25_000,
    "prompt_text_token_price_long_context": 25_000,
    "cached_prompt_text_token_price_long_context": 4_000,
    "completion_text_token_price_long_context": 50_000,
    "long_context_threshold": 200_000,
}
NO_TIER = {
    "prompt_text_token_price_long_context": 0,
    "cached_prompt_text_token_price_long_context": 0,
    "completion_text_token_price_long_context": 0,
    "long_context_threshold": 0,
}


def odd(before: dict[str, int | None], after: dict[str, int | None]) -> list[str]:
    return odd_fields(Prices(**{**KNOWN, **before}), Prices(**{**KNOWN, **after}))


@pytest.mark.parametrize(
    ("before", "after", "is_odd"),
    [
        pytest.param(25_000, 25_000, False, id="same"),
        pytest.param(25_000, 250_000, False, id="ten times is a step"),
        pytest.param(25_000, 250_001, True, id="more than ten times"),
        pytest.param(25_000, 2_500, False, id="a tenth"),
        pytest.param(25_000, 2_499, True, id="less than a tenth"),
        pytest.param(25_000, 0, True, id="to zero"),
        pytest.param(0, 1, True, id="from zero"),
        pytest.param(0, 0, False, id="zero as ever"),
        pytest.param(25_000, -1, True, id="negative"),
        pytest.param(-5, -5, True, id="negative as ever"),
        pytest.param(-5, 25_000, True, id="from negative"),
        pytest.param(None, 25_000, False, id="told for the first time"),
        pytest.param(25_000, None, False, id="not told"),
    ],
)
def test_a_step_of_one_price(
    before: int | None, after: int | None, is_odd: bool
) -> None:
    field = "prompt_image_token_price"

    assert odd({field: before}, {field: after}) == ([field] if is_odd else [])


def test_a_new_long_context_tier_is_no_step_from_zero() -> None:
    assert odd({**NO_TIER}, {}) == []
    assert odd({}, {**NO_TIER}) == []


def test_a_long_price_is_measured_against_what_held_before() -> None:
    field = "completion_text_token_price_long_context"

    assert odd({field: 0}, {field: 250_000}) == []  # the standard one is 25,000
    assert odd({field: 0}, {field: 250_001}) == [field]


def test_a_threshold_that_jumps_is_odd() -> None:
    field = "long_context_threshold"

    assert odd({}, {field: 2}) == [field]
    assert odd({}, {field: 256_000}) == []
    assert odd({}, {field: -1}) == [field]


def test_of_first_prices_only_negative_ones_are_odd() -> None:
    first = Prices(**{**KNOWN, "completion_text_token_price": -1})

    assert odd_fields(None, first) == ["completion_text_token_price"]
    assert odd_fields(None, Prices(prompt_text_token_price=0)) == []


prices = st.builds(
    Prices, **{field: st.none() | st.integers(0, 10**9) for field in KNOWN}
)


@given(prices, prices)
def test_a_step_is_as_odd_backwards(one: Prices, other: Prices) -> None:
    assert odd_fields(one, other) == odd_fields(other, one)


def test_every_price_of_a_token_is_judged() -> None:
    assert {*JUDGED, "long_context_threshold"} == set(KNOWN)

"""Corrected files: only prices differ, and no mismatch is left."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.catalog.costs import Prices
from console.finance.referee.correct import Correction, correct
from console.finance.referee.formats import read
from console.finance.referee.verdicts import Model, Told
from tests.finance.referee.feeds import (
    LITELLM,
    MODELS_DEV,
    XAI,
    litellm,
    model,
    models_dev,
    prices,
    standard,
    wrong,
)

FLAT = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}


def corrected(text: str, *models: Model) -> Any:
    """Return the corrected file, its numbers as decimals."""
    return json.loads(made(text, *models).text, parse_float=Decimal)


def made(text: str, *models: Model) -> Correction:
    return correct(read(text), models or XAI)


def test_the_golden_file_of_litellm_is_corrected() -> None:
    before = json.loads(LITELLM, parse_float=Decimal)

    after = corrected(LITELLM)

    assert list(after) == [
        "xai/grok-4.3", "xai/grok-4.3-latest", "xai/grok-4.5",
        "xai/grok-code-fast-1", "xai/grok-build-0.1",
    ]  # fmt: skip
    assert after["xai/grok-4.3"] == before["xai/grok-4.3"]
    assert after["xai/grok-4.5"] == before["xai/grok-4.5"] | {
        "cache_read_input_token_cost": Decimal("0.0000003"),
        "cache_read_input_token_cost_above_200k_tokens": Decimal("0.0000006"),
    }
    assert after["xai/grok-build-0.1"]["max_input_tokens"] == 1_000_000
    assert wrong(made(LITELLM).text) == []


def test_entries_left_out_are_named_with_the_reason() -> None:
    doubted = model("odd", told=(Told(prices=prices(), teams=("a",), sound=False),))
    untold = model("untold", standard(None, None, None))
    known = [model("a"), model("gone", told=()), doubted, untold]

    found = made(litellm(a=FLAT, gone=FLAT, odd=FLAT, untold=FLAT), *known)

    assert found.left == (
        ("xai/gone", "xAI does not list it"),
        ("xai/odd", "xAI's price is odd and not confirmed"),
        ("xai/untold", "xAI has not told its prices of input and output"),
    )
    assert (found.entries, found.left_out) == (1, 3)


def test_the_golden_file_of_models_dev_is_corrected() -> None:
    before = json.loads(MODELS_DEV, parse_float=Decimal)["xai"]

    after = corrected(MODELS_DEV)["xai"]

    assert after["npm"] == before["npm"]
    assert after["models"]["grok-4.3"] == before["models"]["grok-4.3"]
    assert after["models"]["grok-4.5"]["experimental"]["modes"]["fast"]
    assert after["models"]["grok-4.5"]["cost"] == {
        "input": 2,
        "output": 6,
        "cache_read": Decimal("0.3"),
        "tiers": [
            {
                "input": 4,
                "cache_read": Decimal("0.6"),
                "output": 12,
                "tier": {"type": "context", "size": 200_000},
            }
        ],
    }
    assert wrong(made(MODELS_DEV).text) == []


def test_numbers_are_written_exactly_and_right_ones_as_they_were() -> None:
    text = made(litellm(a=FLAT), model("a", standard(12_500, 750, 20_000))).text

    assert '"input_cost_per_token": 0.00000125,' in text
    assert '"cache_read_input_token_cost": 0.000000075' in text
    assert '"output_cost_per_token": 2e-06' in text


def test_the_counts_say_what_was_done() -> None:
    correction = made(LITELLM)

    assert (correction.entries, correction.added, correction.left_out) == (5, 1, 1)
    assert made(MODELS_DEV).added == 0


def test_an_unknown_price_is_left_out_and_never_0() -> None:
    entry = FLAT | {
        "cache_read_input_token_cost": 1e-7,
        "input_cost_per_token_above_200k_tokens": 1e-5,
    }
    known = model(
        "a", prices(cached_prompt_text_token_price=None, long_context_threshold=None)
    )

    after = corrected(litellm(a=entry), known)["xai/a"]

    assert set(after) == {"input_cost_per_token", "output_cost_per_token"}


@pytest.mark.parametrize(
    "known",
    [
        model("a", standard(None, 2_000, 25_000)),
        model("a", standard(12_500, 2_000, None)),
        model("a", told=(Told(prices=prices(), teams=("x",), sound=False),)),
        model("a", told=()),
    ],
    ids=["no input", "no output", "odd", "retired"],
)
def test_an_entry_that_is_not_certain_is_left_out(known: Model) -> None:
    for text in (litellm(a=FLAT), models_dev(a={"input": 1, "output": 2})):
        correction = made(text, known)

        assert (correction.entries, correction.left_out) == (0, 1)


def test_tiers_that_xai_does_not_have_are_taken_out() -> None:
    flat = model("a", standard(12_500, 2_000, 25_000))
    entry = FLAT | {
        "input_cost_per_token_above_128k_tokens": 2e-6,
        "input_cost_per_token_above_200k_tokens_priority": 3e-6,
    }

    after = corrected(litellm(a=entry), flat)["xai/a"]
    other = corrected(models_dev(a={"tiers": [{}], "context_over_200k": {}}), flat)

    assert "input_cost_per_token_above_128k_tokens" not in after
    assert "input_cost_per_token_above_200k_tokens_priority" in after
    assert set(other["xai"]["models"]["a"]["cost"]) == {"input", "output", "cache_read"}


def test_a_threshold_is_written_as_it_is() -> None:
    known = model("a", prices(long_context_threshold=131_072))
    text = litellm(a=FLAT | {"input_cost_per_token_above_128k_tokens": 2.5e-6})

    after = corrected(text, known)["xai/a"]

    assert after["input_cost_per_token_above_131072_tokens"] == Decimal("0.0000025")
    assert "input_cost_per_token_above_128k_tokens" not in after


def test_the_older_tier_alone_stays_alone_at_200k() -> None:
    cost = {"input": 1.25, "output": 1, "context_over_200k": {"cache_write": 7}}

    after = corrected(models_dev(a=cost), model("a"))["xai"]["models"]["a"]["cost"]
    low = model("a", prices(long_context_threshold=128_000))
    other = corrected(models_dev(a=cost), low)["xai"]["models"]["a"]["cost"]

    assert after["context_over_200k"]["cache_write"] == 7
    assert "tiers" not in after
    assert other["tiers"][0]["tier"]["size"] == 128_000
    assert "context_over_200k" not in other


def test_an_entry_gets_the_prices_it_has_most_of() -> None:
    known = model("a", standard(12_500, None, 25_000), standard(10_000, None, 90_000))

    after = corrected(litellm(a=FLAT), known)["xai/a"]

    assert after["input_cost_per_token"] == Decimal("0.000001")
    assert after["output_cost_per_token"] == Decimal("0.000009")


TICKS = st.none() | st.integers(min_value=0, max_value=10**9)
PRICES = st.builds(
    Prices,
    prompt_text_token_price=TICKS,
    cached_prompt_text_token_price=TICKS,
    prompt_image_token_price=TICKS,
    completion_text_token_price=TICKS,
    prompt_text_token_price_long_context=TICKS,
    cached_prompt_text_token_price_long_context=TICKS,
    completion_text_token_price_long_context=TICKS,
    long_context_threshold=st.sampled_from([None, 0, 128_000, 131_072, 200_000, 10**6]),
)
MODELS = st.lists(PRICES, min_size=1, max_size=3).map(lambda told: model("a", *told))
VALUES = (
    st.none()
    | st.floats(min_value=0, max_value=1e9, allow_nan=False)
    | st.integers()
    | st.sampled_from(["1", True, [], {}])
)
PLACES = ["", *(f"_above_{n}_tokens" for n in ("128k", "200k", "200000", "131072"))]
LITELLM_NAMES = [
    "mode",
    "output_cost_per_reasoning_token",
    "input_cost_per_image_token",
    *(f"input_cost_per_token{place}" for place in PLACES),
    *(f"output_cost_per_token{place}" for place in PLACES),
    *(f"cache_read_input_token_cost{place}" for place in PLACES),
]
COSTS = st.dictionaries(
    st.sampled_from(["input", "output", "cache_read", "reasoning", "cache_write"]),
    VALUES,
)
TIERS = st.lists(
    st.builds(
        lambda cost, size: {**cost, "tier": {"type": "context", "size": size}},
        COSTS,
        st.sampled_from([0, 128_000, 200_000, "x", None]),
    ),
    max_size=3,
)


@given(st.dictionaries(st.sampled_from(LITELLM_NAMES), VALUES), MODELS)
def test_a_corrected_file_of_litellm_has_no_mismatch(
    entry: dict[str, Any], known: Model
) -> None:
    text = litellm(a={**entry, "mode": "chat"})

    correction = made(text, known)

    if correction.entries:
        assert wrong(correction.text, known) == []
        assert made(correction.text, known).text == correction.text


@given(COSTS, TIERS | st.none() | VALUES, COSTS | st.none() | VALUES, MODELS)
def test_a_corrected_file_of_models_dev_has_no_mismatch(
    cost: dict[str, Any], tiers: Any, legacy: Any, known: Model
) -> None:
    text = models_dev(a={**cost, "tiers": tiers, "context_over_200k": legacy})

    after = made(text, known).text

    assert wrong(after, known) == []
    assert made(after, known).text == after

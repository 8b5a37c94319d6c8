from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import xai
from console.catalog.costs import Prices, ceiling_ticks, cost_ticks, tier_for
from console.catalog.models import PriceVersion

GROK_43 = Prices(
    prompt_text_token_price=12500,
    cached_prompt_text_token_price=2000,
    prompt_image_token_price=12500,
    completion_text_token_price=25000,
    prompt_text_token_price_long_context=25000,
    cached_prompt_text_token_price_long_context=4000,
    completion_text_token_price_long_context=50000,
    long_context_threshold=200_000,
)
GROK_3_MINI = Prices(
    prompt_text_token_price=3000,
    cached_prompt_text_token_price=750,
    prompt_image_token_price=0,
    completion_text_token_price=5000,
    long_context_threshold=0,
)
SEED = Prices(
    prompt_text_token_price=20000,
    prompt_image_token_price=0,
    completion_text_token_price=100000,
)


def chat(
    prompt: int, completion: int, *, cached: int = 0, reasoning: int = 0, image: int = 0
) -> xai.Usage:
    return xai.Usage.from_chat(
        {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion + reasoning,
            "prompt_tokens_details": {
                "text_tokens": prompt - image,
                "image_tokens": image,
                "cached_tokens": cached,
            },
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }
    )


@pytest.mark.parametrize(
    ("prices", "usage", "ticks"),
    [
        pytest.param(
            GROK_43, chat(197, 1, cached=192, reasoning=146), 4_121_500, id="grok-4.3"
        ),
        pytest.param(
            GROK_3_MINI,
            chat(291, 26, cached=290, reasoning=196),
            1_330_500,
            id="grok-3-mini",
        ),
        pytest.param(
            GROK_43,
            chat(210, 5, cached=192, reasoning=120),
            3_734_000,
            id="the answer in the API document",
        ),
        pytest.param(
            GROK_43, chat(9212, 3417, cached=3072), 168_319_000, id="with searches"
        ),
        pytest.param(
            GROK_43, chat(9141, 1223, cached=3072), 112_581_500, id="the same kind"
        ),
        pytest.param(
            GROK_43,
            chat(199_999, 10),
            199_999 * 12500 + 10 * 25000,
            id="just below the long context",
        ),
        pytest.param(
            GROK_43,
            chat(200_000, 10, cached=50_000, reasoning=5),
            150_000 * 25000 + 50_000 * 4000 + 15 * 50000,
            id="at the threshold all tokens are dearer",
        ),
        pytest.param(
            GROK_43,
            chat(1000, 10, image=256),
            744 * 12500 + 256 * 12500 + 10 * 25000,
            id="an image",
        ),
        pytest.param(SEED, chat(41, 104), 41 * 20000 + 104 * 100000, id="seed"),
        pytest.param(GROK_43, chat(0, 0), 0, id="nothing used is known to be free"),
    ],
)
def test_golden_cases_to_the_tick(prices: Prices, usage: xai.Usage, ticks: int) -> None:
    assert cost_ticks(prices, usage) == ticks


def test_messages_count_input_without_the_cache() -> None:
    usage = xai.Usage.from_messages(
        {"input_tokens": 18, "cache_read_input_tokens": 192, "output_tokens": 125}
    )

    assert cost_ticks(GROK_43, usage, messages=True) == 3_734_000


def test_messages_leave_out_what_is_zero() -> None:
    usage = xai.Usage.from_messages({"input_tokens": 10, "output_tokens": 2})

    assert cost_ticks(GROK_43, usage, messages=True) == 10 * 12500 + 2 * 25000
    assert cost_ticks(GROK_43, usage) is None


def test_the_long_context_of_messages_counts_cached_tokens() -> None:
    usage = xai.Usage.from_messages(
        {"input_tokens": 1, "cache_read_input_tokens": 199_999, "output_tokens": 0}
    )

    assert cost_ticks(GROK_43, usage, messages=True) == 25000 + 199_999 * 4000


def test_reasoning_that_is_not_told_is_what_the_total_has_more() -> None:
    usage = replace(chat(10, 1328, reasoning=307), reasoning_tokens=None)

    assert cost_ticks(GROK_43, usage) == 10 * 12500 + (1328 + 307) * 25000


def test_a_long_price_of_zero_falls_back_to_the_plain_one() -> None:
    prices = replace(
        GROK_43,
        prompt_text_token_price_long_context=0,
        completion_text_token_price_long_context=None,
    )

    assert cost_ticks(prices, chat(300_000, 1)) == 300_000 * 12500 + 25000


@pytest.mark.parametrize(
    "usage",
    [
        pytest.param(xai.Usage(), id="no usage"),
        pytest.param(replace(chat(5, 5), prompt_tokens=None), id="no prompt"),
        pytest.param(replace(chat(5, 5), completion_tokens=None), id="no completion"),
        pytest.param(replace(chat(5, 5), cached_tokens=None), id="no cached count"),
        pytest.param(
            replace(chat(5, 5), reasoning_tokens=None, total_tokens=None),
            id="no reasoning and no total",
        ),
    ],
)
def test_an_unknown_count_makes_an_unknown_cost(usage: xai.Usage) -> None:
    assert cost_ticks(GROK_43, usage) is None


@pytest.mark.parametrize(
    ("price", "usage"),
    [
        ("prompt_text_token_price", chat(5, 5)),
        ("cached_prompt_text_token_price", chat(5, 5, cached=1)),
        ("prompt_image_token_price", chat(5, 5, image=1)),
        ("completion_text_token_price", chat(5, 5)),
    ],
)
def test_an_unknown_price_that_is_needed_makes_an_unknown_cost(
    price: str, usage: xai.Usage
) -> None:
    assert cost_ticks(replace(GROK_43, **{price: None}), usage) is None


def test_an_unknown_price_that_is_not_needed_does_not_matter() -> None:
    prices = replace(
        GROK_43, cached_prompt_text_token_price=None, prompt_image_token_price=None
    )

    assert cost_ticks(prices, chat(5, 5)) == 5 * 12500 + 5 * 25000


def test_a_cost_that_no_column_holds_is_unknown() -> None:
    assert (
        cost_ticks(replace(GROK_43, prompt_text_token_price=2**62), chat(9, 1)) is None
    )


def test_prices_come_from_a_version_of_the_catalog() -> None:
    version = PriceVersion(
        **{field.name: getattr(GROK_43, field.name) for field in fields(GROK_43)}
    )

    assert Prices.of(version) == GROK_43


def test_rates_say_what_applies() -> None:
    assert tier_for(GROK_43, prompt_tokens=199_999).text == 12500
    assert tier_for(GROK_43, prompt_tokens=200_000).completion == 50000


def test_the_ceiling_takes_the_dearest_price_that_may_apply() -> None:
    assert ceiling_ticks(GROK_43, prompt_tokens=100, completion_tokens=10) == (
        100 * 12500 + 10 * 25000
    )
    assert ceiling_ticks(GROK_43, prompt_tokens=200_000, completion_tokens=10) == (
        200_000 * 25000 + 10 * 50000
    )
    unknown = replace(GROK_43, completion_text_token_price=None)
    unknown = replace(unknown, completion_text_token_price_long_context=None)
    assert ceiling_ticks(unknown, prompt_tokens=1, completion_tokens=1) is None


def test_the_ceiling_holds_where_long_prompts_are_cheaper() -> None:
    """A prompt of at most so many tokens may stay below the threshold."""
    odd = replace(
        GROK_43,
        prompt_text_token_price_long_context=1,
        completion_text_token_price_long_context=1,
    )

    ceiling = ceiling_ticks(odd, prompt_tokens=200_000, completion_tokens=10)

    assert ceiling == 200_000 * 12500 + 10 * 25000


counts = st.integers(0, 2_000_000)


@given(prompt=counts, completion=counts, reasoning=counts, data=st.data())
def test_no_call_costs_more_than_its_ceiling(
    prompt: int, completion: int, reasoning: int, data: st.DataObject
) -> None:
    cached = data.draw(st.integers(0, prompt))
    image = data.draw(st.integers(0, prompt - cached))
    usage = chat(prompt, completion, cached=cached, reasoning=reasoning, image=image)

    cost = cost_ticks(GROK_43, usage)
    ceiling = ceiling_ticks(
        GROK_43,
        prompt_tokens=data.draw(st.integers(prompt, 3_000_000)),
        completion_tokens=completion + reasoning,
    )

    assert cost is not None
    assert ceiling is not None
    assert 0 <= cost <= ceiling

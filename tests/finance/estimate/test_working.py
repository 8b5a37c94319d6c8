"""Ticks of one request: golden cases, and properties of every one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from console.catalog.costs import Prices, cost_ticks
from console.finance.estimate.working import (
    Request,
    TierKind,
    exact_dollars,
    times,
    working_of,
)
from console.lib.ticks import MAX_TICKS

GROK_4_3 = Prices(
    prompt_text_token_price=12_500,
    cached_prompt_text_token_price=2_000,
    prompt_image_token_price=12_500,
    completion_text_token_price=25_000,
    prompt_text_token_price_long_context=25_000,
    cached_prompt_text_token_price_long_context=4_000,
    completion_text_token_price_long_context=50_000,
    long_context_threshold=200_000,
)
GROK_3_MINI = Prices(
    prompt_text_token_price=3_000,
    cached_prompt_text_token_price=750,
    prompt_image_token_price=3_000,
    completion_text_token_price=5_000,
    long_context_threshold=0,
)


def usd_prices(*usd: int) -> Prices:
    """Return prices of the table in hundredths of a dollar per million tokens."""
    text, cached, out, *long = (each * 100 for each in usd)
    names = ("prompt_text", "cached_prompt_text", "completion_text")
    longs = {
        f"{name}_token_price_long_context": price
        for name, price in zip(names, long, strict=True)
    }
    return Prices(
        prompt_text_token_price=text,
        cached_prompt_text_token_price=cached,
        prompt_image_token_price=text,
        completion_text_token_price=out,
        long_context_threshold=200_000,
        **longs,
    )


TABLE = {
    "grok-4.6": usd_prices(200, 50, 600, 400, 100, 1200),
    "grok-4.5": usd_prices(200, 30, 600, 400, 60, 1200),
    "grok-4.3": usd_prices(125, 20, 250, 250, 40, 500),
    "grok-build-0.1": usd_prices(100, 20, 200, 200, 40, 400),
}
# For each: 150,000 and 200,000 prompt tokens, a tenth of them cached, 1,000 out.
EXPECTED = {
    "grok-4.6": (2_835_000_000, 7_520_000_000),
    "grok-4.5": (2_805_000_000, 7_440_000_000),
    "grok-4.3": (1_742_500_000, 4_630_000_000),
    "grok-build-0.1": (1_400_000_000, 3_720_000_000),
}


@pytest.mark.parametrize(
    ("prices", "text", "cached", "output", "reasoning", "ticks"),
    [
        pytest.param(GROK_4_3, 197, 192, 1, 146, 4_121_500, id="grok-4.3"),
        pytest.param(GROK_3_MINI, 291, 290, 26, 196, 1_330_500, id="grok-3-mini"),
        pytest.param(GROK_4_3, 9_212, 3_072, 3_417, 0, 168_319_000, id="responses 1"),
        pytest.param(GROK_4_3, 9_141, 3_072, 1_223, 0, 112_581_500, id="responses 2"),
    ],
)
def test_recorded_answers_come_out_to_the_tick(
    prices: Prices, text: int, cached: int, output: int, reasoning: int, ticks: int
) -> None:
    class Recorded(Request):
        """Its cached tokens were told as a number, not as a share."""

        @property
        def cached(self) -> int:
            return told

    told = cached
    request = Recorded(text=text, output=output, reasoning=reasoning)

    assert working_of(prices, request).ticks == ticks
    assert cost_ticks(prices, request.usage) == ticks


@pytest.mark.parametrize("model", TABLE)
def test_prices_of_late_2026_below_and_at_the_threshold(model: str) -> None:
    below = Request(text=150_000, cached_share=10, output=1_000)
    at = replace(below, text=200_000)

    standard, long = (working_of(TABLE[model], each) for each in (below, at))

    assert (standard.tier, long.tier) == (TierKind.STANDARD, TierKind.LONG)
    assert (standard.ticks, long.ticks) == EXPECTED[model]


def test_the_design_s_job_costs_what_the_design_says() -> None:
    request = Request(text=2_400, cached_share=40, output=180)

    working = working_of(GROK_4_3, request)

    assert working.sum_in_words == (
        "1,440 fresh x 12,500 + 960 cached x 2,000 + 180 output x 25,000 "
        "= 24,420,000 ticks"
    )
    month = times(working.ticks, 200_000)
    assert month == 4_884_000_000_000
    assert exact_dollars(month) == "$488.40"


@pytest.mark.parametrize(
    ("text", "image", "tier", "near", "reason"),
    [
        (179_999, 0, TierKind.STANDARD, False, "179,999 prompt tokens are below"),
        (180_000, 0, TierKind.STANDARD, True, "180,000 prompt tokens are below"),
        (199_999, 0, TierKind.STANDARD, True, "199,999 prompt tokens are below"),
        (200_000, 0, TierKind.LONG, False, "reach the threshold of 200,000"),
        (199_000, 1_000, TierKind.LONG, False, "200,000 prompt tokens reach"),
        (250_000, 0, TierKind.LONG, False, "250,000 prompt tokens reach"),
    ],
)
def test_the_tier_follows_the_prompt_with_its_images(
    text: int, image: int, tier: TierKind, near: bool, reason: str
) -> None:
    working = working_of(GROK_4_3, Request(text=text, image=image))

    assert (working.tier, working.is_near) == (tier, near)
    assert reason in working.tier_reason


@pytest.mark.parametrize(
    ("threshold", "reason"),
    [(0, "no long-context tier"), (None, "not told whether long prompts cost more")],
)
def test_no_tier_and_an_untold_one_differ(threshold: int | None, reason: str) -> None:
    prices = replace(GROK_4_3, long_context_threshold=threshold)

    working = working_of(prices, Request(text=900_000))

    assert (working.tier, working.is_near) == (TierKind.STANDARD, False)
    assert working.ticks == 900_000 * 12_500
    assert reason in working.tier_reason


def test_a_price_that_is_not_told_makes_the_sum_unknown_only_if_it_is_used() -> None:
    prices = replace(GROK_4_3, cached_prompt_text_token_price=None)

    with_cached = working_of(prices, Request(text=100, cached_share=50))
    without = working_of(prices, Request(text=100))

    assert (with_cached.ticks, with_cached.missing) == (None, ("cached",))
    assert (
        with_cached.sum_in_words == "50 fresh x 12,500 + 50 cached x unknown = unknown"
    )
    assert (without.ticks, without.missing) == (1_250_000, ())


def test_a_price_of_0_is_known_and_free() -> None:
    prices = replace(GROK_4_3, prompt_text_token_price=0)

    assert working_of(prices, Request(text=100)).ticks == 0


def test_nothing_costs_nothing() -> None:
    working = working_of(GROK_4_3, Request(text=0))

    assert (working.ticks, working.sum_in_words) == (0, "no tokens = 0 ticks")


def test_what_no_column_holds_is_not_known() -> None:
    assert times(MAX_TICKS, 1) == MAX_TICKS
    assert times(MAX_TICKS, 2) is None
    assert times(None, 2) is None
    dear = replace(GROK_4_3, prompt_text_token_price=MAX_TICKS)
    assert working_of(dear, Request(text=2)).ticks is None


@pytest.mark.parametrize(
    ("ticks", "dollars"),
    [
        (0, "$0.00"),
        (1, "$0.0000000001"),
        (24_420_000, "$0.002442"),
        (15_000_000_000, "$1.50"),
        (4_884_000_000_000, "$488.40"),
        (MAX_TICKS, "$922,337,203.6854775807"),
    ],
)
def test_dollars_are_exact(ticks: int, dollars: str) -> None:
    assert exact_dollars(ticks) == dollars


prices_or_none = st.none() | st.integers(0, 300_000)
any_prices = st.builds(
    Prices,
    prompt_text_token_price=prices_or_none,
    cached_prompt_text_token_price=prices_or_none,
    prompt_image_token_price=prices_or_none,
    completion_text_token_price=prices_or_none,
    prompt_text_token_price_long_context=prices_or_none,
    cached_prompt_text_token_price_long_context=prices_or_none,
    completion_text_token_price_long_context=prices_or_none,
    long_context_threshold=st.none() | st.sampled_from([0, 1, 500, 200_000]),
)
told_price = st.integers(0, 300_000)
told_prices = st.builds(
    Prices,
    prompt_text_token_price=told_price,
    cached_prompt_text_token_price=told_price,
    prompt_image_token_price=told_price,
    completion_text_token_price=told_price,
    prompt_text_token_price_long_context=prices_or_none,
    cached_prompt_text_token_price_long_context=prices_or_none,
    completion_text_token_price_long_context=prices_or_none,
    long_context_threshold=st.none() | st.sampled_from([0, 1, 500, 200_000]),
)
tokens = st.integers(0, 10_000_000)
requests = st.builds(
    Request,
    text=tokens,
    cached_share=st.integers(0, 100),
    image=tokens,
    output=tokens,
    reasoning=tokens,
)


@given(any_prices, requests)
def test_the_total_is_what_a_call_with_that_usage_is_booked_at(
    prices: Prices, request: Request
) -> None:
    assert working_of(prices, request).ticks == cost_ticks(prices, request.usage)


@given(any_prices, requests)
def test_the_total_is_the_sum_of_its_parts(prices: Prices, request: Request) -> None:
    working = working_of(prices, request)
    parts = [term.ticks for term in working.terms]

    known = [part for part in parts if part is not None]
    assert working.ticks == (sum(known) if len(known) == len(parts) else None)
    whole = request.prompt + request.output + request.reasoning
    assert sum(term.tokens for term in working.terms) == whole


@given(told_prices, requests, st.sampled_from(["text", "image", "output", "reasoning"]))
def test_more_tokens_never_cost_less_within_a_tier(
    prices: Prices, request: Request, name: str
) -> None:
    more = replace(request, **{name: getattr(request, name) + 1_000})
    one, other = working_of(prices, request), working_of(prices, more)
    assume(one.tier is other.tier)

    assert one.ticks is not None
    assert other.ticks is not None
    assert one.ticks <= other.ticks


@given(requests, st.integers(0, 100))
def test_fewer_and_more_tokens_enclose_the_request(
    request: Request, percent: int
) -> None:
    less, more = request.less(percent), request.more(percent)

    for name in ("text", "image", "output", "reasoning"):
        assert getattr(less, name) <= getattr(request, name) <= getattr(more, name)
        assert getattr(more, name) * 100 >= getattr(request, name) * (100 + percent)
    assert less.cached_share == more.cached_share == request.cached_share

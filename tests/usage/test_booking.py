"""What a call is booked at."""

from __future__ import annotations

import pytest

from console import xai
from console.catalog.costs import Prices
from console.usage.booking import Ending, cost_of
from console.usage.models import CostSource, Outcome

PRICES = Prices(
    prompt_text_token_price=12500,
    cached_prompt_text_token_price=2000,
    prompt_image_token_price=12500,
    completion_text_token_price=25000,
)
RECORDED = xai.Usage(  # a recorded answer of grok-4.3, whose cost xAI reported
    prompt_tokens=197,
    cached_tokens=192,
    text_tokens=197,
    image_tokens=0,
    completion_tokens=1,
    reasoning_tokens=146,
)
GUESS = xai.Usage(
    prompt_tokens=100,
    cached_tokens=0,
    image_tokens=0,
    completion_tokens=10,
    reasoning_tokens=0,
)


def complete(usage: xai.Usage | None) -> Ending:
    return Ending(outcome=Outcome.COMPLETE, usage=usage)


def test_computes_the_recorded_answer_to_the_tick() -> None:
    cost = cost_of(PRICES, complete(RECORDED))

    assert (cost.source, cost.ticks) == (CostSource.COMPUTED, 4_121_500)
    assert cost.reported_ticks is None


def test_what_xai_reports_wins_and_ours_is_kept_beside_it() -> None:
    reported = RECORDED.updated_by(xai.Usage(cost_ticks=4_000_000))

    cost = cost_of(PRICES, complete(reported))

    assert (cost.source, cost.ticks) == (CostSource.REPORTED, 4_000_000)
    assert (cost.reported_ticks, cost.computed_ticks) == (4_000_000, 4_121_500)


def test_a_reported_zero_is_a_cost() -> None:
    cost = cost_of(PRICES, complete(xai.Usage(cost_ticks=0)))

    assert (cost.source, cost.ticks) == (CostSource.REPORTED, 0)


def test_what_xai_reports_needs_no_price() -> None:
    cost = cost_of(None, complete(xai.Usage(cost_ticks=7)))

    assert (cost.ticks, cost.computed_ticks) == (7, None)


@pytest.mark.parametrize(
    ("prices", "usage"),
    [
        pytest.param(None, RECORDED, id="no price"),
        pytest.param(PRICES, None, id="no usage"),
        pytest.param(PRICES, xai.Usage(prompt_tokens=10), id="half a usage"),
        pytest.param(Prices(), RECORDED, id="a price that was not told"),
    ],
)
def test_too_little_known_is_unknown_and_never_zero(
    prices: Prices | None, usage: xai.Usage | None
) -> None:
    cost = cost_of(prices, complete(usage))

    assert cost.source == CostSource.UNKNOWN
    assert cost.ticks is None


def test_a_cut_answer_is_estimated_from_what_was_seen() -> None:
    cost = cost_of(PRICES, Ending(outcome=Outcome.CUT, guess=GUESS))

    assert cost.source == CostSource.ESTIMATED
    assert cost.ticks == 100 * 12500 + 10 * 25000


def test_an_estimate_is_never_below_what_was_told() -> None:
    ending = Ending(outcome=Outcome.CUT, usage=RECORDED, guess=GUESS)

    cost = cost_of(PRICES, ending)

    assert (cost.source, cost.ticks) == (CostSource.ESTIMATED, 4_121_500)


def test_an_estimate_without_a_price_is_unknown() -> None:
    ending = Ending(outcome=Outcome.CUT, guess=GUESS)

    assert cost_of(None, ending).source == CostSource.UNKNOWN


def test_a_refusal_before_anything_was_generated_is_free() -> None:
    cost = cost_of(None, Ending(outcome=Outcome.REFUSED, free=True))

    assert (cost.source, cost.ticks) == (CostSource.COMPUTED, 0)


def test_a_refusal_that_xai_charges_is_not() -> None:
    charged = xai.Usage(cost_ticks=500_000_000)

    cost = cost_of(None, Ending(outcome=Outcome.REFUSED, free=True, usage=charged))

    assert (cost.source, cost.ticks) == (CostSource.REPORTED, 500_000_000)


def test_messages_tell_no_reasoning_and_no_images() -> None:
    told = xai.Usage(prompt_tokens=210, cached_tokens=192, completion_tokens=31)

    ending = Ending(outcome=Outcome.COMPLETE, usage=told)
    cost = cost_of(PRICES, ending, messages=True)

    assert cost.ticks == 18 * 12500 + 192 * 2000 + 31 * 25000

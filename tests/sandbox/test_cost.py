"""Costs to the tick, against recorded answers of xAI and the published prices."""

import pytest

from console.sandbox import goods
from console.sandbox.models import Model
from console.sandbox.usage import Usage
from tests.sandbox.conftest import Sandbox

MODELS = {model.id: model for model in goods.models()}
MINI = Model(
    id="grok-3-mini",
    created=0,
    prompt_text_token_price=3000,
    cached_prompt_text_token_price=750,
    completion_text_token_price=5000,
)


@pytest.mark.parametrize(
    ("model", "usage", "ticks"),
    [
        (
            MODELS["grok-4.3"],
            Usage(
                text_tokens=197,
                cached_tokens=192,
                completion_tokens=1,
                reasoning_tokens=146,
            ),
            4_121_500,
        ),
        (
            MINI,
            Usage(
                text_tokens=291,
                cached_tokens=290,
                completion_tokens=26,
                reasoning_tokens=196,
            ),
            1_330_500,
        ),
        (
            MODELS["grok-4.3"],
            Usage(text_tokens=9212, cached_tokens=3072, completion_tokens=3417),
            168_319_000,
        ),
        (
            MODELS["grok-4.3"],
            Usage(text_tokens=9141, cached_tokens=3072, completion_tokens=1223),
            112_581_500,
        ),
    ],
    ids=["grok-4.3 recorded", "grok-3-mini recorded", "search one", "search two"],
)
def test_a_recorded_answer_costs_what_was_reported(
    model: Model, usage: Usage, ticks: int
) -> None:
    assert usage.ticks(model) == ticks


@pytest.mark.parametrize(
    ("prompt", "ticks"),
    [(199_999, 199_999 * 12500 + 25000), (200_000, 200_000 * 25000 + 50000)],
    ids=["one below", "at the threshold"],
)
def test_the_long_tier_is_for_all_tokens_from_the_threshold_on(
    prompt: int, ticks: int
) -> None:
    usage = Usage(text_tokens=prompt, completion_tokens=1)

    assert usage.ticks(MODELS["grok-4.3"]) == ticks


def test_cached_and_image_tokens_count_towards_the_threshold() -> None:
    usage = Usage(text_tokens=199_744, image_tokens=256, cached_tokens=199_744)

    assert usage.ticks(MODELS["grok-4.3"]) == 199_744 * 4000 + 256 * 12500


def test_a_long_price_of_zero_means_the_plain_one() -> None:
    model = Model(
        id="x", created=0, prompt_text_token_price=7, long_context_threshold=10
    )

    assert Usage(text_tokens=10).ticks(model) == 70


# USD per million tokens: prompt, cached, completion, and the same from 200k on.
PUBLISHED = {
    "grok-4.7": (2.00, 0.50, 6.00, 4.00, 1.00, 12.00),
    "grok-4.6": (2.00, 0.50, 6.00, 4.00, 1.00, 12.00),
    "grok-4.5": (2.00, 0.30, 6.00, 4.00, 0.60, 12.00),
    "grok-4.3": (1.25, 0.20, 2.50, 2.50, 0.40, 5.00),
    "grok-4.20-0309-reasoning": (1.25, 0.20, 2.50, 2.50, 0.40, 5.00),
    "grok-4.20-0309-non-reasoning": (1.25, 0.20, 2.50, 2.50, 0.40, 5.00),
    "grok-build-0.1": (1.00, 0.20, 2.00, 2.00, 0.40, 4.00),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_list_shows_the_published_prices(sandbox: Sandbox, name: str) -> None:
    entry = sandbox.get(f"/v1/language-models/{name}").json()

    kinds = ("prompt_text", "cached_prompt_text", "completion_text")
    plain = [entry[f"{kind}_token_price"] for kind in kinds]
    long = [entry[f"{kind}_token_price_long_context"] for kind in kinds]
    assert [price / 10_000 for price in plain + long] == list(PUBLISHED[name])
    assert entry["long_context_threshold"] == 200_000


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_answer_costs_its_tokens_times_the_listed_prices(
    sandbox: Sandbox, name: str
) -> None:
    price = sandbox.get(f"/v1/language-models/{name}").json()
    prompt = f"A first sentence, long enough to be cached by {name} the next time."
    sandbox.chat(prompt, model=name)

    usage = sandbox.chat(prompt, model=name).json()["usage"]

    cached = usage["prompt_tokens_details"]["cached_tokens"]
    out = (
        usage["completion_tokens"]
        + usage["completion_tokens_details"]["reasoning_tokens"]
    )
    assert cached > 0
    assert usage["cost_in_usd_ticks"] == (
        (usage["prompt_tokens"] - cached) * price["prompt_text_token_price"]
        + cached * price["cached_prompt_text_token_price"]
        + out * price["completion_text_token_price"]
    )
    assert usage["total_tokens"] == usage["prompt_tokens"] + out


def test_a_long_prompt_is_billed_at_the_long_prices(sandbox: Sandbox) -> None:
    usage = sandbox.chat("a" + " a" * 199_999, max_tokens=1).json()["usage"]

    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    assert usage["prompt_tokens"] == 200_004
    assert usage["cost_in_usd_ticks"] == 200_004 * 25000 + (1 + reasoning) * 50000


def test_a_changed_price_is_charged_at_once(sandbox: Sandbox) -> None:
    sandbox.control.change_model("grok-4.3", completion_text_token_price=0)
    sandbox.control.change_model("grok-4.3", prompt_text_token_price=3)

    usage = sandbox.chat("Hi").json()["usage"]

    assert usage["cost_in_usd_ticks"] == 3 * usage["prompt_tokens"]

"""The working of an amount: each line, their sum, and what xAI says beside it."""

from __future__ import annotations

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from console import xai
from console.catalog.costs import Prices, cost_ticks
from console.catalog.models import PriceVersion
from console.playground.conversations import contents as conversations
from console.usage.booking import Basis, Cost, Ending, cost_of
from console.usage.models import (
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)
from console.usage.proof import exact, proof_of, proof_of_record
from tests.playground.inspect.traces import GROK, TOLD, cost


def test_each_kind_is_tokens_times_price() -> None:
    proof = proof_of(cost())

    assert [(one.kind, one.tokens, one.price, one.ticks) for one in proof.lines] == [
        ("fresh input", 5, 12_500, 62_500),
        ("cached input", 192, 2_000, 384_000),
        ("output", 1, 25_000, 25_000),
        ("reasoning", 146, 25_000, 3_650_000),
    ]
    assert proof.sum == proof.reported == proof.booked == 4_121_500
    assert proof.difference == 0
    assert proof.dollars == "$0.00041215"
    assert proof.why == ""


def test_a_difference_to_xais_amount_is_told() -> None:
    proof = proof_of(cost(ticks=5_000_000, reported_ticks=5_000_000))

    assert proof.difference == 878_500


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"long_context_threshold": None}, "has told of no others"),
        ({"long_context_threshold": 0}, "no long-context tier"),
        ({"long_context_threshold": 198}, "below the threshold of 198"),
        ({"long_context_threshold": 197}, "reach the threshold of 197"),
    ],
)
def test_the_tier_has_its_reason(changes: dict[str, Any], part: str) -> None:
    basis = Basis(prices=replace(GROK, **changes), usage=TOLD, messages=False)

    assert part in proof_of(cost(basis=basis)).tier


@pytest.mark.parametrize(
    ("basis", "part"),
    [
        pytest.param(None, "the price of this model", id="no basis"),
        pytest.param(
            Basis(prices=None, usage=TOLD, messages=False), "the price", id="no price"
        ),
        pytest.param(
            Basis(prices=GROK, usage=None, messages=False), "no tokens", id="no tokens"
        ),
        pytest.param(
            Basis(
                prices=GROK,
                usage=replace(TOLD, cached_tokens=None),
                messages=False,
            ),
            "how many were cached",
            id="no split",
        ),
        pytest.param(
            Basis(
                prices=replace(GROK, cached_prompt_text_token_price=None),
                usage=TOLD,
                messages=False,
            ),
            "price of cached input",
            id="one price",
        ),
    ],
)
def test_what_cannot_be_shown_has_a_reason_and_no_sum(
    basis: Basis | None, part: str
) -> None:
    proof = proof_of(cost(basis=basis))

    assert part in proof.why
    assert proof.sum is None
    assert proof.difference is None


def test_an_unknown_cost_has_no_dollars() -> None:
    proof = proof_of(cost(source=CostSource.UNKNOWN, ticks=None, reported_ticks=None))

    assert proof.dollars == ""


@pytest.mark.parametrize(
    ("dollars", "words"),
    [("0", "$0.00"), ("1.5", "$1.50"), ("1234.00000001", "$1,234.00000001")],
)
def test_dollars_to_the_last_digit(dollars: str, words: str) -> None:
    assert exact(Decimal(dollars)) == words


COUNT = st.integers(0, 500_000)
PRICE = st.none() | st.integers(0, 100_000)


@given(
    st.builds(
        Prices,
        prompt_text_token_price=PRICE,
        cached_prompt_text_token_price=PRICE,
        prompt_image_token_price=PRICE,
        completion_text_token_price=PRICE,
        completion_text_token_price_long_context=PRICE,
        long_context_threshold=st.none() | COUNT,
    ),
    st.builds(
        xai.Usage,
        prompt_tokens=st.none() | COUNT,
        cached_tokens=st.none() | COUNT,
        image_tokens=st.none() | COUNT,
        completion_tokens=st.none() | COUNT,
        reasoning_tokens=st.none() | COUNT,
    ),
    st.booleans(),
)
def test_the_sum_is_what_was_computed(
    prices: Prices, usage: xai.Usage, messages: bool
) -> None:
    """The proof and the booking may never say different things."""
    ending = Ending(outcome=Outcome.COMPLETE, usage=usage)
    booked = cost_of(prices, ending, messages=messages)
    basis = Basis(prices=prices, usage=usage, messages=messages)

    proof = proof_of(replace(booked, basis=basis))

    computed = cost_ticks(prices, usage, messages=messages)
    if proof.lines:
        assert proof.sum == computed
    else:
        assert computed in {None, 0}


@given(
    st.builds(
        Prices,
        prompt_text_token_price=PRICE,
        cached_prompt_text_token_price=PRICE,
        prompt_image_token_price=PRICE,
        completion_text_token_price=PRICE,
    ),
    st.builds(
        xai.Usage,
        prompt_tokens=st.none() | COUNT,
        cached_tokens=st.none() | COUNT,
        text_tokens=st.none() | COUNT,
        image_tokens=st.none() | COUNT,
        completion_tokens=st.none() | COUNT,
        reasoning_tokens=st.none() | COUNT,
        total_tokens=st.none() | COUNT,
        cost_ticks=st.none() | COUNT,
    ),
    st.sampled_from([Endpoint.CHAT, Endpoint.MESSAGES]),
)
def test_of_a_stored_call_the_sum_is_what_was_booked(
    prices: Prices, usage: xai.Usage, endpoint: Endpoint
) -> None:
    ending = Ending(outcome=Outcome.COMPLETE, usage=usage)
    booked = cost_of(prices, ending, messages=endpoint == Endpoint.MESSAGES)

    proof = proof_of_record(record(prices, usage, endpoint, booked))

    assert proof.sum == booked.computed_ticks
    assert (proof.booked, proof.reported) == (booked.ticks, booked.reported_ticks)
    if proof.lines and proof.sum is not None:
        assert sum(line.ticks or 0 for line in proof.lines) == proof.sum
    elif booked.computed_ticks is not None:
        assert proof.why or not booked.computed_ticks


def test_of_an_estimate_the_counts_are_not_kept() -> None:
    guess = Cost(source=CostSource.ESTIMATED, ticks=9, computed_ticks=None)

    proof = proof_of_record(record(GROK, TOLD, Endpoint.CHAT, guess))

    assert (proof.lines, proof.sum, proof.booked) == ((), None, 9)
    assert "not kept" in proof.why


def test_of_a_call_in_flight_nothing_is_known() -> None:
    untold = Cost(source=CostSource.UNKNOWN, ticks=None)
    call = record(GROK, xai.Usage(), Endpoint.CHAT, untold)
    call.source = ""

    proof = proof_of_record(call)

    assert (proof.source, proof.booked, proof.lines) == (CostSource.UNKNOWN, None, ())


def record(
    prices: Prices, usage: xai.Usage, endpoint: Endpoint, booked: Cost
) -> UsageRecord:
    """Return a call as the ledger stores it, unsaved."""
    return UsageRecord(
        endpoint=endpoint,
        price=PriceVersion(**asdict(prices)),
        source=booked.source,
        cost_ticks=booked.ticks,
        reported_ticks=booked.reported_ticks,
        computed_ticks=booked.computed_ticks,
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        image_tokens=usage.image_tokens,
        completion_tokens=usage.completion_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )


@pytest.mark.parametrize("ticks", [120, 0])
def test_what_was_entered_by_hand_is_the_amount_and_said_to_be(ticks: int) -> None:
    call = UsageRecord(
        state=RecordState.SETTLED, source=CostSource.UNKNOWN, adjusted_ticks=ticks
    )

    proof, shown = proof_of_record(call), conversations.cost_of(call, None)

    assert (proof.source, proof.booked) == (CostSource.ADJUSTED, ticks)
    assert proof.why
    assert shown is not None
    assert (shown.source, shown.ticks) == (CostSource.ADJUSTED, ticks)
    text = render_to_string("usage/_proof.html", {"proof": proof})
    assert f"an admin entered {ticks} ticks by hand" in text

"""How each way of ending is booked."""

from __future__ import annotations

import pytest

from console import xai
from console.relay import endings
from console.relay.hearing import Heard
from console.usage.models import Outcome
from console.xai import Cause

BEGUN = {"text": ["abcdefgh"], "pieces": 1, "size": 8, "begun": True}


def heard(**changes: object) -> Heard:
    return Heard(**(BEGUN | changes))  # type: ignore[arg-type]


def test_a_whole_answer_needs_no_guess() -> None:
    usage = xai.Usage(cost_ticks=5)

    ending = endings.whole(heard(usage=usage, model="grok"))

    assert (ending.outcome, ending.usage, ending.guess) == (
        Outcome.COMPLETE,
        usage,
        None,
    )
    assert ending.model_served == "grok"


@pytest.mark.parametrize(
    ("pieces", "size", "tokens"),
    [
        pytest.param(0, 0, 0, id="nothing came: the prompt alone"),
        pytest.param(9, 12, 9, id="a token per piece"),
        pytest.param(1, 41, 11, id="a token per four characters"),
    ],
)
def test_an_answer_we_left_is_guessed(pieces: int, size: int, tokens: int) -> None:
    ending = endings.broken_off(
        heard(pieces=pieces, size=size), outcome=Outcome.STOPPED, prompt_tokens=50
    )

    assert ending.guess
    assert ending.guess.prompt_tokens == 50
    assert ending.guess.completion_tokens == tokens
    assert ending.guess.cached_tokens == ending.guess.reasoning_tokens == 0


def test_what_was_told_of_a_cut_answer_is_used() -> None:
    told = xai.Usage(prompt_tokens=210, cached_tokens=192)

    ending = endings.broken_off(
        heard(usage=told), outcome=Outcome.LEFT, prompt_tokens=50
    )

    assert ending.guess
    assert (ending.guess.prompt_tokens, ending.guess.cached_tokens) == (210, 192)


@pytest.mark.parametrize(
    ("error", "outcome", "free"),
    [
        pytest.param(xai.KeyRejected(Cause.KEY_BLOCKED), Outcome.REFUSED, True),
        pytest.param(xai.NotPermitted(Cause.ACL_MODEL), Outcome.REFUSED, True),
        pytest.param(xai.NotPermitted(Cause.POLICY), Outcome.REFUSED, False),
        pytest.param(xai.OutOfCredit(Cause.NO_CREDIT), Outcome.REFUSED, True),
        pytest.param(xai.RequestRefused(Cause.BAD_REQUEST), Outcome.REFUSED, True),
        pytest.param(xai.RateLimited(Cause.RATE_LIMIT), Outcome.REFUSED, True),
        pytest.param(xai.UpstreamDown(Cause.SERVER_ERROR), Outcome.CUT, False),
        pytest.param(xai.BadAnswer(Cause.MALFORMED), Outcome.CUT, False),
        pytest.param(xai.Unreachable(Cause.TIMEOUT), Outcome.CUT, False),
        pytest.param(xai.StreamCut(Cause.CUT), Outcome.CUT, False),
    ],
)
def test_an_error_before_the_first_event(
    error: xai.XaiError, outcome: Outcome, free: bool
) -> None:
    ending = endings.failed(error, Heard(), prompt_tokens=50)

    assert (ending.outcome, ending.free) == (outcome, free)
    assert (ending.guess, ending.sent) == (None, True)
    assert ending.problem == error.cause


def test_a_call_that_never_left_is_not_booked() -> None:
    error = xai.Unreachable(Cause.CONNECT, sent=False)

    assert endings.failed(error, Heard(), prompt_tokens=50).sent is False


def test_a_refusal_in_the_middle_of_an_answer_is_a_cut() -> None:
    error = xai.RateLimited(Cause.RATE_LIMIT)

    ending = endings.failed(error, heard(), prompt_tokens=50)

    assert (ending.outcome, ending.free) == (Outcome.CUT, False)
    assert ending.guess


def test_the_usage_in_an_error_counts() -> None:
    charged = xai.Usage(cost_ticks=500_000_000)
    error = xai.RequestRefused(Cause.BAD_REQUEST, usage=charged)

    assert endings.failed(error, Heard(), prompt_tokens=1).usage == charged

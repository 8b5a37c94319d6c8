"""Every way to fail has words."""

from __future__ import annotations

import pytest

from console import xai
from console.relay.sentences import SENTENCES, problem_of
from console.xai import Cause


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_says_what_happened_and_what_to_do(cause: Cause) -> None:
    sentence, advice = SENTENCES[cause]

    assert sentence.endswith(".")
    assert advice.endswith(".")
    assert problem_of(xai.XaiError(cause)).cause == cause


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "Wait 1 s,"), (7.0, "Wait 7 s,"), (119.0, "119 s"), (900.0, "15 min")],
)
def test_a_pause_that_xai_asks_for_is_said(seconds: float, words: str) -> None:
    error = xai.RateLimited(Cause.RATE_LIMIT, status=429, retry_after=seconds)

    assert words in problem_of(error).advice


def test_xais_words_and_the_request_are_kept_for_support() -> None:
    error = xai.NotPermitted(
        Cause.FORBIDDEN, status=403, upstream_text="No.", request_id="r-9"
    )

    problem = problem_of(error)

    assert (problem.upstream_text, problem.request_id) == ("No.", "r-9")
    assert problem.status == 403


def test_ids_in_xais_words_are_left_out() -> None:
    words = "Too many requests for team 86F22a36-67a9-4a4b-af1b-089e8a9e8247."
    error = xai.RateLimited(Cause.RATE_LIMIT, status=429, upstream_text=words)

    problem = problem_of(error)

    assert problem.upstream_text == "Too many requests for team [id]."

"""The bar of times, and the pace."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playground.inspect.waterfall import (
    parts_of,
    seconds_in_words,
    tokens_per_second,
)
from tests.playground.inspect.traces import trace


def test_connect_wait_stream() -> None:
    parts = parts_of(trace())

    assert [(part.words, part.x, part.width) for part in parts] == [
        ("connect 0.10 s", "0.00%", "4.60%"),
        ("wait 0.40 s", "5.00%", "19.60%"),
        ("stream 1.50 s", "25.00%", "74.60%"),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"connected": None}, ["wait 0.50 s", "stream 1.50 s"], id="untold"
        ),
        pytest.param(
            {"first_token": None, "last_event": None},
            ["connect 0.10 s", "wait 2.00 s"],
            id="no answer",
        ),
        pytest.param(
            {"first_token": None}, ["connect 0.10 s", "wait 1.90 s"], id="no token"
        ),
        pytest.param(
            {"connected": None, "first_token": None, "last_event": None, "ended": 0.0},
            ["wait <1 ms"],
            id="nothing",
        ),
    ],
)
def test_what_was_not_measured_is_no_part(
    changes: dict[str, Any], words: list[str]
) -> None:
    assert [part.words for part in parts_of(trace(**changes))] == words


@given(st.lists(st.floats(0, 700), min_size=4, max_size=4))
def test_every_part_lies_inside_the_drawing(moments: list[float]) -> None:
    connected, first, last, end = sorted(moments)

    for part in parts_of(
        trace(connected=connected, first_token=first, last_event=last, ended=end)
    ):
        x, width = float(part.x[:-1]), float(part.width[:-1])
        assert x >= 0
        assert width > 0
        assert x + width <= 100.01


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "not measured"),
        (0.0004, "<1 ms"),
        (0.007, "7 ms"),
        (0.414, "0.41 s"),
        (12.34, "12.3 s"),
    ],
)
def test_times_in_words(seconds: float | None, words: str) -> None:
    assert seconds_in_words(seconds) == words


@pytest.mark.parametrize(
    ("first", "last", "tokens", "pace"),
    [
        (0.5, 2.0, 75, 50.0),
        (0.5, 2.0, None, None),
        (0.5, 2.0, 0, None),
        (None, 2.0, 75, None),
        (0.5, None, 75, None),
        (0.5, 0.5, 75, None),
    ],
    ids=["usual", "unknown", "none", "no token", "in one piece", "at once"],
)
def test_the_pace(
    first: float | None, last: float | None, tokens: int | None, pace: float | None
) -> None:
    assert tokens_per_second(tokens, first=first, last=last) == pace

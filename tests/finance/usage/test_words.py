"""Shares, differences, drivers and sources in words; none of them rounds away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.finance.usage.certainty import certainty
from console.finance.usage.drivers import drivers, why
from console.finance.usage.words import Delta, delta, percent, source_of
from console.usage.report import Part, Sums


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 10, "0%"), (1, 1000, "<1%"), (1, 100, "1%"), (38, 100, "38%"),
        (999, 1000, "99%"), (10, 10, "100%"), (266, 100, "266%"), (0, 0, "0%"),
        (12_345, 100, "12,345%"),
    ],
)  # fmt: skip
def test_shares_are_whole_but_never_round_to_none_or_all(
    part: int, whole: int, words: str
) -> None:
    assert percent(part, whole) == words


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        (109, 100, Delta("9%", "up", "more")),
        (94, 100, Delta("6%", "down", "less")),
        (5, 0, Delta("new")),
        (0, 5, Delta("gone")),
        (5, 5, Delta("the same")),
        (0, 0, Delta("none")),
    ],
)
def test_differences_have_a_direction_in_words(
    now: int, before: int, found: Delta
) -> None:
    assert delta(now, before) == found


def sums(now: tuple[int, int], before: tuple[int, int], **more: Any) -> Sums:
    """Return calls and ticks of both periods."""
    return Sums(
        calls=now[0], cost_ticks=now[1], calls_before=before[0],
        ticks_before=before[1], **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (sums((110, 1100), (100, 1000)), "10% more calls"),
        (sums((50, 500), (100, 1000)), "50% fewer calls"),
        (sums((100, 1200), (100, 1000)), "20% dearer per call"),
        (sums((200, 1000), (100, 1000)), "100% more calls, 50% cheaper per call"),
        (sums((5, 50), (0, 0)), "new"),
        (sums((0, 0), (5, 50)), "gone"),
        (
            sums((110, 1000), (100, 1000), unknown_calls=10, unknown_before=0),
            "more of the calls have a known cost",
        ),
    ],
)
def test_why_the_bill_moved(found: Sums, words: str) -> None:
    assert why(found) == words


def test_calls_without_a_cost_make_no_call_cheaper() -> None:
    found = sums((20, 1000), (10, 1000), unknown_calls=10)

    assert "cheaper" not in why(found)


def test_drivers_are_what_moved_most_and_never_the_rest() -> None:
    parts = [
        Part("up", sums((1, 150), (1, 100))),
        Part("same", sums((9, 70), (1, 70))),
        Part("gone", sums((0, 0), (1, 90))),
        Part(None, sums((1, 9000), (1, 0)), others=3),
        Part("new", sums((1, 60), (0, 0))),
    ]

    found = drivers(parts)

    assert [(one.part.what, one.ticks) for one in found] == [
        ("gone", -90), ("new", 60), ("up", 50),
    ]  # fmt: skip
    assert found[0].words == "−<$0.000001"


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 4), max_size=12))
def test_drivers_explain_the_difference_if_all_are_shown(
    amounts: list[tuple[int, int, int, int]],
) -> None:
    parts = [
        Part(str(n), sums((a, b), (c, d))) for n, (a, b, c, d) in enumerate(amounts)
    ]

    found = drivers(parts)

    sizes = [abs(one.ticks) for one in found]
    assert sizes == sorted(sizes, reverse=True)
    assert len(found) <= 6
    if len([p for p in parts if p.sums.cost_ticks != p.sums.ticks_before]) <= 6:
        assert sum(one.ticks for one in found) == sum(
            part.sums.cost_ticks - part.sums.ticks_before for part in parts
        )


@pytest.mark.parametrize(
    ("found", "kind", "words"),
    [
        (Sums(calls=2, cost_ticks=9, reported_ticks=9), "confirmed", "confirmed"),
        (Sums(calls=2, cost_ticks=9, computed_ticks=9), "computed", "computed"),
        (Sums(calls=2, cost_ticks=9, estimated_ticks=9), "estimated", "estimated"),
        (
            Sums(calls=2, cost_ticks=100, reported_ticks=97, computed_ticks=3),
            "confirmed", "97% confirmed",
        ),
        (
            Sums(calls=2, cost_ticks=9, reported_ticks=9, unknown_calls=1),
            "unknown", "1 call unknown",
        ),
        (Sums(calls=2, unknown_calls=2), "unknown", "2 calls unknown"),
        (Sums(calls=2), "confirmed", "nothing was charged"),
        (Sums(calls=1, adjusted_calls=1), "adjusted", "entered by hand"),
        (
            Sums(
                calls=2, cost_ticks=9, reported_ticks=2,
                adjusted_calls=1, adjusted_ticks=7,
            ),
            "adjusted", "78% entered by hand",
        ),
    ],
)  # fmt: skip
def test_the_source_of_an_amount_says_first_what_is_not_known(
    found: Sums, kind: str, words: str
) -> None:
    source = source_of(found)

    assert (source.kind, source.words) == (kind, words)


def test_certainty_fills_the_bar_and_leaves_out_what_there_is_not() -> None:
    found = certainty(
        Sums(
            calls=4, cost_ticks=1000, reported_calls=3, reported_ticks=750,
            estimated_calls=1, estimated_ticks=250,
        )
    )  # fmt: skip

    assert [(one.name, one.share, one.x, one.width) for one in found] == [
        ("reported", "75%", "0.0%", "75.0%"),
        ("estimated", "25%", "75.0%", "25.0%"),
    ]


def test_certainty_of_calls_that_cost_nothing_divides_by_nothing() -> None:
    (found,) = certainty(Sums(calls=1, reported_calls=1))

    assert (found.share, found.width) == ("0%", "0.0%")

"""Days cut into whole months and what is left of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.lib.days import DAY
from console.usage.pieces import Piece, fewest, pieces

At = tuple[int, int]


def day(of: At) -> date:
    return date(2026, *of)


@pytest.mark.parametrize(
    ("first", "end", "cut"),
    [
        pytest.param((1, 5), (1, 9), [(0, (1, 5), (1, 9))], id="within a month"),
        pytest.param((1, 1), (2, 1), [(1, (1, 1), (2, 1))], id="a month"),
        pytest.param(
            (1, 31), (4, 2),
            [(0, (1, 31), (2, 1)), (1, (2, 1), (4, 1)), (0, (4, 1), (4, 2))],
            id="edges",
        ),
        pytest.param((1, 2), (2, 9), [(0, (1, 2), (2, 9))], id="no whole month"),
    ],
)  # fmt: skip
def test_cuts_days_into_whole_months_and_edges(
    first: At,
    end: At,
    cut: list[tuple[int, At, At]],
) -> None:
    assert pieces(day(first), day(end), by_month=True) == [
        Piece(bool(whole), day(start), day(stop)) for whole, start, stop in cut
    ]
    assert pieces(day(first), day(end), by_month=False) == [
        Piece(False, day(first), day(end))
    ]


@pytest.mark.parametrize(
    ("first", "end", "read", "taken_off"),
    [
        pytest.param((1, 5), (1, 9), [(0, (1, 5), (1, 9))], [], id="few days"),
        pytest.param((1, 1), (2, 1), [(1, (1, 1), (2, 1))], [], id="a month"),
        pytest.param(
            (1, 1), (1, 27), [(1, (1, 1), (2, 1))], [((1, 27), (2, 1))], id="nearly one"
        ),
        pytest.param(
            (1, 3), (1, 29), [(1, (1, 1), (2, 1))],
            [((1, 1), (1, 3)), ((1, 29), (2, 1))], id="within one",
        ),
        pytest.param(
            (1, 1), (1, 17), [(0, (1, 1), (1, 17))], [], id="no fewer if taken off"
        ),
        pytest.param(
            (1, 31), (4, 29), [(1, (2, 1), (5, 1)), (0, (1, 31), (2, 1))],
            [((4, 29), (5, 1))], id="several",
        ),
        pytest.param(
            (1, 1), (3, 2), [(1, (1, 1), (3, 1)), (0, (3, 1), (3, 2))], [], id="edge"
        ),
    ],
)  # fmt: skip
def test_a_month_that_is_asked_for_nearly_whole_is_read_less_its_other_days(
    first: At,
    end: At,
    read: list[tuple[int, At, At]],
    taken_off: list[tuple[At, At]],
) -> None:
    cut = fewest(day(first), day(end))

    assert [one for one in cut if not one.less] == [
        Piece(bool(whole), day(start), day(stop)) for whole, start, stop in read
    ]
    assert [one for one in cut if one.less] == [
        Piece(False, day(start), day(stop), less=True) for start, stop in taken_off
    ]


@given(first=st.dates(date(2025, 1, 1), date(2026, 12, 31)), length=st.integers(1, 500))
def test_each_day_that_is_asked_for_counts_once_and_no_other(
    first: date, length: int
) -> None:
    end = first + timedelta(days=length)
    counted: dict[date, int] = {}

    for piece in fewest(first, end):
        for n in range((piece.end - piece.first).days):
            at = piece.first + n * DAY
            counted[at] = counted.get(at, 0) + (-1 if piece.less else 1)

    asked = {first + n * DAY for n in range(length)}
    assert {at for at, times in counted.items() if times} == asked
    assert set(counted.values()) <= {0, 1}

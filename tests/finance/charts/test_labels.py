"""Words that keep out of each other's way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.finance.charts.labels import rooms, spread


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([], []),
        ([50.0], [50]),
        ([50.0, 90.0], [50, 90]),
        ([90.0, 50.0], [90, 50]),
        ([50.0, 52.0], [50, 65]),
        ([188.0, 174.0, 189.0], [173, 158, 188]),
        ([0.0], [40]),
    ],
)
def test_moves_only_what_is_in_the_way(
    places: list[float], expected: list[float]
) -> None:
    assert spread(places, apart=15, top=40, bottom=188) == expected


@given(st.lists(st.floats(0, 200), max_size=4))
def test_four_labels_never_overlap_nor_leave_the_drawing(places: list[float]) -> None:
    found = spread(places, apart=15, top=40, bottom=190)

    ordered = sorted(found)
    assert all(b - a >= 15 - 1e-9 for a, b in pairwise(ordered))
    assert all(40 <= place <= 190 for place in found)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(1, 50)), max_size=9))
def test_what_shares_a_row_does_not_overlap(pairs: list[tuple[float, float]]) -> None:
    spans = [(start, start + length) for start, length in pairs]

    rows = rooms(spans, rows=2)

    for row in (0, 1):
        inside = sorted(s for s, at in zip(spans, rows, strict=True) if at == row)
        assert all(a[1] <= b[0] for a, b in pairwise(inside))


def test_the_first_gets_room_first() -> None:
    assert rooms([(0, 10), (5, 15), (8, 20), (15, 30)], rows=2) == [0, 1, None, 0]

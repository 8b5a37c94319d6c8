"""How much a price changed, in words."""

from __future__ import annotations

import pytest

from console.finance.percents import change, factor


@pytest.mark.parametrize(
    ("before", "after", "words", "up"),
    [
        (15_000, 18_000, "+20%", True),
        (7_500, 6_000, "−20%", False),
        (20_000, 20_050, "+0.3%", True),
        (1_000_000, 1_000_001, "+<0.1%", True),
        (3_000, 3_010, "+0.3%", True),
        (2_000, 2_190, "+9.5%", True),
        (1_000, 100_000, "+9,900%", True),
        (1_000, 0, "−100%", False),
        (0, 1_000, "was 0", True),
        (None, 1_000, "told for the first time", None),
        (1_000, None, "no longer told", None),
    ],
)
def test_says_by_how_much(
    before: int | None, after: int | None, words: str, up: bool | None
) -> None:
    found = change(before, after)

    assert found is not None
    assert (found.words, found.up) == (words, up)


@pytest.mark.parametrize("price", [0, 1, None])
def test_the_same_is_no_change(price: int | None) -> None:
    assert change(price, price) is None


@pytest.mark.parametrize(
    ("price", "of", "words"),
    [
        (10, 10, "×1"),
        (12, 10, "×1.2"),
        (5, 10, "×0.5"),
        (10_001, 10_000, "×1.0001"),
        (100, 10, "×10"),
        (1, 3, "×0.33"),
    ],
)
def test_a_factor_is_1_only_where_nothing_differs(
    price: int, of: int, words: str
) -> None:
    assert factor(price, of) == words

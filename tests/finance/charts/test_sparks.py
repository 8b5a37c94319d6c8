"""A year of one price in the height of a line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.template.loader import render_to_string

from console.finance.charts import Spark, spark
from console.finance.charts.sparks import Point

END = datetime(2026, 6, 16, tzinfo=UTC)
START = END - timedelta(days=100)


def drawn(*points: tuple[float, float, int | None]) -> Spark:
    told: list[Point] = [
        (START + timedelta(days=first), START + timedelta(days=last), value)
        for first, last, value in points
    ]
    return spark(told, START, END, words=lambda v: f"{v / 10_000:.2f}")


def lines(found: Spark) -> list[tuple[str, str, str, str, bool]]:
    return [(one.x1, one.x2, one.y1, one.y2, one.now) for one in found.lines]


def test_a_price_that_stayed_is_a_line_in_the_middle() -> None:
    found = drawn((26, 99.9, 5_000))

    assert lines(found) == [("26.00%", "100.00%", "10.0", "10.0", False)]
    assert found.dot == "10.0"
    assert found.words == "Output price unchanged since 3 Apr 2026"


def test_a_rise_is_marked_from_the_step_on() -> None:
    found = drawn((20, 90, 15_000), (90.2, 100, 18_000))

    assert lines(found) == [
        ("20.00%", "90.20%", "15.0", "15.0", False),
        ("90.20%", "90.20%", "15.0", "5.0", True),
        ("90.20%", "100.00%", "5.0", "5.0", True),
    ]
    assert found.words == (
        "Output price: 1.50 since 28 Mar 2026, 1.80 since 6 Jun 2026"
    )


def test_a_price_that_came_back_is_new_again() -> None:
    found = drawn((0, 10, 1), (10, 20, 2), (20, 100, 1))

    assert [one.now for one in found.lines] == [False, False, False, True, True]


def test_it_is_broken_where_nothing_was_seen_for_days() -> None:
    found = drawn((0, 20, 1), (60, 100, 1))

    assert [(one.x1, one.x2) for one in found.lines] == [
        ("0.00%", "20.00%"),
        ("60.00%", "100.00%"),
    ]
    assert found.words == "Output price unchanged since 8 Mar 2026"


def test_a_model_that_is_gone_has_no_dot() -> None:
    found = drawn((0, 40, 1))

    assert found.dot is None
    assert found.words.endswith("last told 17 Apr 2026")


def test_what_was_not_told_is_not_drawn() -> None:
    assert drawn((0, 100, None)).lines == ()
    assert drawn().words == "Output price not told in this time"
    assert len(drawn((0, 40, 1), (40, 50, None), (50, 100, 1)).lines) == 2


def test_it_is_written_without_a_style_or_a_view_box() -> None:
    found = drawn((0, 50, 15_000), (50, 100, 18_000))

    text = render_to_string("finance/_spark.html", {"spark": found})

    assert text.count("<line") == 3
    assert 'aria-label="Output price: 1.50 since' in text
    assert "viewBox" not in text

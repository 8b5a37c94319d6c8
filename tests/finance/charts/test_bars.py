"""Golden places of bars per day."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from console.finance.charts import BarChart, DayOf, bar_chart

FIRST = date(2026, 6, 1)


def drawn(*parts: dict[str, int], today: int = 99) -> BarChart:
    days = [DayOf(FIRST + timedelta(days=n), each) for n, each in enumerate(parts)]
    return bar_chart(days, today=FIRST + timedelta(days=today), words=lambda v: f"${v}")


def test_the_largest_series_stands_at_the_bottom() -> None:
    chart = drawn({"small": 10, "large": 30}, {"small": 20, "large": 20})

    assert [(bar.look, bar.x, bar.y, bar.width, bar.height) for bar in chart.bars] == [
        ("s1", "13.99%", "40.0", "34.77%", "71.0"),
        ("s2", "13.99%", "16.0", "34.77%", "23.0"),
        ("s1", "59.74%", "64.0", "34.77%", "47.0"),
        ("s2", "59.74%", "16.0", "34.77%", "47.0"),
    ]
    assert chart.legend == (("s1", "large"), ("s2", "small"))
    assert chart.bars[0].words == "1 Jun, large: $30"


def test_today_is_drawn_as_not_over() -> None:
    chart = drawn({"a": 1}, {"a": 1}, today=1)

    assert [bar.partial for bar in chart.bars] == [False, True]


def test_a_fifth_series_makes_others() -> None:
    chart = drawn({"a": 50, "b": 40, "c": 30, "d": 20, "e": 10, "f": 5})

    assert [name for _, name in chart.legend] == ["a", "b", "c", "d", "Other"]
    assert chart.bars[-1].words == "1 Jun, Other: $15"


def test_a_day_without_calls_has_no_bar_but_keeps_its_place() -> None:
    chart = drawn({"a": 4}, {}, {"a": 4})

    assert [bar.x for bar in chart.bars] == ["12.16%", "73.16%"]


def test_nothing_at_all_has_an_axis_from_zero() -> None:
    chart = drawn({}, {})

    assert chart.bars == ()
    assert [line.words for line in chart.grid] == ["$0", "$1"]


def test_thirty_days_have_a_few_dates_the_newest_among_them() -> None:
    chart = drawn(*[{"a": 1}] * 30)

    assert [tick.words for tick in chart.ticks] == [
        "2 Jun", "9 Jun", "16 Jun", "23 Jun", "30 Jun"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "places"),
    [(30, "end 100.00%"), (7, "mid 93.46%"), (12, "end 100.00%"), (1, "mid 54.25%")],
)
def test_the_newest_date_is_not_cut_at_the_edge(days: int, places: str) -> None:
    chart = drawn(*[{"a": 1}] * days)

    text = render_to_string("finance/_bar_chart.html", {"chart": chart, "caption": "c"})

    looks = re.findall(r'<text class="(mid|end)(?: opt)?" x="([\d.]+%)" y="130"', text)
    assert " ".join(looks[-1]) == places
    assert {look for look, _ in looks[:-1]} <= {"mid"}


def test_bars_link_to_their_rows_and_say_what_they_are() -> None:
    chart = bar_chart([DayOf(FIRST, {"a": 3}, "#d1")], today=FIRST, words=str)

    text = render_to_string("finance/_bar_chart.html", {"chart": chart, "caption": "c"})

    assert '<a href="#d1" tabindex="-1"><rect class="s1 partial"' in text
    assert "<title>1 Jun, a: 3</title>" in text
    assert "viewBox" not in text


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 2**60)),
        min_size=1,
        max_size=31,
    )
)
def test_bars_stay_inside_and_on_top_of_each_other(parts: list[dict[str, int]]) -> None:
    chart = drawn(*parts)

    for bar in chart.bars:
        assert float(bar.height) >= 0.5
        assert 14 <= float(bar.y) <= 112
    assert len(chart.legend) <= 5


def test_the_axis_may_be_written_shorter_than_the_bars() -> None:
    chart = bar_chart(
        [DayOf(FIRST, {"a": 6})], today=FIRST, words=str, at_axis=lambda v: f"{v}!"
    )

    assert {line.words[-1] for line in chart.grid} == {"!"}
    assert chart.bars[0].words.endswith(": 6")


def test_series_that_are_named_keep_their_order_and_the_rest_is_other() -> None:
    days = [DayOf(FIRST, {"small": 1, "large": 9, "stray": 5, "Other": 2})]

    chart = bar_chart(
        days, today=FIRST, words=str, names=["small", "large", "Other"], base=206
    )

    assert [name for _, name in chart.legend] == ["small", "large", "Other"]
    assert [bar.words for bar in chart.bars] == [
        "1 Jun, small: 1", "1 Jun, large: 9", "1 Jun, Other: 7",
    ]  # fmt: skip


def test_a_tall_drawing_has_its_dates_below_its_base() -> None:
    low = bar_chart([], today=FIRST, words=str)
    tall = bar_chart([], today=FIRST, words=str, base=206)

    assert (low.low, low.dates) == (True, 130)
    assert (tall.low, tall.dates, tall.grid[0].y) == (False, 224, "206.0")


def test_more_than_a_day_has_words_of_its_own() -> None:
    chart = bar_chart(
        [DayOf(FIRST, {"a": 1}, words="week of 1 Jun")], today=FIRST, words=str
    )

    assert chart.bars[0].words == "week of 1 Jun, a: 1"
    assert chart.ticks[0].words == "1 Jun"

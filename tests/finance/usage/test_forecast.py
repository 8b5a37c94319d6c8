"""What a month will come to, from its weekdays of the last weeks."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.finance.usage.forecast import Forecast, forecast
from console.lib.days import DAY

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
TODAY = date(2026, 6, 16)  # a Tuesday


def days_back(number: int, ticks: int = 100) -> dict[date, int]:
    """Return the same cost for each of so many days before today."""
    return {TODAY - n * DAY: ticks for n in range(1, number + 1)}


def foretold(ticks: dict[date, int], today: date = TODAY) -> Forecast:
    return forecast(ticks, first=FIRST, last=LAST, today=today)


def test_even_days_give_one_amount() -> None:
    assert foretold(days_back(28)) == Forecast(3_000, 3_000, 4, LAST)


def test_what_today_came_to_is_not_counted_twice() -> None:
    assert foretold({**days_back(28), TODAY: 40}).low == 3_000
    assert foretold({**days_back(28), TODAY: 150}).low == 3_050


def test_weekdays_cost_what_they_did() -> None:
    weekend = {day: 100 if day.weekday() < 5 else 10 for day in days_back(28)}

    found = foretold(weekend)

    # June has 22 weekdays and 8 days of weekends.
    assert (found.low, found.high) == (2_280, 2_280)


def test_the_cheapest_and_the_dearest_week_are_the_ends() -> None:
    ticks = days_back(28)
    ticks |= {TODAY - n * DAY: 200 for n in range(1, 8)}
    ticks |= {TODAY - n * DAY: 50 for n in range(22, 29)}

    found = foretold(ticks)

    spent = sum(ticks[day] for day in ticks if day >= FIRST)
    assert (found.low, found.high) == (spent + 15 * 50, spent + 15 * 200)


@pytest.mark.parametrize(
    ("days", "weeks"), [(0, 0), (6, 0), (13, 1), (14, 2), (27, 3), (28, 4), (60, 4)]
)
def test_weeks_before_the_first_call_say_nothing(days: int, weeks: int) -> None:
    found = foretold(days_back(days))

    assert found.weeks == weeks
    assert (found.low is None) == (weeks < 2)
    assert (found.high is None) == (weeks < 2)


def test_on_the_last_day_only_its_rest_is_to_come() -> None:
    ticks = {LAST - n * DAY: 100 for n in range(1, 29)}

    assert foretold({**ticks, LAST: 30}, today=LAST).low == 28 * 100 + 100 + 0 * 30


@given(
    st.lists(st.integers(0, 10**15), min_size=29, max_size=29),
    st.integers(0, 29).map(lambda n: FIRST + n * DAY),
)
def test_never_below_what_is_spent(costs: list[int], today: date) -> None:
    ticks = {today - n * DAY: cost for n, cost in enumerate(costs)}

    found = foretold(ticks, today=today)

    spent = sum(cost for day, cost in ticks.items() if FIRST <= day <= today)
    if found.low is not None and found.high is not None:
        assert spent <= found.low <= found.high

"""Round values and dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.finance.charts.axes import (
    MOST_LINES,
    MOST_TICKS,
    Across,
    round_step,
    times_across,
    values_up,
)

UTC_ZONE = ZoneInfo("UTC")
JUNE = datetime(2026, 6, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("highest", "step"),
    [
        (1, 1),
        (4, 1),
        (5, 2),
        (9, 5),
        (18_000, 5_000),
        (20_000, 5_000),
        (25_000, 10_000),
        (100, 25),
        (150_000, 50_000),
        (100_000, 25_000),
        (2**62, 2 * 10**18),
    ],
)
def test_steps_are_round(highest: int, step: int) -> None:
    assert round_step(highest) == step


@given(st.integers(0, 2**63 - 1))
def test_the_scale_starts_at_zero_and_holds_the_highest(highest: int) -> None:
    up, lines = values_up(highest, top=40, bottom=186, words=str)

    assert up.most >= highest
    assert 2 <= len(lines) <= MOST_LINES + 1
    assert (lines[0].words, lines[0].y) == ("0", "186.0")
    assert (lines[-1].words, lines[-1].y) == (str(up.most), "40.0")
    assert 40 <= up.at(highest) <= 186


def ticks(days: int, zone: ZoneInfo = UTC_ZONE, end: datetime = JUNE) -> list[str]:
    across = Across(end - timedelta(days=days), end, 0, 100)
    return [tick.words for tick in times_across(across, zone)]


def test_a_year_is_told_in_months_with_the_year_where_it_changes() -> None:
    assert ticks(365) == ["Jul 2025", "Sep", "Nov", "Jan 2026", "Mar", "May"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (3, ["14 Jun", "15 Jun", "16 Jun"]),
        (30, ["19 May", "26 May", "2 Jun", "9 Jun", "16 Jun"]),
        (92, ["Apr 2026", "May", "Jun"]),
        (1_096, ["Jul 2023", "Jan 2024", "Jul", "Jan 2025", "Jul", "Jan 2026"]),
    ],
)
def test_dates_are_as_coarse_as_the_span_needs(days: int, expected: list[str]) -> None:
    assert ticks(days) == expected


@given(
    days=st.integers(1, 20_000),
    zone=st.sampled_from(["UTC", "Asia/Kathmandu", "America/Los_Angeles"]),
)
def test_there_are_never_too_many_dates_and_all_lie_inside(
    days: int, zone: str
) -> None:
    across = Across(JUNE - timedelta(days=days), JUNE, 10, 80)

    found = times_across(across, ZoneInfo(zone))

    places = [float(tick.x.rstrip("%")) for tick in found]
    assert len(found) <= MOST_TICKS
    assert places == sorted(places)
    assert all(10 <= place <= 80 for place in places)


def test_what_is_outside_stands_at_the_edge() -> None:
    across = Across(JUNE, JUNE + timedelta(days=2), 10, 80)

    assert across.at(JUNE - timedelta(days=9)) == 10
    assert across.at(JUNE + timedelta(days=1)) == 45
    assert across.at(JUNE + timedelta(days=9)) == 80

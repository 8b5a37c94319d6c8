"""Days of a zone: 24 hours or not, always one after the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.lib.days import DAY, day_bounds, day_of

ZONES = (
    "UTC",
    "America/Los_Angeles",
    "America/Havana",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
a_zone = st.sampled_from(ZONES).map(ZoneInfo)
a_day = st.dates(min_value=date(2011, 12, 1), max_value=date(2040, 1, 1))


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        pytest.param("UTC", "2026-03-03", "2026-03-03T00:00", 24, id="UTC"),
        pytest.param("Asia/Kolkata", "2026-03-03", "2026-03-02T18:30", 24, id="half"),
        pytest.param(
            "Asia/Kathmandu", "2026-03-03", "2026-03-02T18:15", 24, id="quarter"
        ),
        pytest.param(
            "America/Los_Angeles", "2026-03-08", "2026-03-08T08:00", 23, id="forward"
        ),
        pytest.param(
            "America/Los_Angeles", "2026-11-01", "2026-11-01T07:00", 25, id="back"
        ),
        pytest.param(
            "Asia/Beirut", "2026-03-29", "2026-03-28T22:00", 23, id="no midnight"
        ),
        pytest.param(
            "America/Havana", "2026-11-01", "2026-11-01T04:00", 25, id="two midnights"
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", 24.5, id="30 min"
        ),
        pytest.param(
            "Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0, id="no such day"
        ),
    ],
)
def test_a_day_is_as_long_as_its_clocks_have_it(
    zone: str, day: str, start: str, hours: float
) -> None:
    found = day_bounds(date.fromisoformat(day), ZoneInfo(zone))

    begins = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert found == (begins, begins + timedelta(hours=hours))


@given(zone=a_zone, day=a_day)
def test_days_follow_each_other_without_a_gap(zone: ZoneInfo, day: date) -> None:
    _, end = day_bounds(day, zone)
    start, _ = day_bounds(day + DAY, zone)

    assert end == start


@given(zone=a_zone, minutes=st.integers(0, 28 * 365 * 24 * 60))
def test_a_moment_lies_in_the_day_the_calendar_shows(
    zone: ZoneInfo, minutes: int
) -> None:
    moment = datetime(2011, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    start, end = day_bounds(day_of(moment, zone), zone)

    assert start <= moment < end


def test_bounds_are_in_utc_so_that_their_difference_is_time_that_passed() -> None:
    start, end = day_bounds(date(2026, 11, 1), ZoneInfo("America/Los_Angeles"))

    assert (start.tzinfo, end.tzinfo) == (UTC, UTC)
    assert end - start == timedelta(hours=25)


def test_the_last_day_of_all_has_no_end() -> None:
    with pytest.raises(OverflowError):
        day_bounds(date.max, ZoneInfo("UTC"))

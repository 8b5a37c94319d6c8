"""Which days a period has, what it is compared with, and how they are grouped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.finance.usage.periods import (
    Before,
    Bucket,
    Period,
    Span,
    buckets,
    days_in_words,
    span_of,
)
from console.lib.days import DAY

UTC_ZONE = ZoneInfo("UTC")
AT = datetime(2026, 6, 16, 14, 32, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)
CLOCK = timedelta(hours=14, minutes=30)


def spanned(period: Period, now: datetime = AT, *days: date) -> Span:
    first, last = days or (None, None)
    return span_of(period, now=now, zone=UTC_ZONE, first=first, last=last)


@pytest.mark.parametrize(
    ("period", "days", "before"),
    [
        pytest.param(
            Period.MONTH, ((6, 1), (6, 30)), ((5, 1), (5, 16), CLOCK), id="month"
        ),
        pytest.param(
            Period.LAST, ((5, 1), (5, 31)), ((4, 1), (4, 30), None), id="last month"
        ),
        pytest.param(
            Period.DAYS_30, ((5, 18), (6, 16)), ((4, 18), (5, 17), CLOCK), id="30 days"
        ),
        pytest.param(
            Period.DAYS_90, ((3, 19), (6, 16)), ((12, 19), (3, 18), CLOCK), id="90 days"
        ),
    ],
)
def test_a_period_is_compared_with_one_as_long_so_far(
    period: Period,
    days: tuple[tuple[int, int], tuple[int, int]],
    before: tuple[tuple[int, int], tuple[int, int], timedelta | None],
) -> None:
    span = spanned(period)

    first, last, elapsed = before
    assert (span.first, span.last) == tuple(date(2026, *day) for day in days)
    year = 2025 if first[0] == 12 else 2026
    assert span.before() == Before(date(year, *first), date(2026, *last), elapsed)


def test_a_year_is_twelve_calendar_months_against_the_twelve_before() -> None:
    span = spanned(Period.YEAR)

    assert (span.first, span.until) == (date(2025, 7, 1), date(2026, 6, 16))
    assert span.before() == Before(date(2024, 7, 1), date(2025, 6, 16), CLOCK)
    assert span.long


def test_a_day_that_the_month_before_lacks_is_compared_with_all_of_it() -> None:
    span = spanned(Period.MONTH, datetime(2026, 3, 31, 9, tzinfo=UTC))

    assert span.before() == Before(date(2026, 2, 1), date(2026, 2, 28), None)


def test_a_day_of_29_february_is_compared_with_the_28th() -> None:
    span = spanned(Period.YEAR, datetime(2028, 2, 29, 9, tzinfo=UTC))

    assert span.before() == Before(date(2026, 3, 1), date(2027, 2, 28), None)


@pytest.mark.parametrize(
    ("period", "first", "last", "words"),
    [
        ("month", (2025, 6, 1), (2025, 6, 16), "1 to 16 Jun 2025, 14:30"),
        ("last", (2025, 5, 1), (2025, 5, 31), "1 to 31 May 2025"),
        ("30", (2025, 5, 18), (2025, 6, 16), "18 May to 16 Jun 2025, 14:30"),
        ("90", (2025, 3, 19), (2025, 6, 16), "19 Mar to 16 Jun 2025, 14:30"),
        ("year", (2024, 7, 1), (2025, 6, 16), "1 Jul 2024 to 16 Jun 2025, 14:30"),
    ],
)
def test_the_same_days_a_year_ago_say_their_year(
    period: str, first: tuple[int, int, int], last: tuple[int, int, int], words: str
) -> None:
    before = spanned(Period(period)).before(by_year=True)

    assert (before.first, before.last) == (date(*first), date(*last))
    assert before.words == words


def test_29_february_a_year_ago_is_the_28th_as_a_whole() -> None:
    span = spanned(Period.DAYS_30, datetime(2028, 2, 29, 9, tzinfo=UTC))

    before = span.before(by_year=True)

    assert (before.last, before.elapsed) == (date(2027, 2, 28), None)


def test_days_that_were_chosen_are_compared_with_those_before_them() -> None:
    over = spanned(Period.CUSTOM, AT, date(2026, 6, 1), date(2026, 6, 7))
    running = spanned(Period.CUSTOM, AT, date(2026, 6, 10), date(2026, 7, 9))

    assert over.before() == Before(date(2026, 5, 25), date(2026, 5, 31), None)
    assert not over.runs
    assert running.last == date(2026, 6, 16)
    assert running.before() == Before(date(2026, 6, 3), date(2026, 6, 9), CLOCK)


@pytest.mark.parametrize(
    "days", [(), (date(2026, 6, 17), date(2026, 6, 20))], ids=["none", "to come"]
)
def test_days_that_cannot_be_shown_give_the_month(days: tuple[date, ...]) -> None:
    assert spanned(Period.CUSTOM, AT, *days).period is Period.MONTH


def test_today_is_that_of_the_zone() -> None:
    late = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)

    span = span_of(Period.MONTH, now=late, zone=ZoneInfo("Asia/Kathmandu"))

    assert span.first == date(2026, 7, 1)
    assert span.before().elapsed == timedelta(hours=4, minutes=45)


def test_elapsed_time_is_real_where_clocks_change() -> None:
    noon = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)  # 12:00, two hours skipped to

    span = span_of(Period.DAYS_30, now=noon, zone=ZoneInfo("Europe/Oslo"))

    assert span.before().elapsed == timedelta(hours=11)


def test_the_running_month_is_read_as_a_whole_month() -> None:
    days = spanned(Period.MONTH).days(7, by_month=True)

    assert (days.zone, days.first, days.last) == (
        7,
        date(2026, 6, 1),
        date(2026, 6, 30),
    )
    assert spanned(Period.MONTH).days(7, by_month=False).last == date(2026, 6, 16)
    assert spanned(Period.LAST).days(7, by_month=True).last == date(2026, 5, 31)


def test_the_day_that_is_cut_is_read_from_slots() -> None:
    days = spanned(Period.MONTH).before().days(7, ZoneInfo("Europe/Oslo"))

    start = datetime(2026, 5, 15, 22, tzinfo=UTC)
    assert days.slots == (start, start + CLOCK)


@given(
    now=st.integers(0, 3 * 366 * 24).map(lambda n: START + n * timedelta(hours=1)),
    period=st.sampled_from(Period),
    zone=st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Kathmandu"]),
    bucket=st.sampled_from(Bucket),
)
def test_every_day_of_a_span_is_in_one_bucket(
    now: datetime, period: Period, zone: str, bucket: Bucket
) -> None:
    span = span_of(period, now=now, zone=ZoneInfo(zone))

    starts = buckets(span, bucket)

    assert starts == sorted(set(starts))
    day = span.first
    while day <= span.last:
        start = bucket.start(day)
        assert start in starts
        assert start <= day <= bucket.last(start)
        day += DAY
    before = span.before()
    assert before.first <= before.last < span.first


@pytest.mark.parametrize(
    ("bucket", "words"),
    [("day", "1 Jun"), ("week", "week of 1 Jun"), ("month", "Jun 2026")],
)
def test_buckets_are_named(bucket: str, words: str) -> None:
    assert Bucket(bucket).words(date(2026, 6, 1)) == words


@pytest.mark.parametrize(
    ("first", "last", "long", "short"),
    [
        ((2026, 6, 1), (2026, 6, 16), "1 to 16 June 2026", "1 to 16 Jun"),
        ((2026, 6, 1), (2026, 6, 1), "1 June 2026", "1 Jun"),
        ((2026, 5, 30), (2026, 6, 2), "30 May to 2 June 2026", "30 May to 2 Jun"),
        (
            (2025, 12, 30), (2026, 1, 2),
            "30 December 2025 to 2 January 2026", "30 Dec 2025 to 2 Jan 2026",
        ),
    ],
)  # fmt: skip
def test_days_are_written_as_short_as_they_are_clear(
    first: tuple[int, int, int], last: tuple[int, int, int], long: str, short: str
) -> None:
    assert days_in_words(date(*first), date(*last)) == long
    assert Before(date(*first), date(*last), None).words == short
    assert Before(date(*first), date(*last), CLOCK).words == f"{short}, 14:30"

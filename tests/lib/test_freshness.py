"""The ages at which a fact stops being fresh, and stops being trusted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from console.lib.freshness import Freshness, freshness, trusted_since
from tests.people import NOON

INTERVAL = timedelta(minutes=5)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(timedelta(0), Freshness.FRESH, id="just seen"),
        pytest.param(-INTERVAL, Freshness.FRESH, id="by a clock that is ahead"),
        pytest.param(2 * INTERVAL - MOMENT, Freshness.FRESH, id="below 2 intervals"),
        pytest.param(2 * INTERVAL, Freshness.STALE, id="2 intervals"),
        pytest.param(6 * INTERVAL, Freshness.STALE, id="6 intervals"),
        pytest.param(6 * INTERVAL + MOMENT, Freshness.UNKNOWN, id="above 6 intervals"),
    ],
)
def test_the_age_of_a_fact_in_intervals(age: timedelta, expected: Freshness) -> None:
    assert freshness(NOON - age, interval=INTERVAL, now=NOON) is expected


def test_what_was_never_seen_is_unknown() -> None:
    assert freshness(None, interval=INTERVAL, now=NOON) is Freshness.UNKNOWN


def test_a_fact_is_trusted_to_the_end_of_being_stale() -> None:
    earliest = trusted_since(interval=INTERVAL, now=NOON)

    assert freshness(earliest, interval=INTERVAL, now=NOON) is Freshness.STALE
    assert earliest == NOON - 6 * INTERVAL

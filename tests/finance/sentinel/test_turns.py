"""When the sentinel is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.finance.models import Sentinel
from console.finance.sentinel import turns


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-06-20 12:00", "2026-06-21 03:20", id="by day"),
        pytest.param("2026-06-20 03:21", "2026-06-21 03:20", id="after the look"),
        pytest.param("2026-06-20 21:20", "2026-06-21 03:20", id="six hours before"),
        pytest.param("2026-06-20 21:21", "2026-06-22 03:20", id="less than that"),
        pytest.param("2026-12-31 23:00", "2027-01-02 03:20", id="over the year"),
    ],
)
def test_the_next_night(now: str, expected: str) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)

    found = turns.next_night(instant, minute=20)

    assert f"{found:%Y-%m-%d %H:%M}" == expected


@given(
    st.datetimes(
        min_value=datetime(2026, 1, 1),  # noqa: DTZ001
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
    ),
    st.integers(0, 59),
)
def test_the_next_night_is_6_to_30_hours_away(now: datetime, minute: int) -> None:
    found = turns.next_night(now, minute=minute)

    assert timedelta(hours=6) <= found - now < timedelta(hours=30)
    assert (found.hour, found.minute) == (3, minute)


@pytest.mark.django_db
def test_a_stale_claim_ends_nothing(sentinel: Sentinel) -> None:
    stale = turns.claim()
    assert stale is not None
    Sentinel.objects.update(lease_until=sentinel.due_at)
    fresh = turns.claim()
    assert fresh is not None

    turns.finish(stale, problem="old")
    turns.pause(stale, timedelta(hours=1), problem="old")
    turns.let_go(stale)
    with pytest.raises(turns.LeaseLost):
        turns.renew(stale)

    row = Sentinel.objects.get()
    assert (row.lease, row.problem, row.finished_at) == (fresh.lease, "", None)

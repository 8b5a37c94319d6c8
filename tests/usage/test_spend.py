"""Spend per day: every call in one day, whatever the zone's clocks do."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.accounts.models import Team, User
from console.lib.days import DAY, day_bounds, day_of
from console.usage.models import (
    CostSource,
    RecordState,
    ReportingZone,
    UsageRecord,
)
from console.usage.spend import daily_spend
from tests.finance.told import call, stored_calls
from tests.keys.stored import stored_key, stored_model
from tests.people import NOON
from tests.usage.readers import read_in

ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu")
SPRING = datetime(2026, 3, 6, tzinfo=UTC)  # the clocks of Los Angeles change on the 8th
AUTUMN = datetime(2026, 10, 30, tzinfo=UTC)  # and back on 1 November
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture(autouse=True)
def zones(db: None) -> None:
    """Keep days of all these zones; they are built by the first roll-up."""
    read_in(*ZONES)


@pytest.fixture
def calls(ada: User, team: Team) -> list[UsageRecord]:
    """A call every 25 minutes of five days around each change of clocks."""
    key = stored_key(team)
    times = [
        start + n * timedelta(minutes=25) for start in (SPRING, AUTUMN)
        for n in range(288)
    ]  # fmt: skip
    made = [
        call(ada, key, at, None if n % 17 == 0 else n * 1_000)
        for n, at in enumerate(times)
    ]
    return stored_calls(made)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    first=st.sampled_from(
        [date(2026, 3, 4) + n * DAY for n in range(9)]
        + [date(2026, 10, 28) + n * DAY for n in range(9)]
    ),
    number=st.integers(1, 9),
)
def test_the_days_of_a_range_add_up_to_the_range(
    ada: User, calls: list[UsageRecord], zone: ZoneInfo, first: date, number: int
) -> None:
    start, _ = day_bounds(first, zone)
    _, end = day_bounds(first + (number - 1) * DAY, zone)

    last = first + (number - 1) * DAY
    found = daily_spend(user=ada, first=first, last=last, zone=zone)

    expected: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in calls:
        if start <= one.opened_at < end:
            sums = expected[day_of(one.opened_at, zone)]
            sums[0] += 1
            sums[1] += one.cost_ticks is None
            sums[2] += one.cost_ticks or 0
    told: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in found:
        told[row.day][0] += row.calls
        told[row.day][1] += row.unknown_calls
        told[row.day][2] += row.cost_ticks
    assert told == expected
    assert [row.day for row in found] == sorted(row.day for row in found)


@pytest.mark.parametrize("zone", ZONES)
def test_a_call_at_the_border_is_in_the_day_that_begins(
    ada: User, team: Team, zone: str
) -> None:
    start, end = day_bounds(date(2026, 3, 8), ZoneInfo(zone))
    key = stored_key(team)
    stored_calls([call(ada, key, start), call(ada, key, end)])

    day = date(2026, 3, 8)
    found = daily_spend(user=ada, first=day, last=day, zone=ZoneInfo(zone))

    assert [(row.day, row.calls) for row in found] == [(day, 1)]


def test_a_zone_that_is_not_built_says_nothing(ada: User, team: Team) -> None:
    stored_calls([call(ada, stored_key(team), NOON)])
    ReportingZone.objects.update(built_at=None)

    assert spend(ada) == []


def spend(user: User, **narrow: object) -> list[tuple[str, int, int, int]]:
    found = daily_spend(
        user=user,
        first=(NOON - DAY).date(),
        last=NOON.date(),
        zone=UTC_ZONE,
        **narrow,  # type: ignore[arg-type]
    )
    return [(r.source, r.calls, r.unknown_calls, r.cost_ticks) for r in found]


def test_sources_are_apart_and_an_unknown_cost_is_counted_not_free(
    ada: User, team: Team
) -> None:
    key = stored_key(team)
    stored_calls(
        [
            call(ada, key, NOON, 5),
            call(ada, key, NOON, 6, source=CostSource.COMPUTED),
            call(ada, key, NOON, 7, source=CostSource.COMPUTED),
            call(ada, key, NOON, None),
        ]
    )

    assert spend(ada) == [
        ("computed", 2, 0, 13),
        ("reported", 1, 0, 5),
        ("unknown", 1, 1, 0),
    ]


def test_calls_in_flight_and_never_sent_are_left_out(ada: User, team: Team) -> None:
    key = stored_key(team)
    open_ = {"state": RecordState.OPEN, "settled_at": None}
    stored_calls(
        [
            call(ada, key, NOON, None, **open_),
            call(ada, key, NOON, None, state=RecordState.RELEASED),
        ]
    )

    assert spend(ada) == []


def test_staff_see_their_own_calls_and_finance_all(
    ada: User, sam: User, fin: User, team: Team
) -> None:
    key = stored_key(team)
    stored_calls([call(ada, key, NOON, 1), call(sam, key, NOON, 2)])

    assert spend(sam) == [("reported", 1, 0, 2)]
    assert spend(fin) == [("reported", 2, 0, 3)]


def test_narrows_to_a_model_and_to_teams(
    ada: User, team: Team, other_team: Team
) -> None:
    model = stored_model()
    stored_calls(
        [
            call(ada, stored_key(team), NOON, 1, model=model),
            call(ada, stored_key(other_team), NOON, 2),
        ]
    )

    assert spend(ada, model=model.pk) == [("reported", 1, 0, 1)]
    assert spend(ada, team_ids=[other_team.pk]) == [("reported", 1, 0, 2)]
    assert spend(ada, team_ids=[]) == []


def test_calls_that_only_count_tokens_are_told_apart(ada: User, team: Team) -> None:
    key = stored_key(team)
    stored_calls(
        [
            call(ada, key, NOON, None),
            *(call(ada, key, NOON, None, endpoint="tokenize") for _ in range(3)),
            call(ada, key, NOON, 4, endpoint="tokenize"),  # should xAI report a cost
        ]
    )

    found = daily_spend(user=ada, first=NOON.date(), last=NOON.date(), zone=UTC_ZONE)

    told = {row.source: row for row in found}
    assert (told["unknown"].calls, told["unknown"].unknown_calls) == (1, 1)
    assert told["unknown"].count_calls == 3
    assert (told["reported"].calls, told["reported"].cost_ticks) == (0, 4)
    assert told["reported"].count_calls == 1

"""Reports from sums say what the records say, in any zone, however they are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.accounts.models import Team, User
from console.lib.days import DAY, day_of
from console.usage.models import (
    Consumer,
    CostSource,
    Endpoint,
    RecordState,
    ReportingZone,
    UsageRecord,
)
from console.usage.report import (
    Asked,
    By,
    Days,
    Part,
    Sums,
    in_flight,
    over_time,
    split,
)
from console.usage.report_sql import DRAWN
from tests.finance.told import call, stored_calls
from tests.keys.stored import stored_key, stored_model
from tests.people import NOON
from tests.usage.readers import read_in

ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu")
START = datetime(2026, 1, 20, tzinfo=UTC)
FIRST, DAYS = date(2026, 1, 18), 130
FIRSTS = st.integers(0, DAYS).map(lambda n: FIRST + n * DAY)


@pytest.fixture
def zones(db: None) -> dict[str, int]:
    """Zones whose days are built by the first roll-up."""
    read_in(*ZONES)
    made = [ReportingZone.objects.create(name=name) for name in ZONES]
    return {zone.name: zone.pk for zone in made}


@pytest.fixture
def calls(
    ada: User, sam: User, team: Team, other_team: Team, zones: dict[str, int]
) -> list[UsageRecord]:
    """A call every seven hours of four months, of two of everything."""
    keys = [stored_key(team), stored_key(other_team, "elsewhere-prod")]
    models = [stored_model(), None, stored_model("grok-5")]
    sources = [CostSource.REPORTED, CostSource.COMPUTED, CostSource.ESTIMATED]
    return stored_calls(
        call(
            (ada, sam)[n % 2],
            keys[n % 3 % 2],
            START + n * timedelta(hours=7),
            None if n % 11 == 0 else n * 1_000,
            model=models[n % 3],
            source=CostSource.UNKNOWN if n % 11 == 0 else sources[n % 3],
            endpoint=Endpoint.TOKENIZE if n % 13 == 0 else Endpoint.CHAT,
            prompt_tokens=None if n % 5 == 0 else 10 * n,
            cached_tokens=n,
            completion_tokens=2 * n,
            reasoning_tokens=3 * n,
            reported_ticks=7,
            computed_ticks=7 + (n % 17 == 0),
        )
        for n in range(380)
    )


def total(parts: list[Part]) -> Sums:
    return sum((part.sums for part in parts), Sums())


def expected(records: list[UsageRecord]) -> Sums:
    """Add up records one by one."""
    answers = [one for one in records if one.endpoint != Endpoint.TOKENIZE]

    def of(source: str) -> list[UsageRecord]:
        return [one for one in answers if one.source == source]

    def ticks(source: str) -> int:
        return sum(one.cost_ticks or 0 for one in records if one.source == source)

    return Sums(
        calls=len(answers),
        count_calls=len(records) - len(answers),
        untold_calls=sum(one.prompt_tokens is None for one in answers),
        differing_calls=sum(
            one.reported_ticks != one.computed_ticks for one in answers
        ),
        reported_calls=len(of("reported")),
        computed_calls=len(of("computed")),
        estimated_calls=len(of("estimated")),
        unknown_calls=len(of("unknown")),
        cost_ticks=sum(one.cost_ticks or 0 for one in records),
        reported_ticks=ticks("reported"),
        computed_ticks=ticks("computed"),
        estimated_ticks=ticks("estimated"),
        prompt_tokens=sum(one.prompt_tokens or 0 for one in answers),
        cached_tokens=sum(one.cached_tokens or 0 for one in answers),
        image_tokens=0,
        completion_tokens=sum(one.completion_tokens or 0 for one in answers),
        reasoning_tokens=sum(one.reasoning_tokens or 0 for one in answers),
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    zone=st.sampled_from(ZONES),
    first=FIRSTS,
    length=st.integers(1, DAYS),
    by=st.sampled_from(By),
    by_month=st.booleans(),
    most=st.integers(0, 3),
)
def test_parts_and_days_add_up_to_the_records_of_the_range(
    ada: User,
    calls: list[UsageRecord],
    zones: dict[str, int],
    zone: str,
    first: date,
    length: int,
    by: By,
    by_month: bool,
    most: int,
) -> None:
    last = first + (length - 1) * DAY
    days = Days(zone=zones[zone], first=first, last=last, by_month=by_month)
    asked = Asked(viewer=ada)

    parts = split(asked, by, now=days, before=None, most=most)
    named = [part.what for part in parts[:1]]
    moments = over_time(asked, by, days=days, parts=named, drawn=False)
    drawn = over_time(asked, by, days=days, parts=named, drawn=True)

    where = ZoneInfo(zone)
    inside = [one for one in calls if first <= day_of(one.opened_at, where) <= last]
    assert total(parts) == expected(inside)
    assert sum((one.sums for one in moments), Sums()) == expected(inside)
    assert drawn == [
        replace(one, sums=Sums(**{name: getattr(one.sums, name) for name in DRAWN}))
        for one in moments
    ]
    if not by_month:
        assert {one.at for one in moments} == {
            day_of(one.opened_at, where) for one in inside
        }


@pytest.mark.parametrize("by", By)
def test_each_part_has_its_own_calls(
    ada: User, calls: list[UsageRecord], zones: dict[str, int], by: By
) -> None:
    days = Days(zone=zones["UTC"], first=FIRST, last=FIRST + 200 * DAY, by_month=True)
    column = by.value if by is By.ENDPOINT else f"{by}_id"

    parts = split(Asked(viewer=ada), by, now=days, before=None)

    for part in parts:
        own = [
            one
            for one in calls
            if part.what == (None if (of := getattr(one, column)) is None else str(of))
        ]
        assert part.sums == expected(own)
    costs = [part.sums.cost_ticks for part in parts]
    assert costs == sorted(costs, reverse=True)


def test_what_was_called_outside_the_range_alone_is_no_part(
    ada: User, team: Team, zones: dict[str, int]
) -> None:
    inside, outside = stored_key(team, "inside"), stored_key(team, "outside")
    stored_calls(
        [
            call(ada, inside, START),
            call(ada, outside, START + 11 * DAY),  # the last day of January
            call(ada, outside, START - 19 * DAY),  # the first
        ]
    )
    first, last = date(2026, 1, 2), date(2026, 1, 30)
    days = Days(zone=zones["UTC"], first=first, last=last, by_month=True)

    for now, before in ((days, None), (days, days)):
        parts = split(Asked(viewer=ada), By.KEY, now=now, before=before, most=0)
        assert [(part.others, part.sums.calls) for part in parts] == [(1, 1)]


def test_the_last_day_of_the_period_before_counts_up_to_the_same_time(
    ada: User, team: Team, zones: dict[str, int]
) -> None:
    key, june = stored_key(team), datetime(2026, 6, 10, tzinfo=UTC)
    stored_calls(
        [
            call(ada, key, june - 2 * DAY, 1),
            call(ada, key, june - DAY + timedelta(hours=9, minutes=44), 10),
            call(ada, key, june - DAY + timedelta(hours=9, minutes=45), 100),
            call(ada, key, june, 1000),
        ]
    )
    cut = june - DAY, june - DAY + timedelta(hours=9, minutes=45)
    now = Days(zone=zones["UTC"], first=june.date(), last=june.date(), by_month=False)
    before = Days(
        zone=zones["UTC"],
        first=date(2026, 6, 8),
        last=date(2026, 6, 9),
        slots=cut,
        by_month=False,
    )

    (part,) = split(Asked(viewer=ada), By.TEAM, now=now, before=before)

    assert (part.sums.cost_ticks, part.sums.ticks_before) == (1000, 11)
    assert (part.sums.calls, part.sums.calls_before) == (1, 2)


def test_what_is_gone_is_a_part_and_the_rest_is_counted(
    ada: User, team: Team, zones: dict[str, int]
) -> None:
    keys = [stored_key(team, f"key-{n}") for n in range(5)]
    stored_calls(
        call(ada, key, NOON - (DAY if n == 4 else 0 * DAY), 10 ** (n + 1))
        for n, key in enumerate(keys)
    )
    now = Days(zone=zones["UTC"], first=NOON.date(), last=NOON.date(), by_month=False)
    then = Days(
        zone=zones["UTC"],
        first=(NOON - DAY).date(),
        last=(NOON - DAY).date(),
        by_month=False,
    )

    parts = split(Asked(viewer=ada), By.KEY, now=now, before=then, most=2)

    told = [(one.what, one.sums.cost_ticks, one.others) for one in parts]
    assert told == [
        (str(keys[3].pk), 10_000, 0),
        (str(keys[4].pk), 0, 0),
        (None, 1_110, 3),
    ]
    assert parts[1].sums.ticks_before == 100_000


def ticks_seen(asked: Asked, zone: int) -> int:
    days = Days(zone=zone, first=NOON.date(), last=NOON.date(), by_month=False)
    return total(split(asked, By.TEAM, now=days, before=None)).cost_ticks


def test_staff_see_totals_of_their_teams_and_their_own_calls(
    ada: User, sam: User, mia: User, fin: User, olga: User,
    team: Team, other_team: Team, zones: dict[str, int],
) -> None:  # fmt: skip
    key, other = stored_key(team), stored_key(other_team)
    stored_calls(
        [call(ada, key, NOON, 1), call(sam, key, NOON, 10), call(mia, other, NOON, 100)]
    )

    seen = {
        one.username: (
            ticks_seen(Asked(viewer=one), zones["UTC"]),
            ticks_seen(Asked(viewer=one, own=True), zones["UTC"]),
        )
        for one in (ada, fin, olga, sam, mia)
    }

    assert seen == {
        "ada": (111, 1), "fin": (111, 0), "olga": (111, 0), "sam": (11, 10),
        "mia": (100, 100),
    }  # fmt: skip


def test_staff_cannot_ask_whose_calls_a_total_is_of(
    ada: User, sam: User, fin: User, team: Team, zones: dict[str, int]
) -> None:
    key = stored_key(team)
    stored_calls([call(ada, key, NOON, 1), call(sam, key, NOON, 10)])

    assert ticks_seen(Asked(viewer=sam, person=ada.pk), zones["UTC"]) == 11
    assert ticks_seen(Asked(viewer=fin, person=ada.pk), zones["UTC"]) == 1
    assert ticks_seen(Asked(viewer=sam, own=True, person=ada.pk), zones["UTC"]) == 10


def test_narrows_to_each_thing_that_can_be_asked_for(
    fin: User, ada: User, team: Team, other_team: Team, zones: dict[str, int]
) -> None:
    model, key = stored_model(), stored_key(team)
    stored_calls(
        [
            call(ada, key, NOON, 1, model=model),
            call(fin, key, NOON, 10, endpoint=Endpoint.MESSAGES),
            call(ada, stored_key(other_team), NOON, 100, source=CostSource.COMPUTED),
        ]
    )

    wanted: dict[str, Any] = {
        "team": team.pk, "model": model.pk, "key": key.pk, "person": fin.pk,
        "endpoint": "messages", "source": "computed",
    }  # fmt: skip

    seen = {
        name: ticks_seen(Asked(viewer=fin, **{name: value}), zones["UTC"])
        for name, value in wanted.items()
    }

    assert seen == {
        "team": 11, "model": 1, "key": 11, "person": 10, "endpoint": 10, "source": 100,
    }  # fmt: skip


def test_counts_calls_in_flight_of_what_is_asked_for(
    ada: User, sam: User, mia: User, team: Team, other_team: Team
) -> None:
    flying = {"state": RecordState.OPEN, "settled_at": None, "source": ""}
    UsageRecord.objects.bulk_create(
        [
            call(ada, stored_key(team), NOON, None, **flying),
            call(sam, stored_key(team, "b"), NOON, None, **flying),
            call(sam, stored_key(other_team), NOON, 3),
        ]
    )

    assert in_flight(Asked(viewer=ada)) == 2
    assert in_flight(Asked(viewer=sam, own=True)) == 1
    assert in_flight(Asked(viewer=mia)) == 0
    assert in_flight(Asked(viewer=ada, source="reported")) == 0


@pytest.mark.parametrize("number", [1, 40])
def test_a_report_costs_two_statements_for_any_number_of_calls(
    ada: User, team: Team, zones: dict[str, int], number: int
) -> None:
    stored_calls(
        call(ada, stored_key(team, f"k{n}"), NOON - n * DAY) for n in range(number)
    )
    days = Days(zone=zones["UTC"], first=FIRST, last=NOON.date(), by_month=True)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        parts = split(Asked(viewer=ada), By.KEY, now=days, before=days)
        named = [parts[0].what]
        over_time(Asked(viewer=ada), By.KEY, days=days, parts=named, drawn=True)

    sums = [one["sql"] for one in queries if "usage_usage" in one["sql"]]
    assert len(sums) == 2
    assert not [sql for sql in sums if "usage_usagerecord" in sql]


def test_a_person_is_a_consumer(ada: User, team: Team, zones: dict[str, int]) -> None:
    stored_calls([call(ada, stored_key(team), NOON)])
    days = Days(zone=zones["UTC"], first=NOON.date(), last=NOON.date(), by_month=True)

    (part,) = split(Asked(viewer=ada), By.PERSON, now=days, before=None)

    assert part.what == str(Consumer.objects.get(person=ada).pk)

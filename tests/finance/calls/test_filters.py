"""Filters of calls, read from an address."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Q

from console.finance.calls.filters import NO_MODEL, Filters, filters_of
from console.usage.zones import Zone
from tests.people import NOON

UTC_ZONE = Zone("UTC", pk=1)
ID = UUID("01a218b0-c362-7edb-9904-ca8af2f988c7")


def read(zone: Zone = UTC_ZONE, now: datetime = NOON, **values: str) -> Filters:
    if "since" in values:
        values["from"] = values.pop("since")
    return filters_of(values, zone=zone, now=now)


def test_the_last_thirty_days_are_meant_unless_others_are_named() -> None:
    filters = read()

    assert (filters.since, filters.until) == (date(2026, 5, 22), date(2026, 6, 20))
    assert (filters.days, filters.chosen_days, filters.narrows) == (30, False, False)


@pytest.mark.parametrize(
    ("values", "days"),
    [
        pytest.param({"since": "2026-06-01"}, ("2026-06-01", "2026-06-20"), id="from"),
        pytest.param({"to": "2026-03-31"}, ("2026-03-02", "2026-03-31"), id="to"),
        pytest.param(
            {"since": "2026-02-01", "to": "2026-02-01"},
            ("2026-02-01", "2026-02-01"),
            id="one day",
        ),
        pytest.param(
            {"since": "2026-02-09", "to": "2026-02-01"},
            ("2026-02-01", "2026-02-09"),
            id="the wrong way round",
        ),
        pytest.param({"since": "2027-01-01"}, ("2027-01-01",) * 2, id="to come"),
        pytest.param({"since": "soon"}, ("2026-05-22", "2026-06-20"), id="nonsense"),
        pytest.param({"to": "0001-01-01"}, ("2026-05-22", "2026-06-20"), id="no year"),
        pytest.param({"to": "9999-12-31"}, ("2026-05-22", "2026-06-20"), id="the last"),
    ],
)
def test_days_are_both_included(values: dict[str, Any], days: tuple[str, str]) -> None:
    filters = read(**values)

    assert (str(filters.since), str(filters.until)) == days


@pytest.mark.parametrize(
    ("values", "problem", "wrong"),
    [
        pytest.param({}, "", (), id="none"),
        pytest.param({"since": "", "to": ""}, "", (), id="empty"),
        pytest.param({"since": "2026-02-01", "to": "2026-02-01"}, "", (), id="one day"),
        pytest.param(
            {"since": "2026-02-30", "to": "2026-03-01"},
            "“2026-02-30” is no date, so it was left out. Write days as 2026-01-31.",
            ("from",),
            id="no date",
        ),
        pytest.param(
            {"since": "soon\n", "to": "9999-12-31"},
            "“soon” and “9999-12-31” are no dates, so they were left out. "
            "Write days as 2026-01-31.",
            ("from", "to"),
            id="both",
        ),
        pytest.param(
            {"since": "2026-02-09", "to": "2026-02-01"},
            "The first day came after the last one, so they were swapped.",
            ("from", "to"),
            id="the wrong way round",
        ),
    ],
)
def test_says_which_days_make_no_sense(
    values: dict[str, Any], problem: str, wrong: tuple[str, ...]
) -> None:
    filters = read(**values)

    assert (filters.problem, filters.wrong) == (problem, wrong)


def test_days_are_those_of_the_reporting_zone() -> None:
    kathmandu = Zone("Asia/Kathmandu", pk=1)
    late = datetime(2026, 6, 20, 20, 0, tzinfo=UTC)  # tomorrow there

    filters = read(kathmandu, late, since="2026-06-21")

    assert filters.until == date(2026, 6, 21)
    assert filters.bounds == (
        datetime(2026, 6, 20, 18, 15, tzinfo=UTC),
        datetime(2026, 6, 21, 18, 15, tzinfo=UTC),
    )


def test_every_name_is_read_and_kept_in_words() -> None:
    filters = read(
        team=str(ID),
        model="grok-4.3",
        key=str(ID),
        person=str(ID),
        endpoint="chat",
        source="unknown",
        outcome="cut",
        state="settled",
        differs="1",
        size="100",
        page="abc",
    )

    assert filters.dimensions == {
        "team": ID,
        "key": ID,
        "consumer__person": ID,
        "endpoint": "chat",
        "source": "unknown",
        "outcome": "cut",
    }
    assert (filters.size, filters.cursor, filters.narrows) == (100, "abc", True)
    assert filters.in_words() == {
        "from": "2026-05-22",
        "to": "2026-06-20",
        "team": str(ID),
        "model": "grok-4.3",
        "key": str(ID),
        "consumer": str(ID),
        "endpoint": "chat",
        "source": "unknown",
        "outcome": "cut",
        "state": "settled",
        "differs": "True",
    }


@pytest.mark.parametrize(
    "name", ["team", "key", "person", "endpoint", "source", "outcome", "state", "size"]
)
def test_nonsense_is_left_out(name: str) -> None:
    nonsense: dict[str, Any] = {name: "zqxjvkwb"}

    assert read(**nonsense) == read()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", Q()),
        (NO_MODEL, Q(model=None)),
        (str(ID), Q(model=ID)),
        ("grok-4.3", Q(model__model_id="grok-4.3")),
    ],
)
def test_a_model_is_named_by_its_row_or_by_xais_name(text: str, asked: Q) -> None:
    assert read(model=text).model_asked == asked


def test_a_pasted_key_is_not_kept_as_the_name_of_a_model() -> None:
    assert "A1b2" not in read(model="xai-" + "A1b2C3d4E5" * 8).model

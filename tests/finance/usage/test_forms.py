"""What the address of a usage page may ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from console.accounts.models import Role, User
from console.finance.usage.forms import Filters, Measure, Tab, ZoneForm, filters_of
from console.finance.usage.periods import Against, Bucket, Period

FIN = User(username="fin", role=Role.FINANCE)
SAM = User(username="sam", role=Role.STAFF)
ID = uuid4()


def read(viewer: User = FIN, own: bool = False, **values: Any) -> Filters:
    return filters_of(values, viewer=viewer, own=own)


def test_nothing_asks_for_this_month_by_day_the_dearest_first() -> None:
    assert read() == Filters()
    assert read().link() == "?"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"period": "90"}, {"period": Period.DAYS_90}),
        ({"by": "key"}, {"tab": Tab.KEY, "sort": "cost"}),
        ({"by": "key", "sort": "-name"}, {"tab": Tab.KEY, "sort": "name"}),
        ({"sort": "-cost"}, {"sort": "cost"}),
        ({"bucket": "week"}, {"bucket": Bucket.WEEK}),
        ({"against": "year"}, {"against": Against.YEAR}),
        ({"against": "none"}, {"against": Against.NOTHING}),
        ({"chart": "calls"}, {"measure": Measure.CALLS}),
        ({"team": str(ID)}, {"team": ID}),
        ({"person": str(ID)}, {"person": ID}),
        ({"endpoint": "chat"}, {"endpoint": "chat"}),
        ({"source": "unknown"}, {"source": "unknown"}),
        ({"sort": "name"}, {"sort": "name", "backwards": False}),
        ({"sort": "-calls"}, {"sort": "calls"}),
        (
            {"from": "2026-06-01", "to": "2026-06-07"},
            {
                "period": Period.CUSTOM,
                "first": date(2026, 6, 1),
                "last": date(2026, 6, 7),
            },
        ),
    ],
)
def test_reads_what_makes_sense_and_writes_it_back(
    values: dict[str, Any], found: dict[str, Any]
) -> None:
    filters = read(**values)

    assert filters == Filters(**found)
    again: dict[str, Any] = {
        name: one[0] for name, one in parse_qs(filters.link()[1:]).items()
    }
    assert read(**again) == filters


@pytest.mark.parametrize("name", ["period", "by", "bucket", "team", "model", "key",
                                  "person", "endpoint", "source", "sort"])  # fmt: skip
@pytest.mark.parametrize("value", ["nonsense", "\0", "'; --", "👾", "", "custom"])
def test_nonsense_is_left_out(name: str, value: str) -> None:
    found = read(**dict[str, Any]({name: value}))

    assert replace(found, problem="") == Filters()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"team": "abc"}, "says of team makes"),
        ({"period": "zzz", "source": "zzz"}, "says of period and source makes"),
        (
            {"model": "\0", "key": "1", "endpoint": "x"},
            "of model, key and endpoint",
        ),
        ({"team": str(ID).upper(), "period": "30", "endpoint": "chat"}, ""),
        ({"team": "", "period": "custom"}, ""),
        ({"period": "month", "from": "", "to": ""}, ""),
    ],
)
def test_filters_that_are_left_out_are_named(query: dict[str, Any], why: str) -> None:
    problem = read(**query).problem

    assert (why in problem) if why else not problem


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("2026-06-07", "2026-06-01", "before the first"),
        ("2026-06-07", "", "One of the days is missing"),
        ("<b>", "2026-06-01", "“<b>” is no date"),
        ("2001-01-01", "2001-02-01", "before any price"),
    ],
)
def test_days_that_make_no_sense_say_why(start: str, end: str, why: str) -> None:
    filters = read(**dict[str, Any]({"from": start, "to": end}))

    assert why in filters.problem
    assert filters.period is Period.MONTH
    assert filters.first is None


def test_a_chosen_period_wins_over_days() -> None:
    filters = read(
        **dict[str, Any]({"period": "30", "from": "2026-06-07", "to": "2026-06-01"})
    )

    assert (filters.period, filters.problem) == (Period.DAYS_30, "")


@pytest.mark.parametrize(("viewer", "own"), [(SAM, False), (SAM, True), (FIN, True)])
def test_only_who_sees_whose_calls_are_whose_asks_for_a_person(
    viewer: User, own: bool
) -> None:
    assert read(viewer, own, person=str(ID), by="person") == Filters()


def test_single_calls_are_asked_for_with_the_same_filters() -> None:
    filters = read(team=str(ID), source="computed")

    url = filters.calls_url(date(2026, 6, 1), date(2026, 6, 7), key="k", person=None)

    path, _, query = url.partition("?")
    assert path == "/usage/calls/"
    assert QueryDict(query).dict() == {
        "team": str(ID), "source": "computed", "key": "k", "from": "2026-06-01",
        "to": "2026-06-07",
    }  # fmt: skip


@given(st.dictionaries(st.sampled_from(["from", "to", "team", "sort"]), st.text()))
def test_any_text_is_harmless(values: dict[str, str]) -> None:
    filters = filters_of(values, viewer=FIN, own=False)

    assert filters.link().startswith("?")


@pytest.mark.parametrize("text", ["Europe/Oslo", "europe/oslo", " Europe/Oslo "])
def test_a_zone_is_found_however_it_is_written(text: str) -> None:
    form = ZoneForm({"zone": text})

    assert form.is_valid()
    assert form.cleaned_data["zone"] == "Europe/Oslo"


@pytest.mark.parametrize("text", ["", "Oslo", "../etc/passwd", "Europe/" + "x" * 99])
def test_what_is_no_zone_is_refused(text: str) -> None:
    assert not ZoneForm({"zone": text}).is_valid()

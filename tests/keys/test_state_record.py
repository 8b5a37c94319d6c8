"""The state of one key over 30 days, drawn large and said in words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team
from console.keys.models import ApiKey, Origin, StateSpan
from console.keys.state_record import StateRecord, share, state_record
from console.keys.timeline import Event
from tests.keys.stored import stored_key
from tests.people import NOON

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TODAY = NOON.replace(hour=0)
FIRST = TODAY - 29 * DAY


@pytest.fixture
def api_key(team: Team) -> ApiKey:
    return stored_key(team, checked_at=NOON, verified_at=NOON)


def spans(api_key: ApiKey, start: datetime, *pieces: tuple[str, timedelta]) -> None:
    """Store spans one behind the other; the last one is still open."""
    for state, length in pieces:
        StateSpan.objects.create(
            key=api_key, state=state, starts_at=start, ends_at=start + length
        )
        start += length
    StateSpan.objects.filter(key=api_key, ends_at=start).update(ends_at=None)


def outside(api_key: ApiKey, at: datetime, title: str = "Renamed") -> Event:
    return Event(
        title=title, glyph="outside", gap_from=None, gap_until=at, key_id=api_key.pk,
        origin=Origin.OUTSIDE,
    )  # fmt: skip


def record(api_key: ApiKey, *events: Event) -> StateRecord:
    return state_record(key=api_key, events=events, now=NOON)


def test_draws_thirty_bars_and_names_each_week(api_key: ApiKey) -> None:
    spans(api_key, FIRST, ("active", 30 * DAY))

    shown = record(api_key)

    assert [bar.mark for bar in shown.bars] == ["ok"] * 30
    assert (shown.bars[1].x, shown.bars[1].width) == ("3.33%", "2.7%")
    assert [label.text for label in shown.dates] == [
        *("22 May", "29 May", "5 Jun", "12 Jun"),
        "today",
    ]
    assert shown.bars[29].title == "20 Jun: usable"
    assert shown.finding == "Last 30 days: usable on 30"
    assert shown.sentences == [
        "Usable all of the time.",
        "Neither blocked nor rejected since 22 May.",
    ]


def test_says_how_much_was_usable_and_what_the_last_outage_was(api_key: ApiKey) -> None:
    spans(
        api_key, TODAY - 10 * DAY, ("active", 3 * DAY), ("unreachable", 35 * MINUTE),
        ("active", DAY), ("stale", 2 * HOUR), ("active", 10 * DAY),
    )  # fmt: skip

    shown = record(api_key)

    assert shown.sentences == [
        "Usable for 98.9% of the time.",
        "Last outage: unreachable for 35 min on 13 June.",
        "Not verified for 2 h in all.",
        "Neither blocked nor rejected since 10 June.",
    ]
    assert shown.bars[22].title == "13 Jun: unreachable for 35 min, usable for 23 h"
    assert shown.outage is not None
    assert (shown.outage.text, shown.outage.anchor) == ("35 min", "mid")


def test_an_outage_that_lasts_is_said_so(api_key: ApiKey) -> None:
    ApiKey.objects.update(state="key_blocked")
    spans(api_key, TODAY - DAY, ("active", DAY), ("key_blocked", DAY))

    shown = record(api_key)

    assert shown.sentences == [
        "Usable for 66.6% of the time.",
        "Blocked since 20 June, for 12 h so far.",
    ]
    assert shown.outage is not None
    assert shown.outage.anchor == "end"


def test_a_key_that_never_answered_claims_nothing(api_key: ApiKey) -> None:
    shown = record(api_key)

    assert shown.sentences == ["No check has told its state yet."]
    assert {bar.mark for bar in shown.bars} == {"gap"}
    assert shown.bars[0].title == "22 May: not yet known"
    assert shown.outage is None


def test_a_key_that_was_never_usable_is_not_called_so(api_key: ApiKey) -> None:
    ApiKey.objects.update(state="disabled")
    spans(api_key, TODAY, ("disabled", DAY))

    assert record(api_key).sentences == [
        "Usable at no time.",
        "Neither blocked nor rejected since 20 June.",
    ]


def test_marks_what_was_changed_outside(api_key: ApiKey) -> None:
    spans(api_key, FIRST, ("active", 30 * DAY))

    shown = record(
        api_key,
        outside(api_key, NOON - HOUR, "Access widened"),
        outside(api_key, FIRST + 12 * HOUR),
        outside(api_key, FIRST - HOUR, "Too old"),
        Event(
            title="By xAI", glyph="", gap_from=None, gap_until=NOON, key_id=api_key.pk
        ),
    )

    assert [(line.x, line.text) for line in shown.marks] == [
        ("98.19%", "Access widened, outside"),
        ("1.67%", "Renamed, outside"),
    ]
    assert shown.newest is not None
    assert (shown.newest.anchor, shown.newest.x) == ("end", "97.19%")
    assert shown.finding.endswith(
        "access widened outside on 20 June, renamed outside on 22 May"
    )


def test_words_at_the_left_edge_stand_right_of_their_line(api_key: ApiKey) -> None:
    shown = record(api_key, outside(api_key, FIRST))

    assert shown.newest is not None
    assert (shown.newest.x, shown.newest.anchor) == ("1.00%", "")


def test_labels_do_not_stand_in_each_others_way(api_key: ApiKey) -> None:
    spans(
        api_key, FIRST, ("active", 28 * DAY), ("unreachable", HOUR), ("active", 2 * DAY)
    )

    beside = record(api_key, outside(api_key, NOON))
    apart = record(api_key, outside(api_key, FIRST))

    assert beside.outage is None
    assert apart.outage is not None


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (1, 2, "50%"),
        (999, 1000, "99.9%"),
        (9_999_999, 10_000_000, "99.9%"),
        (1, 3, "33.3%"),
        (1, 10_000, "less than 0.1%"),
        (0, 10, "0%"),
        (10, 10, "100%"),
    ],
)
def test_a_share_is_never_rounded_up_to_all_or_down_to_nothing(
    part: int, whole: int, words: str
) -> None:
    assert share(part * MINUTE, whole * MINUTE) == words


def test_costs_one_query(
    api_key: ApiKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    spans(api_key, FIRST, ("active", 3 * DAY), ("stale", DAY), ("active", 26 * DAY))

    with django_assert_num_queries(1):
        record(api_key)

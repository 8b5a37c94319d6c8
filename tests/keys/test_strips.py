"""Thirty days of keys in little: reckoned by day, found in one query, drawn."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team
from console.keys.models import ApiKey, KeyState, StateSpan
from console.keys.shown import ShownState
from console.keys.strips import Stretch, Strip, strip, strips_of
from tests.keys.stored import key, stored_key
from tests.people import NOON

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TODAY = NOON.replace(hour=0)
S = ShownState


def drawn(*pieces: tuple[ShownState, datetime, datetime], days: int = 4) -> Strip:
    return strip([Stretch(*piece) for piece in pieces], now=NOON, days=days)


def stored_span(
    api_key: ApiKey, state: str, start: datetime, end: datetime | None = None
) -> StateSpan:
    return StateSpan.objects.create(
        key=api_key, state=state, starts_at=start, ends_at=end
    )


@pytest.mark.parametrize(
    ("pieces", "marks"),
    [
        pytest.param([], "gap gap gap gap", id="nothing known"),
        pytest.param(
            [(S.ACTIVE, TODAY - 9 * DAY, NOON)], "ok ok ok ok", id="longer than shown"
        ),
        pytest.param(
            [(S.ACTIVE, TODAY - DAY + HOUR, NOON)], "gap gap ok ok", id="seen lately"
        ),
        pytest.param(
            [
                (S.ACTIVE, TODAY - 2 * DAY, TODAY - DAY + HOUR),
                (S.UNREACHABLE, TODAY - DAY + HOUR, TODAY - DAY + 2 * HOUR),
                (S.ACTIVE, TODAY - DAY + 2 * HOUR, NOON),
            ],
            "gap ok warn ok",
            id="the worst of a day, however short",
        ),
        pytest.param(
            [(S.ACTIVE, TODAY - 2 * DAY, TODAY), (S.DISABLED, TODAY, NOON)],
            "gap ok ok off",
            id="a border at midnight belongs to the later day",
        ),
        pytest.param(
            [
                (S.TEAM_BLOCKED, TODAY - 3 * DAY, TODAY - 3 * DAY + MINUTE),
                (S.KEY_BLOCKED, TODAY - 2 * DAY, TODAY - 2 * DAY + MINUTE),
                (S.REJECTED, TODAY - DAY, TODAY - DAY + MINUTE),
                (S.STALE, TODAY, TODAY + MINUTE),
            ],
            "bad bad bad stale",
            id="blocked and rejected are drawn alike",
        ),
        pytest.param(
            [(S.REJECTED, TODAY - 9 * DAY, TODAY - 8 * DAY)],
            "gap gap gap gap",
            id="before what is shown",
        ),
        pytest.param([(S.REJECTED, NOON, NOON)], "gap gap gap gap", id="no length"),
    ],
)
def test_draws_the_worst_of_each_day(
    pieces: list[tuple[ShownState, datetime, datetime]], marks: str
) -> None:
    assert " ".join(drawn(*pieces).marks) == marks


WORST_FIRST = [
    S.TEAM_BLOCKED,
    S.KEY_BLOCKED,
    S.REJECTED,
    S.UNREACHABLE,
    S.STALE,
    S.DISABLED,
    S.ACTIVE,
]


@pytest.mark.parametrize(("worse", "better"), list(pairwise(WORST_FIRST)))
def test_a_worse_state_hides_a_better_one(
    worse: ShownState, better: ShownState
) -> None:
    shown = drawn(
        (better, TODAY, TODAY + 9 * HOUR), (worse, TODAY + 9 * HOUR, NOON), days=1
    )

    (day,) = shown.days
    assert [part.state for part in day.parts] == [worse, better]
    assert day.worst is not None
    assert day.worst.lasted == 3 * HOUR


def test_a_state_in_several_pieces_is_added_up() -> None:
    (_, _, _, today) = drawn(
        (S.UNREACHABLE, TODAY + HOUR, TODAY + 2 * HOUR),
        (S.ACTIVE, TODAY + 2 * HOUR, TODAY + 3 * HOUR),
        (S.UNREACHABLE, TODAY + 3 * HOUR, TODAY + 4 * HOUR),
    ).days

    assert today.date == date(2026, 6, 20)
    assert [(part.state, part.lasted) for part in today.parts] == [
        (S.UNREACHABLE, 2 * HOUR),
        (S.ACTIVE, HOUR),
    ]


@pytest.mark.parametrize(
    ("pieces", "finding"),
    [
        ([], "Nothing is known of these days yet"),
        ([(S.ACTIVE, TODAY, NOON)], "Last 1 day: usable on 1"),
        (
            [
                (S.ACTIVE, TODAY - 3 * DAY, TODAY - DAY),
                (S.UNREACHABLE, TODAY - DAY, TODAY - HOUR),
                (S.KEY_BLOCKED, TODAY, TODAY + HOUR),
            ],
            "Last 4 days: usable on 2, blocked on 1, unreachable for a time on 1",
        ),
        (
            [
                (S.TEAM_BLOCKED, TODAY - 3 * DAY, TODAY - 2 * DAY),
                (S.KEY_BLOCKED, TODAY - 2 * DAY, TODAY - DAY),
                (S.STALE, TODAY - DAY, TODAY),
                (S.DISABLED, TODAY, NOON),
            ],
            "Last 4 days: blocked on 2, not verified on 1, disabled on 1",
        ),
    ],
)
def test_says_in_words_what_is_drawn(
    pieces: list[tuple[ShownState, datetime, datetime]], finding: str
) -> None:
    assert drawn(*pieces).finding == finding


def test_one_query_for_any_number_of_keys(
    team: Team, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keys = ApiKey.objects.bulk_create(
        key(team, str(n), verified_at=NOON) for n in range(50)
    )
    StateSpan.objects.bulk_create(
        StateSpan(key=one, state="active", starts_at=TODAY - DAY) for one in keys
    )
    StateSpan.objects.bulk_create(
        StateSpan(
            key=one, state="rejected", starts_at=TODAY - 2 * DAY, ends_at=TODAY - DAY
        )
        for one in keys[:20]
    )

    with django_assert_num_queries(1):
        strips = strips_of([one.pk for one in keys], now=NOON, days=3)

    assert strips[keys[0].pk].marks == ("bad", "ok", "ok")
    assert strips[keys[49].pk].marks == ("gap", "ok", "ok")


def test_a_key_without_spans_has_a_strip_of_dots(db: None) -> None:
    nowhere = uuid4()

    assert strips_of([nowhere], now=NOON, days=2)[nowhere].marks == ("gap", "gap")


def test_what_is_no_longer_trusted_is_shown_as_not_verified(team: Team) -> None:
    forgotten = stored_key(team, verified_at=TODAY - DAY)
    stored_span(forgotten, "active", TODAY - 2 * DAY)

    (strip,) = strips_of([forgotten.pk], now=NOON, days=4).values()

    assert strip.marks == ("gap", "ok", "stale", "stale")
    yesterday = strip.days[2]
    assert [(part.state, part.lasted) for part in yesterday.parts] == [
        (S.STALE, DAY - 30 * MINUTE),
        (S.ACTIVE, 30 * MINUTE),
    ]


def test_a_rejected_key_is_trusted_by_its_last_try(team: Team) -> None:
    rejected = stored_key(
        team, state=KeyState.REJECTED, verified_at=None, checked_at=NOON - MINUTE
    )
    stored_span(rejected, "rejected", TODAY - DAY)

    (strip,) = strips_of([rejected.pk], now=NOON, days=2).values()

    assert strip.marks == ("bad", "bad")


def test_a_span_that_starts_later_than_the_trust_ends_is_not_turned_around(
    team: Team,
) -> None:
    odd = stored_key(team, verified_at=TODAY - 3 * DAY)
    stored_span(odd, "active", TODAY)

    (strip,) = strips_of([odd.pk], now=NOON, days=2).values()

    assert strip.marks == ("gap", "stale")


def test_an_hour_before_midnight_elsewhere_is_still_a_utc_day(team: Team) -> None:
    oslo = NOON.astimezone(datetime.fromisoformat("2026-06-20T12:00+02:00").tzinfo)

    assert strip([], now=oslo, days=1).days[0].date == date(2026, 6, 20)


def test_the_drawing_has_a_bar_for_each_day_and_says_the_finding() -> None:
    shown = drawn((S.ACTIVE, TODAY - 2 * DAY, TODAY), (S.REJECTED, TODAY, NOON))

    svg = render_to_string("keys/_strip.html", {"strip": shown})

    assert svg.count("<rect") == 4
    assert 'aria-label="Last 3 days: usable on 2, rejected on 1"' in svg
    assert '<rect class="gap" x="1.0" y="17.5" width="1.4" height="1.4"/>' in svg
    assert '<rect class="ok" x="8.8" y="13" width="3.2" height="7"/>' in svg
    assert '<rect class="bad" x="13.2" y="0" width="3.2" height="20"/>' in svg


def test_the_legend_names_every_mark() -> None:
    legend = render_to_string("keys/_strip_legend.html")

    for mark in ("ok", "warn", "bad", "off", "stale", "gap"):
        assert f'class="lg-{mark}"' in legend

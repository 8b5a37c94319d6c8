"""What is left of budgets, for calls and for pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Role, Team, User
from console.keys.models import ApiKey
from console.usage import allowance
from console.usage.allowance import Meter, window_of
from console.usage.budget_words import name_of
from console.usage.models import Span
from tests.finance.budgets.made import USD, raised, set_budget
from tests.finance.told import call
from tests.keys.stored import stored_key, stored_model
from tests.people import NOON, person

DAY = timedelta(days=1)


def meter(**amounts: Any) -> Meter:
    return Meter(**{"limit": 100, **amounts}, starts_at=NOON, resets_at=NOON + DAY)


@pytest.mark.parametrize(
    ("span", "starts", "ends"),
    [
        (Span.DAY, "2026-12-31", "2027-01-01"),
        (Span.WEEK, "2026-12-28", "2027-01-04"),
        (Span.MONTH, "2026-12-01", "2027-01-01"),
    ],
)
def test_windows_are_of_the_calendar_of_utc(span: Span, starts: str, ends: str) -> None:
    last_second = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)

    window = window_of(span, last_second)

    assert [f"{one:%Y-%m-%d %H:%M}" for one in window] == [
        f"{starts} 00:00",
        f"{ends} 00:00",
    ]


@pytest.mark.parametrize(
    ("amounts", "left", "over", "percent"),
    [
        pytest.param({}, 100, 0, 0, id="nothing spent"),
        pytest.param({"spent": 40, "reserved": 25}, 35, 0, 40, id="some in flight"),
        pytest.param({"spent": 40, "unknown": 20}, 40, 0, 60, id="some unknown"),
        pytest.param({"spent": 90, "reserved": 30}, 0, 0, 90, id="soft, more held"),
        pytest.param({"spent": 130}, 0, 30, 130, id="soft, passed"),
        pytest.param({"limit": 0}, 0, 0, 100, id="nothing may be spent"),
    ],
)
def test_a_meter_tells_what_is_left(
    amounts: dict[str, int], left: int, over: int, percent: int
) -> None:
    one = meter(**amounts)

    assert (one.left, one.over, one.percent) == (left, over, percent)


def test_the_bar_is_never_longer_than_its_track() -> None:
    assert meter(spent=33, reserved=9_999).taken_width == "100.00%"
    assert meter(spent=33).used_width == "33.00%"
    assert meter(limit=0).used_width == "100.00%"


@pytest.mark.django_db
def test_a_budget_is_called_by_all_that_it_names(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    grok = stored_model("grok-4.3")

    names = [
        name_of(set_budget(ada, month=1)),
        name_of(set_budget(ada, day=1, each_person=True)),
        name_of(set_budget(ada, week=1, team=team, each_person=True)),
        name_of(set_budget(ada, day=1, key=api_key, model=grok)),
        name_of(set_budget(ada, day=1, model=grok)),
        name_of(set_budget(ada, day=1, person=sam, team=team, model=grok)),
    ]

    assert names == [
        "monthly budget of the whole organisation",
        "daily budget of each person",
        "weekly budget of each person in the team Search",
        "daily budget of the key search-prod for the model grok-4.3",
        "daily budget of the model grok-4.3",
        "daily budget of Sam in the team Search for the model grok-4.3",
    ]


@pytest.mark.django_db
class TestLeastLeft:
    """What the line before sending asks."""

    def left(self, user: User, key: ApiKey) -> allowance.Left | None:
        return allowance.least_left(
            user,
            team_id=key.team_id,
            key_id=key.pk,
            model_id=None,
            now=timezone.now(),
        )

    def test_nothing_where_no_budget_counts_the_call(
        self, ada: User, sam: User, other_team: Team, api_key: ApiKey
    ) -> None:
        set_budget(ada, day=1, team=other_team)
        set_budget(ada, day=1, person=ada)
        set_budget(ada, day=1, model=stored_model())

        assert self.left(sam, api_key) is None

    def test_the_hard_one_of_which_least_is_left(
        self, ada: User, sam: User, team: Team, api_key: ApiKey
    ) -> None:
        set_budget(ada, day=1, team=team, hard=False)
        set_budget(ada, week=4, team=team)
        set_budget(ada, month=9, each_person=True)
        call(sam, api_key, timezone.now(), USD).save(force_insert=True)

        left = self.left(sam, api_key)

        assert left is not None
        assert (left.name, left.meter.left) == (
            "weekly budget of the team Search",
            3 * USD,
        )
        assert not left.for_each

    def test_of_each_person_only_the_callers_own_window(
        self, ada: User, sam: User, api_key: ApiKey
    ) -> None:
        call(ada, api_key, timezone.now(), 4 * USD).save(force_insert=True)
        set_budget(ada, day=5, each_person=True)

        left = self.left(sam, api_key)

        assert left is not None
        assert left.for_each
        assert left.meter.left == 5 * USD

    def test_a_raise_is_in_it(self, ada: User, sam: User, api_key: ApiKey) -> None:
        budget = set_budget(ada, day=5, person=sam)
        raised(budget, ada)

        left = self.left(sam, api_key)

        assert left is not None
        assert (left.meter.limit, left.meter.raised) == (8 * USD, 3 * USD)

    def test_it_takes_two_queries(
        self,
        ada: User,
        sam: User,
        team: Team,
        api_key: ApiKey,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        set_budget(ada, day=5, each_person=True)
        set_budget(ada, day=5, team=team)

        with django_assert_num_queries(2):
            self.left(sam, api_key)


@pytest.mark.django_db
def test_staff_see_what_their_calls_count_in(
    ada: User, sam: User, mia: User, team: Team, other_team: Team, api_key: ApiKey
) -> None:
    set_budget(ada, day=1)
    set_budget(ada, day=1, each_person=True)
    set_budget(ada, day=1, person=sam)
    set_budget(ada, day=1, team=team)
    set_budget(ada, day=1, key=api_key)

    def seen(user: User) -> set[str]:
        found = allowance.standings_of(user, now=timezone.now())
        return {one.name.removeprefix("daily budget of ") for one in found}

    assert seen(mia) == {"the whole organisation", "each person"}
    assert (
        seen(sam)
        == seen(ada)
        == seen(mia)
        | {
            "Sam",
            "the team Search",
            "the key search-prod",
        }
    )


@pytest.mark.django_db
def test_oversight_sees_how_many_called_and_the_fullest(
    ada: User, sam: User, fin: User, api_key: ApiKey
) -> None:
    call(sam, api_key, timezone.now(), 4 * USD).save(force_insert=True)
    call(ada, api_key, timezone.now(), USD).save(force_insert=True)
    budget = set_budget(ada, day=5, each_person=True)

    (one,) = allowance.standings_of(fin, now=timezone.now())
    (own,) = allowance.standings_of(sam, now=timezone.now())

    assert one.fullest is not None
    assert (one.people, one.fullest.name, one.fullest.meter.percent) == (2, "Sam", 80)
    assert one.meter.used == 0  # of their own
    assert (own.people, own.fullest, own.meter.percent) == (0, None, 80)
    people = allowance.people_of(budget, now=timezone.now())
    assert [one.name for one in people] == ["Sam", "Ada"]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 12])
def test_the_number_of_queries_is_the_same_for_any_number_of_budgets(
    ada: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    set_budget(ada, day=5, each_person=True)
    for n in range(number):
        key = stored_key(team, f"k{n}")
        call(person(f"p{n}", Role.STAFF, team), key, timezone.now(), 1).save(
            force_insert=True
        )
        set_budget(ada, day=1, key=key)

    with django_assert_num_queries(3):
        found = allowance.standings_of(ada, now=timezone.now())

    assert len(found) == number + 1


@pytest.mark.django_db
def test_a_window_that_is_over_is_past_and_no_more_current(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    call(sam, api_key, timezone.now(), USD).save(force_insert=True)
    budget = set_budget(ada, day=5, team=team)
    tomorrow = timezone.now() + DAY

    (now,) = allowance.standings_of(ada, now=tomorrow)
    (past,) = allowance.past_of(budget, ada, now=tomorrow, most=9)

    assert now.meter.used == 0
    assert past.used == USD
    assert now.meter.starts_at == past.resets_at

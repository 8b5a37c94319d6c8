"""Each threshold of a window is told once, and ends with what it was about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Team, User
from console.alerts import budget_watch
from console.alerts.incidents import Settled
from console.alerts.models import Ending, Incident
from console.alerts.tasks import sweep
from console.audit.actors import SYSTEM
from console.keys.models import ApiKey
from console.usage import budgeting, raising
from console.usage.budgeting import Terms
from console.usage.models import Budget, BudgetWindow
from tests.alerts.conftest import MakeChannel, told
from tests.finance.budgets.made import USD, raised, set_budget, window_of
from tests.finance.told import call
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def budget(ada: User, team: Team) -> Budget:
    """Ten dollars a month for `team`."""
    return set_budget(ada, month=10, team=team)


def spend(person: User, key: ApiKey, ticks: int | None, **more: int) -> None:
    call(person, key, timezone.now(), ticks, **more).save(force_insert=True)


def open_titles() -> list[str]:
    rows = Incident.objects.open().filter(kind="budget").order_by("opened_at")
    return list(rows.values_list("title", flat=True))


HALF = "50% of the monthly budget of the team Search is used"
MOST = "80% of the monthly budget of the team Search is used"
ALL = "The monthly budget of the team Search is used up"


def test_nothing_is_told_below_the_first_threshold(
    budget: Budget, sam: User, api_key: ApiKey
) -> None:
    spend(sam, api_key, 5 * USD - 1)

    assert budget_watch.sweep() == Settled()
    assert open_titles() == []


@pytest.mark.parametrize(
    ("ticks", "title"),
    [
        (5 * USD, HALF),
        (8 * USD - 1, HALF),
        (8 * USD, MOST),
        (10 * USD - 1, MOST),
        (10 * USD, ALL),
        (99 * USD, ALL),
    ],
)
def test_the_highest_threshold_that_was_reached_is_told(
    budget: Budget, sam: User, api_key: ApiKey, ticks: int, title: str
) -> None:
    spend(sam, api_key, ticks)

    assert budget_watch.sweep() == Settled(opened=1)
    assert open_titles() == [title]


def test_it_says_the_numbers_the_end_and_who_decides(
    budget: Budget, sam: User, team: Team, api_key: ApiKey
) -> None:
    spend(sam, api_key, 5 * USD)
    spend(sam, api_key, None, ceiling_ticks=USD)

    budget_watch.sweep()

    incident = Incident.objects.get()
    assert incident.team == team
    assert incident.sentence.startswith(
        "$6.00 of $10.00 is used, $1.00 of it for calls whose cost is not known; calls "
        "that do not fit are refused. It begins anew on 1 "
    )
    assert incident.sentence.endswith(", 00:00 UTC. Ada decides on more.")
    assert incident.detail["budget"] == str(budget.pk)
    assert incident.detail["percent"] == 50


def test_each_threshold_is_told_once_and_takes_over_the_one_before(
    budget: Budget, sam: User, api_key: ApiKey, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    for ticks in (5 * USD, 1, 3 * USD, 1, 2 * USD):
        spend(sam, api_key, ticks)
        sweep()
        sweep()

    assert open_titles() == [ALL]
    closed = Incident.objects.exclude(closed_at=None)
    assert [one.title for one in closed.order_by("opened_at")] == [HALF, MOST]
    assert {one.ending for one in closed} == {Ending.REPLACED}
    assert told(channel) == [("opened", "waiting")] * 3  # of no end that went on
    assert window_of(budget).told_percent == 100


def test_what_is_in_flight_is_not_used(
    budget: Budget, sam: User, api_key: ApiKey
) -> None:
    more = {"state": "open", "source": "", "settled_at": None}
    row = call(sam, api_key, timezone.now(), None, ceiling_ticks=9 * USD, **more)
    row.save(force_insert=True)

    assert budget_watch.sweep() == Settled()


def test_a_raise_ends_it_and_lets_it_be_told_again(
    budget: Budget, sam: User, ada: User, api_key: ApiKey
) -> None:
    spend(sam, api_key, 8 * USD)
    budget_watch.sweep()

    more = raised(budget, ada)  # 8 of 13 are 61 %

    assert budget_watch.sweep() == Settled(closed=1)
    assert Incident.objects.get().ending == Ending.LAPSED
    assert window_of(budget).told_percent == 50
    raising.take_back(raised=more, actor=SYSTEM)
    assert budget_watch.sweep() == Settled(opened=1)
    assert open_titles() == [MOST]


def test_it_is_told_again_when_a_raise_is_over(
    budget: Budget, sam: User, ada: User, api_key: ApiKey
) -> None:
    raised(budget, ada)
    spend(sam, api_key, 10 * USD)
    budget_watch.sweep()
    assert open_titles() == [HALF]

    BudgetWindow.objects.update(raised_until=timezone.now() - timedelta(seconds=1))

    assert budget_watch.sweep() == Settled(opened=1, closed=1)
    assert open_titles() == [ALL]


def test_a_lower_limit_tells(budget: Budget, sam: User, api_key: ApiKey) -> None:
    spend(sam, api_key, 4 * USD)
    less = replace(Terms.of(budget), limit_ticks=5 * USD)

    budgeting.change(budget=budget, terms=less, actor=SYSTEM)

    budget_watch.sweep()
    assert open_titles() == [MOST]


def test_it_ends_with_the_window(budget: Budget, sam: User, api_key: ApiKey) -> None:
    spend(sam, api_key, 9 * USD)
    budget_watch.sweep()

    BudgetWindow.objects.update(ends_at=timezone.now())

    assert budget_watch.sweep() == Settled(closed=1)
    assert Incident.objects.get().ending == Ending.LAPSED


def test_it_ends_with_the_budget(budget: Budget, sam: User, api_key: ApiKey) -> None:
    spend(sam, api_key, 9 * USD)
    budget_watch.sweep()

    budgeting.end(budget=budget, actor=SYSTEM)

    assert budget_watch.sweep() == Settled(closed=1)
    assert budget_watch.sweep() == Settled()


def test_of_each_person_it_names_who_and_tells_oversight_alone(
    ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    spend(sam, api_key, 4 * USD)
    spend(ada, api_key, 6 * USD)
    set_budget(ada, day=5, each_person=True, team=team, hard=False)

    budget_watch.sweep()

    name = "daily budget of each person in the team Search"
    assert set(open_titles()) == {
        f"Sam has used 80% of the {name}",
        f"Ada has used all of the {name}",
    }
    assert not Incident.objects.visible_to(sam).exists()
    sentence = Incident.objects.first()
    assert sentence is not None
    assert "it only warns, so calls go on" in sentence.sentence


def test_a_limit_of_nothing_is_no_news(ada: User, sam: User, api_key: ApiKey) -> None:
    set_budget(ada, day=0, hard=False)
    spend(sam, api_key, USD)

    assert budget_watch.sweep() == Settled()


def test_nothing_is_told_with_a_sealed_vault(
    budget: Budget, sam: User, api_key: ApiKey, settings: Settings, tmp_path: Path
) -> None:
    spend(sam, api_key, 9 * USD)
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()

    assert budget_watch.sweep() == Settled()
    assert window_of(budget).told_percent == 0


def test_while_nothing_differs_it_looks_and_writes_nothing(
    budget: Budget,
    sam: User,
    api_key: ApiKey,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    spend(sam, api_key, 9 * USD)
    budget_watch.sweep()

    with django_assert_num_queries(3):
        budget_watch.sweep()


def test_its_page_leads_to_the_budget(
    client_of: ClientOf, budget: Budget, sam: User, api_key: ApiKey
) -> None:
    spend(sam, api_key, 9 * USD)
    budget_watch.sweep()
    incident = Incident.objects.get()

    page = client_of(sam).get(f"/incidents/{incident.pk}/").text

    assert MOST in page
    assert "Budget threshold" in page
    assert f'href="/usage/budgets/{budget.pk}/"' in page

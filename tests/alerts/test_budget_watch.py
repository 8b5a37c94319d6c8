"""Each threshold of a window is told once, and ends with what it was about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import Role, Team, User
from console.alerts import budget_watch
from console.alerts.incidents import AT_ONCE, Settled
from console.alerts.models import Ending, Incident
from console.alerts.tasks import sweep
from console.audit.actors import SYSTEM
from console.keys.models import ApiKey
from console.usage import budgeting, raising, windows
from console.usage.budgeting import Terms
from console.usage.models import Budget, BudgetWindow, Consumer
from tests.alerts.conftest import MakeChannel, told
from tests.finance.budgets.made import USD, raised, set_budget, window_of
from tests.finance.told import call
from tests.people import ClientOf, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def budget(ada: User, team: Team) -> Budget:
    """Ten dollars a month for `team`."""
    return set_budget(ada, month=10, team=team)


def spend(person: User, key: ApiKey, ticks: int | None, **more: int) -> None:
    call(person, key, timezone.now(), ticks, **more).save(force_insert=True)


def incident_after(
    person: User, key: ApiKey, ticks: int | None, **more: int
) -> Incident:
    """Spend so much and look; return the one incident there is then."""
    spend(person, key, ticks, **more)
    budget_watch.sweep()
    return Incident.objects.get()


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
    incident = incident_after(sam, api_key, None, ceiling_ticks=USD)
    assert incident.team == team
    assert incident.sentence.startswith(
        "$6.00 of $10.00 is used, $1.00 of it for calls whose cost is not known; calls "
        "that do not fit are refused. It begins anew on 1 "
    )
    assert incident.sentence.endswith(", 00:00 UTC. Ada decides on more.")
    assert incident.detail["budget"] == str(budget.pk)
    assert incident.detail["percent"] == 50


@pytest.mark.parametrize("page", ["incident", "register", "overview"])
def test_the_admin_who_decides_is_told_that_it_is_they(
    client_of: ClientOf,
    budget: Budget,
    ada: User,
    sam: User,
    api_key: ApiKey,
    page: str,
) -> None:
    spend(sam, api_key, 5 * USD)
    budget_watch.sweep()
    url = {
        "incident": f"/incidents/{Incident.objects.get().pk}/",
        "register": "/incidents/",
        "overview": "/",
    }[page]
    another = person("another", Role.ADMIN)

    hers, theirs = client_of(ada).get(url).text, client_of(another).get(url).text

    assert "UTC. You decide on more." in hers
    assert "Ada decides on more." not in hers
    assert "UTC. Ada decides on more." in theirs


@pytest.mark.parametrize("changed", [{"role": Role.STAFF}, {"is_active": False}])
def test_who_is_no_admin_any_more_decides_nothing(
    budget: Budget, ada: User, sam: User, api_key: ApiKey, changed: dict[str, Any]
) -> None:
    User.objects.filter(pk=ada.pk).update(**changed)
    incident = incident_after(sam, api_key, 5 * USD)
    assert incident.told_to(ada).endswith("UTC. An admin decides on more.")


def test_an_incident_from_before_says_what_it_said(
    budget: Budget, ada: User, sam: User, api_key: ApiKey
) -> None:
    incident = incident_after(sam, api_key, 5 * USD)

    del incident.detail["decides"]

    assert incident.told_to(ada) == incident.sentence
    assert incident.told_to(AnonymousUser()) == incident.sentence


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


NAME = "daily budget of each person in the team Search"


@pytest.fixture
def of_each(ada: User, team: Team) -> Budget:
    """Five dollars a day for each person of `team`, each of whom has one."""
    return set_budget(ada, day=5, each_person=True, team=team, hard=False)


def people(number: int, *budgets: Budget) -> list[User]:
    """Store people who have called before in the windows of these budgets."""
    made = [person(f"p{n:02}", Role.STAFF) for n in range(number)]
    for one in made:
        consumer = Consumer.objects.create(person=one)
        windows.make([(budget.pk, consumer.pk) for budget in budgets])
    return made


def test_people_at_one_threshold_share_an_incident_that_grows(
    of_each: Budget,
    api_key: ApiKey,
    make_channel: MakeChannel,
) -> None:
    channel, found = make_channel(), people(7, of_each)
    spend(found[0], api_key, 4 * USD)
    assert budget_watch.sweep() == Settled(opened=1)
    incident = Incident.objects.get()
    assert incident.title == f"P00 has used 80% of the {NAME}"
    assert incident.sentence.startswith("$4.00 of $5.00 is used; it only warns")

    for n, one in enumerate(found[1:], 1):
        spend(one, api_key, 4 * USD + n)
        assert budget_watch.sweep() == Settled()

    incident.refresh_from_db()
    assert incident.closed_at is None
    assert incident.title == f"7 people have used 80% of the {NAME}"
    assert incident.sentence.startswith(
        "P06, P05, P04, P03, P02 and 2 more are at it. Of the fullest, $4.00 of $5.00 "
        "is used; it only warns"
    )
    assert incident.detail["people"] == 7
    assert told(channel) == [("opened", "waiting")]


def test_who_goes_on_leaves_it_for_the_one_of_the_next_threshold(
    of_each: Budget, api_key: ApiKey
) -> None:
    first, second = people(2, of_each)
    for one in (first, second):
        spend(one, api_key, 5 * USD // 2)
    assert budget_watch.sweep() == Settled(opened=1)
    half = Incident.objects.get()
    assert half.sentence.startswith("P00 and P01 are at it. Of the fullest, ")

    spend(first, api_key, 2 * USD)

    assert budget_watch.sweep() == Settled(opened=1)
    assert open_titles() == [
        f"P01 has used 50% of the {NAME}",
        f"P00 has used 80% of the {NAME}",
    ]
    spend(second, api_key, 2 * USD)
    assert budget_watch.sweep() == Settled(closed=1)
    assert open_titles() == [f"2 people have used 80% of the {NAME}"]
    half.refresh_from_db()
    assert half.ending == Ending.LAPSED  # what took over was told before


def test_the_last_one_who_goes_on_is_told_as_one_that_takes_over(
    of_each: Budget, api_key: ApiKey, make_channel: MakeChannel
) -> None:
    channel, (one, two) = make_channel(), people(2, of_each)
    for ticks in (5 * USD // 2, 5 * USD // 2):
        for each in (one, two):
            spend(each, api_key, ticks)
        budget_watch.sweep()

    half, whole = Incident.objects.order_by("opened_at")
    assert half.ending == Ending.REPLACED
    assert whole.detail["replaces"] == [str(half.pk)]
    assert told(channel) == [("opened", "waiting")] * 2


def test_a_raise_of_one_person_leaves_the_others_in_it(
    of_each: Budget, ada: User, api_key: ApiKey
) -> None:
    first, second = people(2, of_each)
    for one in (first, second):
        spend(one, api_key, 4 * USD)
    budget_watch.sweep()

    raised(of_each, ada, person=first)  # 4 of 8 are 50 %

    assert budget_watch.sweep() == Settled()  # to come down to a threshold is no news
    assert open_titles() == [f"P01 has used 80% of the {NAME}"]


def test_it_ends_with_the_window_of_them_all(of_each: Budget, api_key: ApiKey) -> None:
    for one in people(3, of_each):
        spend(one, api_key, 4 * USD)
    budget_watch.sweep()

    BudgetWindow.objects.update(ends_at=timezone.now())

    assert budget_watch.sweep() == Settled(closed=1)
    assert open_titles() == []


def test_more_people_than_are_looked_at_at_once_are_told_in_one_sweep(
    of_each: Budget,
) -> None:
    number = AT_ONCE + 3
    users = [User(username=f"u{n}", name=f"U{n}") for n in range(number)]
    made = Consumer.objects.bulk_create(
        Consumer(person=one) for one in User.objects.bulk_create(users)
    )
    windows.make([(of_each.pk, one.pk) for one in made])
    BudgetWindow.objects.update(spent_ticks=5 * USD)

    assert budget_watch.sweep() == Settled(opened=1)

    assert open_titles() == [f"{number} people have used all of the {NAME}"]
    assert budget_watch.sweep() == Settled()


def test_each_of_two_budgets_has_an_incident_of_its_own(
    of_each: Budget, ada: User, team: Team, api_key: ApiKey
) -> None:
    weekly = set_budget(ada, week=5, each_person=True, team=team)
    for one in people(2, of_each, weekly):
        spend(one, api_key, 4 * USD)

    assert budget_watch.sweep() == Settled(opened=2)
    assert set(open_titles()) == {
        f"2 people have used 80% of the {NAME}",
        f"2 people have used 80% of the {NAME.replace('daily', 'weekly')}",
    }


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
    incident = incident_after(sam, api_key, 9 * USD)

    page = client_of(sam).get(f"/incidents/{incident.pk}/").text

    assert MOST in page
    assert "Budget threshold" in page
    assert f'href="/usage/budgets/{budget.pk}/"' in page

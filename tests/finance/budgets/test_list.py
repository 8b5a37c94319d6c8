"""The pages of budgets: what is left, of whom, and for whose eyes."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console.accounts.models import Role, Team, User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.finance.budgets.showing import EXPORT_FIELDS
from console.keys.models import ApiKey
from console.usage import budgeting
from console.usage.models import BudgetWindow
from tests.finance.budgets.made import USD, raised, set_budget
from tests.finance.told import call
from tests.keys.stored import stored_key
from tests.people import ClientOf, person

pytestmark = pytest.mark.django_db
URL = "/usage/budgets/"
PART = {"HX-Request": "true"}


@pytest.fixture
def key(team: Team) -> ApiKey:
    """A key of `team` that can be used."""
    return stored_key(team)


def spend(user: User, key: ApiKey, dollars: int, **more: int) -> None:
    record = call(user, key, timezone.now(), dollars * USD, **more)
    record.save(force_insert=True)


def test_without_any_it_says_what_a_budget_does(
    client_of: ClientOf, ada: User, sam: User
) -> None:
    of_admin, of_staff = (client_of(one).get(URL).text for one in (ada, sam))

    assert "No budget is set" in of_admin
    assert "Set a budget</a>" in of_admin
    assert "No budget counts your calls" in of_staff
    assert "Set a budget" not in of_staff


def test_shows_what_is_left_of_ones_own(
    client_of: ClientOf, ada: User, sam: User, key: ApiKey
) -> None:
    spend(sam, key, 4)
    set_budget(ada, day=5, each_person=True)

    page = client_of(sam).get(URL).text

    for text in (
        "Your allowance", "Daily budget of each person", ">$1.00</span> left",
        "of $5.00", ">$4.00</span> spent", "80% used", "Ask Ada for more",
        'width="80.00%"',
    ):  # fmt: skip
        assert text in page
    assert "Shared with others" not in page


def test_shows_what_is_held_unknown_and_passed(
    client_of: ClientOf, ada: User, sam: User, team: Team, key: ApiKey
) -> None:
    spend(sam, key, 6)
    set_budget(ada, month=5, team=team, hard=False)
    BudgetWindow.objects.update(reserved_ticks=2 * USD, unknown_ticks=USD)

    page = client_of(ada).get(URL).text

    for text in (
        "used up",
        ">$2.00</span> over",
        ">$2.00</span> held",
        ">$1.00</span> unknown",
        ">soft<",
    ):
        assert text in page


@pytest.mark.parametrize("hard", [True, False])
def test_a_soft_one_that_is_used_up_says_that_calls_go_on(
    client_of: ClientOf, ada: User, sam: User, key: ApiKey, hard: bool
) -> None:
    spend(sam, key, 5)
    budget = set_budget(ada, day=5, each_person=True, hard=hard)

    for user in (sam, ada):
        for url in (URL, f"{URL}{budget.pk}/"):
            assert ("calls still go on" in client_of(user).get(url).text) is not hard


def test_who_is_to_be_asked_for_more_is_addressed(
    client_of: ClientOf, ada: User
) -> None:
    budget = set_budget(ada, day=5, each_person=True)
    bea = person("bea", Role.ADMIN)

    own, others = (client_of(one).get(URL).text for one in (ada, bea))
    page = client_of(ada).get(f"{URL}{budget.pk}/").text

    assert "You are the one to ask for more." in own
    assert 'data-label="Ask for more">you</td>' in own
    assert "<dt>Ask for more</dt><dd>you</dd>" in page
    assert "Ask Ada for more." in others
    assert 'data-label="Ask for more">Ada</td>' in others


def test_the_note_of_an_ended_one_stands_by_itself(
    client_of: ClientOf, ada: User
) -> None:
    budget = set_budget(ada, day=5, note="for the launch")
    budgeting.end(budget=budget, actor=SYSTEM)

    page = client_of(ada).get(f"{URL}{budget.pk}/").text

    assert "stays below.</p>" in page
    assert '<p class="sub">for the launch</p>' in page


def test_shows_no_more_left_than_is(
    client_of: ClientOf, ada: User, sam: User, key: ApiKey
) -> None:
    record = call(sam, key, timezone.now(), 49_200_000)
    record.save(force_insert=True)
    budget = set_budget(ada, ticks=31_200_000_000, person=sam)

    browser = client_of(sam)

    for url in (URL, f"{URL}{budget.pk}/"):
        page = browser.get(url).text
        assert ">$3.11</span>" in page
        assert ">$3.12</span>" not in page


def test_shows_a_raise_with_its_end(
    client_of: ClientOf, ada: User, team: Team, key: ApiKey
) -> None:
    raised(set_budget(ada, day=5, team=team), ada)

    page = client_of(ada).get(URL).text

    assert "raised by $3.00 until" in page
    assert "$8.00" in page


def test_says_where_no_call_can_reach_it(
    client_of: ClientOf, ada: User, key: ApiKey
) -> None:
    set_budget(ada, day=5, key=key)
    ApiKey.objects.update(removed_at=timezone.now())

    page = client_of(ada).get(URL).text

    assert "No call reaches it: search-prod was removed. End this budget." in page


def test_says_how_many_calls_there_may_be_at_a_time(
    client_of: ClientOf, sam: User, settings: Settings
) -> None:
    settings.CALLS_PER_MINUTE, settings.TEAM_COUNTS_PER_MINUTE = 21, 1_234

    page = client_of(sam).get(URL).text

    told = re.sub(r"<[^>]+>", " ", page[page.index("Calls at a time") :]).split()
    for row in (
        "Each person 4 21 30",
        "Each team, as far as it pays 10 60 1,234",
        "Each key not limited 60 not limited",
        "Each web process 300 not limited not limited",
    ):
        assert row in " ".join(told)


def test_an_ended_one_is_not_listed(
    client_of: ClientOf, ada: User, team: Team, key: ApiKey
) -> None:
    budget = set_budget(ada, day=5, team=team)
    budgeting.end(budget=budget, actor=SYSTEM)
    browser = client_of(ada)

    assert str(budget.pk) not in browser.get(URL).text
    page = browser.get(f"{URL}{budget.pk}/").text
    assert ">ended<" in page
    assert "Raise for a while" not in page


def test_staff_see_no_budget_of_others(
    client_of: ClientOf, ada: User, sam: User, mia: User, team: Team, key: ApiKey
) -> None:
    theirs = [
        set_budget(ada, day=5, team=team),
        set_budget(ada, day=5, key=key),
        set_budget(ada, day=5, person=sam),
    ]
    browser = client_of(mia)

    page = browser.get(URL).text

    for budget in theirs:
        assert str(budget.pk) not in page
        assert browser.get(f"{URL}{budget.pk}/").status_code == 404
        assert browser.get(f"{URL}{budget.pk}/change/").status_code == 403


def test_who_spent_what_is_for_oversight(
    client_of: ClientOf, ada: User, sam: User, fin: User, team: Team, key: ApiKey
) -> None:
    pat = person("pat", Role.STAFF, team)
    spend(pat, key, 4)
    spend(sam, key, 1)
    budget = set_budget(ada, day=5, each_person=True)
    raised(budget, ada, person=pat)

    of_fin, of_sam = (
        "".join(client_of(one).get(url).text for url in (URL, f"{URL}{budget.pk}/"))
        for one in (fin, sam)
    )

    assert "2 people have called; the fullest is Pat" in of_fin
    assert '<th scope="row">Pat' in of_fin
    assert ">Pat" not in of_sam
    assert "is Pat" not in of_sam
    assert "the launch" in of_fin
    assert "the launch" not in of_sam


def test_one_budget_tells_all_of_it(
    client_of: ClientOf, ada: User, sam: User, team: Team, key: ApiKey
) -> None:
    spend(sam, key, 2)
    budget = set_budget(ada, month=5, team=team, note="for the launch")
    raised(budget, ada)

    page = client_of(sam).get(f"{URL}{budget.pk}/").text

    for text in (
        "Monthly budget of the team Search", "for the launch", "$2.00", "$8.00",
        "everybody together", "on the first of each month, 00:00 UTC",
        "refuses calls that may not fit", "the launch", "stands",
    ):  # fmt: skip
        assert text in page
    assert "Take back" not in page


def test_answers_htmx_with_the_list_alone(client_of: ClientOf, ada: User) -> None:
    part = client_of(ada).get(URL, headers=PART)

    assert part.text.lstrip().startswith('<div class="stack-4 budgets" id="budgets">')
    assert "<html" not in part.text


def test_a_stranger_is_sent_to_sign_in(db: None) -> None:
    answer = Client().get(URL)

    assert answer.status_code == 302
    assert "/account/login/" in answer.headers["Location"]


@pytest.mark.parametrize("number", [1, 30])
def test_asks_the_same_number_of_queries_for_any_number_of_budgets(
    client_of: ClientOf,
    ada: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    set_budget(ada, day=5, each_person=True)
    for n in range(number):
        key = stored_key(team, f"k{n}")
        spend(person(f"p{n}", Role.STAFF, team), key, 1)
        set_budget(ada, day=1, key=key)
        set_budget(ada, day=1, person=person(f"q{n}", Role.STAFF, team))
    browser = client_of(ada)

    with django_assert_num_queries(7):
        browser.get(URL, headers=PART)


def test_files_hold_each_persons_line_in_whole_ticks(
    client_of: ClientOf, ada: User, sam: User, team: Team, key: ApiKey
) -> None:
    spend(sam, key, 4)
    spend(ada, key, 1)
    set_budget(ada, day=5, each_person=True, note="=SUM(A1)")
    set_budget(ada, month=9, team=team, hard=False)

    browser = client_of(ada)
    table = list(csv.DictReader(io.StringIO(_file(browser, "csv"))))
    found = json.loads(_file(browser, "json"))

    assert list(table[0]) == list(EXPORT_FIELDS)
    assert [one["person"] for one in table] == ["Sam", "Ada", ""]
    assert [one["spent_ticks"] for one in found] == [4 * USD, USD, 5 * USD]
    assert [one["at_limit"] for one in found] == ["refuse", "refuse", "warn"]
    assert found[0]["limit_usd"] == "5"
    assert found[2]["person"] is None
    assert table[0]["note"] == "'=SUM(A1)"
    assert Entry.objects.latest("seq").action == "export.budgets"


def test_the_files_of_staff_hold_their_own(
    client_of: ClientOf, ada: User, sam: User, key: ApiKey
) -> None:
    spend(ada, key, 4)
    set_budget(ada, day=5, each_person=True)
    set_budget(ada, day=5, person=ada)

    (line,) = json.loads(_file(client_of(sam), "json"))

    assert (line["person"], line["spent_ticks"]) == ("Sam", 0)


def _file(browser: Client, format: str) -> str:
    answer: Any = browser.get(URL, {"format": format})
    return str(answer.getvalue().decode())

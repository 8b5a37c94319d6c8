"""What is left of a budget stands in the line before a prompt is sent."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Team, User
from console.keys.models import ApiKey
from tests.finance.budgets.made import USD, set_budget
from tests.finance.told import call
from tests.people import ClientOf
from tests.playground.before.test_views import form
from tests.relay import stock

pytestmark = pytest.mark.django_db
CHAT = reverse("playground:before_chat")
MOST = 2_5 * USD // 10  # of the context of grok-4.3, all of it reasoning


@pytest.fixture
def ready(sam: User, team: Team, api_key: ApiKey) -> User:
    """Sam, with a key that may be used for everything."""
    grok = stock.language_model()
    stock.price(grok, team)
    stock.usable(api_key, grok)
    return sam


def line(browser: Client, **more: str) -> str:
    """Return the line, without a count of xAI's."""
    data = {**form("Hello"), **more}
    del data["count"]
    answer = browser.post(CHAT, data)
    assert answer.status_code == 200
    return answer.text


def test_nothing_is_told_where_no_budget_counts_the_call(
    client_of: ClientOf, ready: User
) -> None:
    assert "left of" not in line(client_of(ready))


def test_tells_what_is_left_of_the_persons_own(
    client_of: ClientOf, ready: User, ada: User, api_key: ApiKey
) -> None:
    call(ready, api_key, timezone.now(), USD).save(force_insert=True)
    set_budget(ada, day=9, each_person=True)

    told = line(client_of(ready))

    assert "<b>$8.00</b> left of your allowance</span>" in told
    assert 'title="Daily budget of each person; begins anew on ' in told
    assert f'href="{reverse("budgets:list")}"' in told
    assert "tone-bad" not in told


def test_tells_no_more_than_is_left(
    client_of: ClientOf, ready: User, ada: User
) -> None:
    set_budget(ada, ticks=31_195_080_000, each_person=True)

    assert "<b>$3.11</b> left of your allowance" in line(client_of(ready))


def test_tells_what_is_left_of_one_that_others_share(
    client_of: ClientOf, ready: User, ada: User, team: Team
) -> None:
    set_budget(ada, month=9, team=team)

    assert "<b>$9.00</b> left of the budget</span>" in line(client_of(ready))


@pytest.mark.parametrize("hard", [True, False])
def test_says_when_too_little_is_left_to_be_sent(
    client_of: ClientOf, ready: User, ada: User, hard: bool
) -> None:
    set_budget(ada, ticks=MOST - 1, person=ready, hard=hard)

    told = line(client_of(ready))

    assert ("left of your allowance: too little" in told) is hard
    assert ("tone-bad" in told) is hard


def test_says_that_a_call_without_a_known_most_is_refused(
    client_of: ClientOf, sam: User, ada: User, team: Team, api_key: ApiKey
) -> None:
    grok = stock.language_model(context_length=None)
    stock.price(grok, team)
    stock.usable(api_key, grok)
    set_budget(ada, day=9, team=team)

    assert "not bounded, so the budget refuses it" in line(client_of(sam))


def test_says_how_far_a_soft_one_was_passed(
    client_of: ClientOf, ready: User, ada: User, api_key: ApiKey
) -> None:
    call(ready, api_key, timezone.now(), 3 * USD).save(force_insert=True)
    set_budget(ada, day=2, each_person=True, hard=False)

    assert "<b>$1.00</b> over your allowance" in line(client_of(ready))


def test_costs_one_query_and_one_more_with_a_budget(
    client_of: ClientOf,
    ready: User,
    ada: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = client_of(ready)
    with django_assert_num_queries(4):  # session, person, candidates, budgets
        line(browser)

    set_budget(ada, day=9, each_person=True)

    with django_assert_num_queries(5):
        line(browser)

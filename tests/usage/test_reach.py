"""A budget that no call can count in says why."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Membership, Role, Team, User
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey, KeyState
from console.usage import reach
from console.usage.budgeting import Subject
from console.usage.models import Budget
from tests.finance.budgets.made import set_budget
from tests.keys.stored import sees, stored_key, stored_model
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(team: Team) -> ApiKey:
    """A key of `team` that can be used."""
    return stored_key(team)


@pytest.fixture
def grok(key: ApiKey) -> LanguageModel:
    """A model that the key sees."""
    model = stored_model()
    sees(key, model)
    return model


def why(budget: Budget) -> str:
    """Return the sentence, read as the pages do."""
    read = Budget.objects.select_related(
        "team", "key", "model", "consumer__person", "contact"
    ).get(pk=budget.pk)
    return reach.unreachable([read]).get(budget.pk, "")


@pytest.mark.parametrize(
    "names", [(), ("team",), ("key",), ("model",), ("person",), Subject.__slots__[:2]]
)
def test_what_calls_can_reach_has_no_reason(
    ada: User,
    sam: User,
    team: Team,
    key: ApiKey,
    grok: LanguageModel,
    names: tuple[str, ...],
) -> None:
    every: dict[str, Any] = {"team": team, "person": sam, "key": key, "model": grok}

    assert why(set_budget(ada, day=1, **{one: every[one] for one in names})) == ""


def test_a_removed_key(ada: User, key: ApiKey) -> None:
    budget = set_budget(ada, day=1, key=key)
    ApiKey.objects.update(removed_at=timezone.now())

    assert why(budget) == "search-prod was removed. End this budget."


def test_a_key_that_xai_has_blocked(ada: User, key: ApiKey) -> None:
    budget = set_budget(ada, day=1, key=key)
    ApiKey.objects.update(state=KeyState.KEY_BLOCKED)

    assert why(budget).startswith("search-prod cannot be used: ")


def test_a_team_without_a_key_that_can_be_used(
    ada: User, team: Team, key: ApiKey
) -> None:
    budget = set_budget(ada, day=1, team=team)
    ApiKey.objects.update(state=KeyState.DISABLED)

    assert why(budget).startswith("No key of Search can be used now.")


def test_a_model_that_no_key_sees_any_more(
    ada: User, key: ApiKey, grok: LanguageModel
) -> None:
    budget = set_budget(ada, day=1, model=grok)
    key.sees.update(seen_until=timezone.now())

    assert why(budget) == "xAI lists grok-4.3 for no key any more. End this budget."


def test_a_model_that_this_key_or_team_does_not_see(
    ada: User, team: Team, other_team: Team, key: ApiKey, grok: LanguageModel
) -> None:
    blind = stored_key(team, "blind")
    theirs = stored_key(other_team, "theirs")

    of_key = set_budget(ada, day=1, model=grok, key=blind)
    of_team = set_budget(ada, day=1, model=grok, team=other_team)

    assert why(of_key) == "xAI does not list grok-4.3 for blind."
    assert why(of_team) == "xAI lists grok-4.3 for no key of Elsewhere."
    assert theirs.state == KeyState.ACTIVE


def test_a_person_who_is_disabled_or_in_no_team(
    ada: User, sam: User, fin: User, key: ApiKey
) -> None:
    disabled, alone = (set_budget(ada, day=1, person=one) for one in (sam, fin))
    User.objects.filter(pk=sam.pk).update(is_active=False)

    assert why(disabled) == "Sam may not sign in any more. End this budget."
    assert why(alone).startswith("Fin belongs to no team")


def test_a_person_outside_the_team_or_the_keys_team(
    ada: User, mia: User, team: Team, key: ApiKey
) -> None:
    stored_key(mia.teams.get(), "theirs")

    for named in ({"team": team}, {"key": key}):
        budget = set_budget(ada, day=1, person=mia, **named)

        assert why(budget).startswith("Mia does not belong to the team")


@pytest.mark.parametrize("number", [1, 9])
def test_it_takes_three_queries_for_any_number(
    ada: User,
    team: Team,
    grok: LanguageModel,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        one = person(f"p{n}", Role.STAFF)
        Membership.objects.create(user=one, team=team)
        set_budget(ada, day=1, person=one, model=grok)
    budgets = list(
        Budget.objects.select_related("team", "key", "model", "consumer__person")
    )

    with django_assert_num_queries(3):
        assert reach.unreachable(budgets) == {}

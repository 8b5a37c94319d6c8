"""Which team pays for a call of the two legacy endpoints."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from console.accounts.models import Membership, Team, User
from console.keys.models import ApiKey
from console.usage.models import UsageRecord
from tests.people import ClientOf
from tests.playground.legacy.test_legacy import COMPLETE, COMPLETIONS, PAGE, PROMPT
from tests.relay import stock

pytestmark = pytest.mark.django_db(transaction=True)

OPTION = re.compile(r'<option value="grok-4.3" data-facts="(.*?)".*?>(.*?)</option>')
NOT_YOURS = "You do not belong to the team that was chosen to pay."


@pytest.fixture
def ready(sam: User, team: Team, other_team: Team, api_key: ApiKey) -> User:
    """Sam, whose team has a key, as has the team that he does not belong to."""
    grok = stock.language_model()
    stock.usable(api_key, grok)
    stock.usable(stock.stored(other_team, "wide"), grok, stock.language_model("x"))
    return sam


@pytest.fixture
def both(ready: User, other_team: Team) -> User:
    """Sam, who belongs to both."""
    Membership.objects.create(user=ready, team=other_team)
    return ready


def told(page: str) -> tuple[list[dict[str, Any]], str]:
    """Return the teams that could pay for the model, and how the model is called."""
    found = OPTION.search(page)
    assert found
    return json.loads(unescape(found[1]))["payers"], found[2]


@pytest.mark.parametrize("show", ["completions", "complete"])
def test_each_model_tells_the_teams_that_could_pay(
    client_of: ClientOf, both: User, team: Team, other_team: Team, show: str
) -> None:
    page = client_of(both).get(PAGE, {"show": show}).text

    payers, name = told(page)
    assert payers == [
        {"id": str(team.pk), "team": "Search", "key": "search-prod"},
        {"id": str(other_team.pk), "team": "Elsewhere", "key": "wide"},
    ]
    assert name == "grok-4.3"
    assert "Team that pays" in page


def test_a_person_of_one_team_reads_the_key_beside_the_model(
    client_of: ClientOf, ready: User
) -> None:
    payers, name = told(client_of(ready).get(PAGE).text)

    assert [one["team"] for one in payers] == ["Search"]
    assert name == "grok-4.3, with search-prod"


@pytest.mark.parametrize("url", [COMPLETIONS, COMPLETE])
@pytest.mark.parametrize("chosen", ["Search", "Elsewhere"])
def test_the_team_that_was_chosen_pays(
    client_of: ClientOf, both: User, url: str, chosen: str
) -> None:
    team = Team.objects.get(name=chosen)

    client_of(both).post(url, PROMPT | {"team": str(team.pk)}).close()

    assert UsageRecord.objects.get().team == team


@pytest.mark.parametrize("url", [COMPLETIONS, COMPLETE])
def test_without_a_choice_the_weakest_key_of_all_is_used(
    client_of: ClientOf, both: User, team: Team, url: str
) -> None:
    client_of(both).post(url, PROMPT | {"team": ""}).close()

    assert UsageRecord.objects.get().team == team


@pytest.mark.parametrize("url", [COMPLETIONS, COMPLETE])
@pytest.mark.parametrize("there", [True, False])
def test_a_team_of_others_is_as_one_that_is_not_there(
    client_of: ClientOf, ready: User, other_team: Team, url: str, there: bool
) -> None:
    form = PROMPT | {"team": str(other_team.pk if there else uuid4())}

    answer = client_of(ready).post(url, form)

    assert answer.status_code == 404
    assert NOT_YOURS in answer.text
    assert "Elsewhere" not in answer.text
    assert not UsageRecord.objects.exists()


def test_a_team_that_is_none_sends_nothing(client_of: ClientOf, ready: User) -> None:
    answer = client_of(ready).post(COMPLETIONS, PROMPT | {"team": "Search"})

    assert answer.status_code == 422
    assert "Choose one of your teams." in answer.text
    assert not UsageRecord.objects.exists()


def test_the_choice_stands_in_the_page_that_comes_back(
    client_of: ClientOf, both: User, other_team: Team
) -> None:
    form = PROMPT | {"team": str(other_team.pk), "limit": "0"}

    page = client_of(both).post(COMPLETE, form).text

    assert f'<option value="{other_team.pk}" selected>' in page

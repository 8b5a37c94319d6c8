"""What a person may choose from."""

from __future__ import annotations

import json

import pytest
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Membership, Team, User
from console.keys.models import ApiKey, KeyState
from console.relay.picker import choices, why_nothing
from console.relay.refusal import Rule
from console.usage.models import Endpoint
from tests.relay import stock


def test_usable_models_come_first_with_their_key_and_price(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    zeta, alpha = stock.language_model("zeta"), stock.language_model("alpha")
    price = stock.price(zeta, team)
    stock.usable(api_key, zeta)
    other = stock.stored(team, "blocked-one")
    stock.usable(other, alpha, state=KeyState.KEY_BLOCKED)

    first, second = choices(sam, Endpoint.CHAT)

    assert (first.model_id, first.allowed) == ("zeta", True)
    assert (first.key_label, first.team_name) == ("search-prod", "Search")
    assert first.price == price
    assert (second.model_id, second.allowed) == ("alpha", False)
    assert second.reason
    assert "blocked-one" in second.reason.sentence


def test_it_says_what_admission_would_do(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    grok = stock.language_model()
    stock.usable(api_key, grok, acls=["api-key:model:*", "api-key:endpoint:chat"])

    (chat,) = choices(sam, Endpoint.CHAT)
    (tokenize,) = choices(sam, Endpoint.TOKENIZE)

    assert chat.allowed
    assert tokenize.reason
    assert tokenize.reason.rule == Rule.ENDPOINT


def test_a_key_that_may_not_list_models_offers_what_its_acls_name(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    grok, mini = stock.language_model(), stock.language_model("grok-mini")
    price = stock.price(grok, team)
    stock.usable(api_key, grok, mini, state=KeyState.DISABLED)
    acls = ["api-key:endpoint:chat", "api-key:model:grok-4.3"]
    stock.usable(stock.stored(team, "blind"), acls=acls)

    first, second = choices(sam, Endpoint.CHAT)

    assert (first.model_id, first.key_label, first.price) == (
        stock.GROK,
        "blind",
        price,
    )
    assert second.reason
    assert "search-prod of Search would be used" in second.reason.sentence


def test_a_model_of_two_hosts_stands_once(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    here, there = stock.language_model(), stock.language_model(host="other")
    stock.usable(api_key, there)
    stock.usable(stock.stored(team, "no-chat"), here, acls=[])

    (choice,) = choices(sam, Endpoint.CHAT)

    assert choice.allowed


def test_each_team_that_could_pay_is_told_the_weakest_first(
    sam: User, team: Team, other_team: Team, api_key: ApiKey
) -> None:
    Membership.objects.create(user=sam, team=other_team)
    grok, mini = stock.language_model(), stock.language_model("grok-mini")
    stock.usable(api_key, grok, mini)
    stock.usable(stock.stored(team, "wider"), grok, mini, stock.language_model("x"))
    stock.usable(stock.stored(other_team, "narrow"), grok)
    blocked = stock.stored(other_team, "blocked")
    stock.usable(blocked, mini, state=KeyState.KEY_BLOCKED)

    found = {one.model_id: one for one in choices(sam, Endpoint.CHAT)}

    payers = [(one.team_name, one.key_label) for one in found[stock.GROK].payers]
    assert payers == [(other_team.name, "narrow"), ("Search", "search-prod")]
    assert [one.key_label for one in found["grok-mini"].payers] == ["search-prod"]
    told = json.loads(found[stock.GROK].facts)["payers"]
    assert told[0] == {
        "id": str(other_team.pk),
        "team": other_team.name,
        "key": "narrow",
    }


def test_what_a_model_refuses_is_told_with_it(
    sam: User, team: Team, api_key: ApiKey
) -> None:
    able: dict[str, object] = {
        "reasoning_effort": ["low", "high"],
        "default_reasoning_effort": "low",
    }
    stock.usable(api_key, stock.language_model(capabilities=able))

    (chat,) = choices(sam, Endpoint.CHAT)
    (messages,) = choices(sam, Endpoint.MESSAGES)

    assert set(chat.refused) == {"stop", "frequency_penalty", "presence_penalty"}
    assert set(messages.refused) == {"stop"}
    assert json.loads(chat.facts)["efforts"] == ["low", "high"]
    assert json.loads(chat.facts)["usual"] == "low"


def test_prices_that_only_other_teams_were_told_are_not_shown(
    sam: User, fin: User, team: Team, other_team: Team, api_key: ApiKey
) -> None:
    grok = stock.language_model()
    stock.price(grok, other_team)
    stock.usable(stock.stored(other_team, "theirs"), grok)
    stock.usable(api_key, grok, acls=[])

    (to_staff,) = choices(sam, Endpoint.CHAT)
    (to_finance,) = choices(fin, Endpoint.CHAT)

    assert to_staff.price is None
    assert to_finance.price is not None
    assert not to_staff.allowed
    assert not to_finance.allowed


def test_a_model_that_no_key_sees_any_more_is_left_out(
    sam: User, api_key: ApiKey
) -> None:
    stock.language_model()
    stock.usable(api_key)

    assert choices(sam, Endpoint.CHAT) == []
    assert why_nothing(sam).rule == Rule.MODEL


def test_why_there_is_nothing(sam: User, olga: User) -> None:
    assert why_nothing(sam).rule == Rule.NO_KEY
    assert why_nothing(olga).rule == Rule.NO_TEAM


@pytest.mark.parametrize("number", [1, 20])
def test_the_number_of_queries_is_fixed(
    sam: User,
    team: Team,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    models = [stock.language_model(f"grok-{index}") for index in range(number)]
    for index, model in enumerate(models):
        stock.price(model, team)
        stock.usable(stock.stored(team, f"key-{index}"), *models)

    with django_assert_num_queries(4):
        assert len(choices(sam, Endpoint.CHAT)) == number

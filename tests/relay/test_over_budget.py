"""A call that does not fit into a budget is refused with all one needs to know."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from console.accounts.models import Role, Team, User
from console.keys.models import ApiKey
from console.relay import admission
from console.relay.refusal import Refused, Rule
from console.usage.models import Endpoint, UsageRecord
from tests.finance.budgets.made import USD, raised, set_budget
from tests.finance.told import call
from tests.people import person
from tests.relay import stock

pytestmark = pytest.mark.django_db
PLAIN = "grok-4.20-non-reasoning"


@pytest.fixture
def key(team: Team, api_key: ApiKey) -> ApiKey:
    """A key that sees grok, whose answers are bounded by the limit of tokens."""
    grok = stock.language_model(PLAIN)
    stock.price(grok, team)
    return stock.usable(api_key, grok)


def ask(user: User, *, max_tokens: int = 4_000, **more: Any) -> admission.Call:
    return admission.admit(
        user=user,
        endpoint=more.get("endpoint", Endpoint.CHAT),
        model=more.get("model", PLAIN),
        prompt_bytes=0,
        max_tokens=max_tokens,
    )


def spend(user: User, key: ApiKey, ticks: int | None, **more: Any) -> None:
    call(user, key, timezone.now(), ticks, **more).save(force_insert=True)


def refusal(user: User, **asked: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        ask(user, **asked)
    return refused.value


# 4,000 tokens at 25,000 ticks are a cent.
CENT = USD // 100


def test_the_budget_its_numbers_its_end_and_whom_to_ask(
    ada: User, sam: User, key: ApiKey
) -> None:
    spend(sam, key, 3 * CENT)
    spend(sam, key, None, ceiling_ticks=CENT)
    set_budget(ada, ticks=6 * CENT, person=sam)
    ask(sam)

    refused = refusal(sam, max_tokens=8_000)

    assert refused.reason.rule == Rule.BUDGET
    assert refused.status == 402
    assert refused.sentence == (
        "This call may cost up to $0.02, but the daily budget of Sam has $0.01 left: "
        "$0.03 of $0.06 is spent, $0.01 is held for calls in flight and $0.01 is held "
        "for calls whose cost is not known."
    )
    assert "Wait until a call in flight has ended, and try again." in refused.advice
    assert "The budget begins anew on " in refused.advice
    assert ", 00:00 UTC. For more before that, ask Ada." in refused.advice
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400


def test_nothing_is_recorded_of_it(ada: User, sam: User, key: ApiKey) -> None:
    set_budget(ada, day=0, person=sam)

    refusal(sam)

    assert not UsageRecord.objects.exists()


def test_a_call_that_no_window_could_hold(ada: User, sam: User, key: ApiKey) -> None:
    set_budget(ada, ticks=CENT, each_person=True)

    refused = refusal(sam, max_tokens=8_000)

    assert "It would not fit if nothing were spent either." in refused.advice
    assert "a lower limit of output tokens" in refused.advice


def test_a_smaller_call_may_fit(ada: User, sam: User, key: ApiKey) -> None:
    spend(sam, key, 4 * CENT)
    set_budget(ada, ticks=5 * CENT, person=sam)

    refused = refusal(sam, max_tokens=8_000)

    assert refused.advice.startswith("Choose a cheaper model, or a shorter prompt")
    assert ask(sam, max_tokens=4_000)


def test_nothing_is_left(ada: User, sam: User, key: ApiKey) -> None:
    spend(sam, key, 5 * CENT)
    set_budget(ada, ticks=5 * CENT, person=sam)

    assert refusal(sam).advice.startswith("Nothing is left until then. ")


def test_a_raise_is_named_with_its_end(ada: User, sam: User, key: ApiKey) -> None:
    spend(sam, key, 4 * USD)
    raised(set_budget(ada, day=1, person=sam), ada)

    assert "$3.00 of its limit was added until " in refusal(sam).advice


def test_a_raise_ends_on_the_clocks_of_the_person(
    ada: User, sam: User, key: ApiKey
) -> None:
    sam.time_zone = "Asia/Kathmandu"
    sam.save(update_fields=["time_zone"])
    spend(sam, key, 4 * USD)
    more = raised(set_budget(ada, day=1, person=sam), ada)
    until = more.until.astimezone(ZoneInfo(sam.time_zone))

    advice = refusal(sam).advice

    assert f"added until {until:%-d %b %Y, %H:%M} Asia/Kathmandu." in advice
    assert ", 00:00 UTC." in advice


@pytest.mark.parametrize(
    "now", [{"role": Role.FINANCE}, {"is_active": False}], ids=["finance", "disabled"]
)
def test_who_can_give_no_more_is_not_named(
    sam: User, key: ApiKey, now: dict[str, Any]
) -> None:
    bea = person("bea", Role.ADMIN)
    set_budget(bea, ticks=1)
    assert "For more before that, ask Bea." in refusal(sam).advice

    User.objects.filter(pk=bea.pk).update(**now)

    assert "For more before that, ask an admin." in refusal(sam).advice


def test_what_is_compared_is_not_rounded(ada: User, sam: User, key: ApiKey) -> None:
    set_budget(ada, ticks=2 * CENT - 1, person=sam)

    assert "up to $0.02, but the daily budget of Sam has $0.0199999999 left" in (
        refusal(sam, max_tokens=8_000).sentence
    )


def test_who_is_to_be_asked_is_told_so(ada: User, sam: User, key: ApiKey) -> None:
    budget = set_budget(ada, day=0)

    assert "You are the one to ask for more" in refusal(ada).advice
    assert refusal(ada).reason.budget_id == budget.pk
    assert refusal(sam).reason.budget_id is None


def test_a_model_that_reasons_is_held_for_with_its_context(
    ada: User, sam: User, team: Team, key: ApiKey
) -> None:
    grok = stock.language_model()
    stock.price(grok, team)
    stock.usable(key, grok)
    set_budget(ada, day=1, team=team)

    refused = refusal(sam, model=stock.GROK)

    assert refused.sentence.startswith("This call may cost up to $2.50, ")
    assert "one that does not reason" in refused.advice


@pytest.mark.parametrize(
    ("unknown", "why"),
    [
        ("price", f"the price of {PLAIN} is not known"),
        ("context", "xAI does not tell the context length of grok-4.3"),
        ("output", "the prices it would be charged at are not all told"),
    ],
)
def test_what_has_no_known_most_is_refused_by_a_hard_budget_alone(
    ada: User, sam: User, team: Team, api_key: ApiKey, unknown: str, why: str
) -> None:
    name = stock.GROK if unknown == "context" else PLAIN
    grok = stock.language_model(name, context_length=None)
    if unknown != "price":
        untold = {"completion_text_token_price": None} if unknown == "output" else {}
        stock.price(grok, team, **untold)
    stock.usable(api_key, grok)
    set_budget(ada, day=9, team=team, hard=False)
    assert ask(sam, model=name)

    set_budget(ada, month=9, team=team)

    refused = refusal(sam, model=name)
    assert why in refused.sentence
    assert "The monthly budget of the team Search is a hard one" in refused.sentence
    assert "Choose a model whose price and context length are told." in refused.advice


def test_counting_tokens_is_in_no_budget(ada: User, sam: User, key: ApiKey) -> None:
    set_budget(ada, day=0)

    assert ask(sam, endpoint=Endpoint.TOKENIZE)


def test_of_several_the_one_that_begins_anew_last_is_named(
    ada: User, sam: User, team: Team, key: ApiKey
) -> None:
    set_budget(ada, day=0, team=team)
    set_budget(ada, month=0, person=sam)

    assert "the monthly budget of Sam" in refusal(sam).sentence

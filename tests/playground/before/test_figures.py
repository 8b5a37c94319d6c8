"""What a prompt comes to, to the tick."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from console.accounts.models import Team
from console.catalog.models import LanguageModel, PriceVersion
from console.playground.before.figures import Preview, Prompt, preview
from console.playground.forms import PER_MESSAGE, PER_REQUEST, ChatForm
from console.relay.counting import Count
from console.usage.models import Endpoint
from tests.relay import stock

pytestmark = pytest.mark.django_db

MODEL = "grok-2"  # does not reason
TWICE = "the whole prompt is charged at 2 times the price."


def prompt(*texts: str, system: str = "", most: int = 100) -> Prompt:
    roles = ("user", "assistant") * len(texts)
    turns = [
        {"role": one, "content": text} for one, text in zip(roles, texts, strict=False)
    ]
    form = ChatForm(
        {
            "model": MODEL,
            "max_tokens": most,
            "system": system,
            "turns": json.dumps(turns),
        }
    )
    assert form.is_valid(), form.errors
    return Prompt.of(form)


@dataclass
class Sold:
    """A model and its price."""

    model: LanguageModel
    price: PriceVersion | None


def choice(
    team: Team | None, *, context: int | None = 1_000_000, **prices: int | None
) -> Sold:
    model = stock.language_model(MODEL, context_length=context)
    return Sold(model, stock.price(model, team, **prices) if team else None)


def told(*tokens: int | None) -> list[Count]:
    return [Count(model_id=MODEL, tokens=one) for one in tokens]


def shown(asked: Prompt, of: Sold, *tokens: int | None) -> Preview:
    return preview(asked, Endpoint.CHAT, of.model, of.price, told(*tokens))


def test_a_first_prompt_has_nothing_that_was_sent_before(team: Team) -> None:
    found = shown(prompt("Hello"), choice(team), 7)

    frame = 2 * PER_MESSAGE + PER_REQUEST
    assert (found.tokens, found.earlier) == (7, 0)
    assert found.least == 7 * 2000  # all of it cached, no answer
    assert found.most == (7 + frame) * 12500 + 100 * 25000
    assert not found.reasons
    assert found.warnings == ()


def test_a_model_that_reasons_may_cost_its_context_whatever_is_asked_for(
    team: Team,
) -> None:
    model = stock.language_model("grok-4.3", context_length=5_000)

    found = shown(prompt("Hello"), Sold(model, stock.price(model, team)), 7)

    frame = 2 * PER_MESSAGE + PER_REQUEST
    assert found.reasons
    assert found.unreasoned == 7 * 12500 + 100 * 25000
    assert found.most == (7 + frame) * 12500 + 5_000 * 25000


def test_earlier_turns_and_the_system_prompt_are_counted_as_one_text(
    team: Team,
) -> None:
    asked = prompt("Hello", "Hi", "And now?", system="Be brief")

    assert asked.texts == ["Be brief\nHello\nHi", "And now?"]
    found = shown(asked, choice(team), 1_000, 30)
    assert (found.tokens, found.earlier) == (1_030, 1_000)


def test_without_a_count_only_the_most_is_told_by_bytes(team: Team) -> None:
    asked = prompt("Grüße")

    found = shown(asked, choice(team))

    assert (found.tokens, found.least) == (None, None)
    assert found.most_tokens == asked.bound == 7 + 2 * PER_MESSAGE + PER_REQUEST
    assert found.most == asked.bound * 12500 + 100 * 25000


def test_one_count_that_failed_makes_the_sum_unknown_and_says_why(team: Team) -> None:
    failed = Count(model_id=MODEL, sentence="xAI is busy.")

    sold, counts = choice(team), [*told(9), failed]

    found = preview(
        prompt("One", "Two", "Three"), Endpoint.CHAT, sold.model, sold.price, counts
    )

    assert (found.tokens, found.least, found.earlier) == (None, None, 0)
    assert found.why_not_counted == "xAI is busy."
    assert found.most is not None


def test_prices_that_are_not_known_make_no_zero() -> None:
    found = shown(prompt("Hello"), choice(None), 7)

    assert (found.least, found.most) == (None, None)


@pytest.mark.parametrize(
    ("tokens", "warnings"),
    [
        (100_000, []),
        (
            160_000,
            ["40,000 tokens more, and " + TWICE],
        ),
        (
            199_999,
            ["1 token more, and " + TWICE],
        ),
        (
            200_000,
            ["From 200,000 tokens on, " + TWICE],
        ),
    ],
)
def test_the_long_context_tier_is_announced_before_it_doubles_the_price(
    team: Team, tokens: int, warnings: list[str]
) -> None:
    found = shown(prompt("Hello"), choice(team), tokens)

    assert list(found.warnings) == warnings
    tier = 4000 if tokens >= 200_000 else 2000
    assert found.least == tokens * tier


@pytest.mark.parametrize(
    "prices",
    [
        {"long_context_threshold": 0},
        {"long_context_threshold": None},
        {"prompt_text_token_price_long_context": 0},
        {"prompt_text_token_price_long_context": 12500},
    ],
)
def test_a_tier_that_is_none_is_not_announced(
    team: Team, prices: dict[str, int | None]
) -> None:
    assert shown(prompt("Hello"), choice(team, **prices), 500_000).warnings == ()


def test_a_prompt_that_leaves_no_room_for_the_answer_is_told(team: Team) -> None:
    narrow = choice(team, context=1_000, long_context_threshold=0)

    (warning,) = shown(prompt("Hello", most=100), narrow, 901).warnings

    assert warning == "Prompt and answer may not fit: grok-2 holds 1,000 tokens."
    assert shown(prompt("Hello", most=100), narrow, 900).warnings == ()

"""What a prompt comes to, to the tick."""

from __future__ import annotations

import json

import pytest

from console.accounts.models import Team
from console.playground.before.figures import Preview, Prompt, preview
from console.playground.forms import PER_MESSAGE, ChatForm
from console.relay.counting import Count
from console.relay.picker import ModelChoice
from console.usage.models import Endpoint
from tests.relay import stock

pytestmark = pytest.mark.django_db

TWICE = "the whole prompt is charged at 2 times the price."


def prompt(*texts: str, system: str = "", most: int = 100) -> Prompt:
    roles = ("user", "assistant") * len(texts)
    turns = [
        {"role": one, "content": text} for one, text in zip(roles, texts, strict=False)
    ]
    form = ChatForm(
        {
            "model": stock.GROK,
            "max_tokens": most,
            "system": system,
            "turns": json.dumps(turns),
        }
    )
    assert form.is_valid(), form.errors
    return Prompt.of(form)


def choice(
    team: Team | None, *, context: int | None = 1_000_000, **prices: int | None
) -> ModelChoice:
    model = stock.language_model(context_length=context)
    return ModelChoice(
        model_id=stock.GROK,
        aliases=(),
        context_length=context,
        modalities=("text",),
        created_at=None,
        price=stock.price(model, team, **prices) if team else None,
    )


def told(*tokens: int | None) -> list[Count]:
    return [Count(model_id=stock.GROK, tokens=one) for one in tokens]


def shown(asked: Prompt, of: ModelChoice, *tokens: int | None) -> Preview:
    return preview(asked, of, Endpoint.CHAT, told(*tokens))


def test_a_first_prompt_has_nothing_that_was_sent_before(team: Team) -> None:
    found = shown(prompt("Hello"), choice(team), 7)

    frame = 2 * PER_MESSAGE
    assert (found.tokens, found.earlier) == (7, 0)
    assert found.least == 7 * 2000  # all of it cached, no answer
    assert found.most == (7 + frame) * 12500 + 100 * 25000
    assert found.warnings == ()


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
    assert found.most_tokens == asked.bound == 7 + 2 * PER_MESSAGE
    assert found.most == asked.bound * 12500 + 100 * 25000


def test_one_count_that_failed_makes_the_sum_unknown_and_says_why(team: Team) -> None:
    failed = Count(model_id=stock.GROK, sentence="xAI is busy.")

    found = preview(
        prompt("One", "Two", "Three"), choice(team), Endpoint.CHAT, [*told(9), failed]
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

    assert warning == "Prompt and answer may not fit: grok-4.3 holds 1,000 tokens."
    assert shown(prompt("Hello", most=100), narrow, 900).warnings == ()

"""Which entry is compared with what, and what is said of the rest."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from console.finance.referee.causes import Cause
from console.finance.referee.fields import Field
from console.finance.referee.verdicts import Model, Row, Told, Verdict
from tests.finance.referee.feeds import (
    GROK_45,
    JUNE_9,
    LITELLM,
    MODELS_DEV,
    found,
    litellm,
    model,
    models_dev,
    prices,
    standard,
)

FLAT = {"input_cost_per_token": 1.25e-6, "output_cost_per_token": 2.5e-6}


def verdicts(rows: list[Row]) -> Counter[Verdict]:
    return Counter(row.verdict for row in rows)


def test_the_golden_file_of_litellm() -> None:
    rows = found(LITELLM)

    wrong = [
        (row.name, row.field, row.cause, row.factor)
        for row in rows
        if row.verdict is Verdict.MISMATCH
    ]
    assert wrong == [
        ("xai/grok-4.3-latest", Field.INPUT, Cause.UNIT, 10**6),
        ("xai/grok-4.3-latest", Field.THRESHOLD, Cause.LONG_MISSING, None),
        ("xai/grok-4.5", Field.CACHED, Cause.GUESSED_CACHED, Fraction(5, 3)),
        ("xai/grok-4.5", Field.LONG_CACHED, Cause.GUESSED_CACHED, Fraction(5, 3)),
        ("xai/grok-code-fast-1", Field.CACHED, Cause.NO_CACHED, None),
    ]
    assert [row.name for row in rows if row.verdict is Verdict.EXTRA] == [
        "xai/grok-beta"
    ]
    assert [row.name for row in rows if row.verdict is Verdict.MISSING] == [
        "grok-build-0.1"
    ]
    assert {row.alias for row in rows if row.name.endswith("latest")} == {
        "grok-4.3-latest"
    }


@pytest.mark.parametrize(
    ("change", "factor", "note"),
    [
        ({}, Fraction(1, 2), "Long prompts are priced like short ones"),
        (
            {"input_cost_per_token": "3.00"},
            None,
            "Long prompts are priced like short ones. Its input price is no price, so "
            "there is no factor; at xAI input costs $2.50 per 1M tokens there, in "
            "place of $1.25",
        ),
        ({"input_cost_per_token": 1.25}, None, "Its input price is itself wrong"),
        ({"input_cost_per_token": None}, None, "Its input price is missing"),
    ],
)
def test_a_missing_tier_is_measured_by_a_right_input_price_alone(
    change: dict[str, Any], factor: Fraction | None, note: str
) -> None:
    cached = {"cache_read_input_token_cost": 2e-7}
    rows = found(litellm(a=FLAT | cached | change), model("a"))

    (row,) = [row for row in rows if row.cause is Cause.LONG_MISSING]
    assert row.factor == factor
    assert note in row.note


def test_a_missing_tier_is_held_against_the_team_whose_input_price_it_has() -> None:
    dear = prices(prompt_text_token_price=30_000)
    cached = {"cache_read_input_token_cost": 2e-7}

    rows = found(litellm(a=FLAT | cached), model("a", dear, prices()))

    (row,) = [row for row in rows if row.cause is Cause.LONG_MISSING]
    assert row.factor == Fraction(1, 2)


def test_the_golden_file_of_models_dev() -> None:
    rows = found(MODELS_DEV)

    wrong = [(row.field, row.cause) for row in rows if row.cause]
    assert wrong == [
        (Field.INPUT, Cause.UNIT),
        (Field.CACHED, Cause.CACHED_AS_INPUT),
        (Field.THRESHOLD, Cause.LONG_MISSING),
    ]
    assert verdicts(rows)[Verdict.MISSING] == 2
    long = [row for row in rows if row.field is Field.LONG_INPUT]
    assert [row.quote.at for row in long if row.quote] == [
        "cost.tiers[0].input",
        "cost.context_over_200k.input",
    ]


def test_a_price_that_any_team_is_told_matches_and_says_whose() -> None:
    known = model("a", standard(12_500, None, 25_000), standard(10_000, None, 25_000))

    first, second = found(litellm(a=FLAT | {"input_cost_per_token": 1e-6}), known)

    assert (first.verdict, first.teams) == (Verdict.MATCH, ("team 1",))
    assert (second.verdict, second.teams) == (Verdict.MATCH, ())


def test_a_mismatch_is_measured_by_the_nearest_price() -> None:
    known = model("a", standard(12_500, None, 25_000), standard(90_000, None, 25_000))

    first, _ = found(litellm(a=FLAT | {"input_cost_per_token": 1e-5}), known)

    assert (first.ticks, first.teams) == (90_000, ("team 1",))
    assert first.factor == Fraction(10, 9)


def doubtful(*sound: Told) -> Model:
    odd = Told(prices=standard(90_000, None, 25_000), teams=("doubtful",), sound=False)
    return model("a", told=(*sound, odd))


def test_what_is_odd_is_never_taken_for_true() -> None:
    rows = found(litellm(a=FLAT), doubtful())

    assert verdicts(rows) == {Verdict.NOT_JUDGED: 2}
    assert {row.note for row in rows} == {
        "xAI's price is odd and nobody has confirmed it"
    }
    assert {row.ticks for row in rows} == {None}


def test_what_is_odd_is_not_held_against_the_file_either() -> None:
    sure = Told(prices=standard(12_500, None, 25_000), teams=("sure",))

    first, second = found(
        litellm(a=FLAT | {"input_cost_per_token": 9e-6}), doubtful(sure)
    )

    assert first.verdict is Verdict.NOT_JUDGED
    assert second.verdict is Verdict.MATCH


def test_what_xai_has_not_told_is_not_judged() -> None:
    known = model(
        "a",
        prices(
            cached_prompt_text_token_price=None,
            long_context_threshold=None,
        ),
    )
    entry = FLAT | {
        "cache_read_input_token_cost": 2e-7,
        "output_cost_per_token_above_200k_tokens": 5e-6,
    }

    rows = found(litellm(a=entry), known)

    assert [(row.field, row.note) for row in rows if row.note] == [
        (Field.CACHED, "xAI has not told this price"),
        (Field.LONG_OUTPUT, "xAI has not told the prices of long prompts"),
    ]
    assert verdicts(rows) == {Verdict.MATCH: 2, Verdict.NOT_JUDGED: 2}


def test_what_neither_side_has_is_no_line() -> None:
    known = model("a", standard(12_500, None, 25_000))

    assert verdicts(found(litellm(a=FLAT), known)) == {Verdict.MATCH: 2}


def test_a_cached_price_that_saves_nothing_may_be_left_out() -> None:
    for cached in (0, 12_500, None):
        known = model("a", standard(12_500, cached, 25_000))

        assert verdicts(found(litellm(a=FLAT), known)) == {Verdict.MATCH: 2}


def test_a_long_price_of_0_is_the_standard_one() -> None:
    known = model("a", prices(cached_prompt_text_token_price_long_context=0))
    cost = {"input": 1.25, "cache_read": 0.2, "output": 2.5}
    tier = {"input": 2.5, "cache_read": 0.2, "output": 5, "tier": {"size": 200_000}}

    rows = found(models_dev(a=cost | {"tiers": [tier]}), known)

    assert verdicts(rows) == {Verdict.MATCH: 7}


def test_of_several_tiers_the_one_from_xai_s_threshold_is_compared() -> None:
    entry = FLAT | {
        "cache_read_input_token_cost": 2e-7,
        "input_cost_per_token_above_128k_tokens": 9e-6,
        "input_cost_per_token_above_200k_tokens": 2.5e-6,
        "output_cost_per_token_above_200k_tokens": 5e-6,
        "cache_read_input_token_cost_above_200k_tokens": 4e-7,
    }

    assert verdicts(found(litellm(a=entry), model("a"))) == {Verdict.MATCH: 7}


def test_an_image_price_is_compared_where_the_file_has_one() -> None:
    known = model("a", standard(12_500, None, 25_000))
    entry = FLAT | {"input_cost_per_image_token": 1.25e-6}

    assert found(litellm(a=entry), known)[-1].field is Field.IMAGE


def test_a_retired_model_is_not_listed_since_a_day() -> None:
    gone = model("grok-2", told=(), gone_at=JUNE_9)

    (extra,) = found(litellm(grok_2=FLAT), gone)

    assert extra.verdict is Verdict.EXTRA
    assert extra.note == "Not in xAI's list since 9 Jun 2026"


def test_an_unknown_model_is_not_seen() -> None:
    extra, missing = found(litellm(grok_9=FLAT), model())

    assert extra.note == "No team you see was ever told of it"
    assert missing.verdict is Verdict.MISSING


def test_an_entry_under_an_alias_covers_the_model() -> None:
    rows = found(litellm(**{"grok-4.3-latest": FLAT}), model())

    assert Verdict.MISSING not in verdicts(rows)


def test_a_listed_model_has_an_alias_before_a_retired_one() -> None:
    old = model("a-retired", told=(), aliases=("grok-latest",))
    new = model("b-listed", GROK_45, aliases=("grok-latest",))

    rows = found(litellm(grok_latest=FLAT), old, new)

    assert {row.model_id for row in rows} == {"b-listed"}


def test_an_id_comes_before_an_alias() -> None:
    one = model("one", standard(12_500, None, 25_000), aliases=())
    other = model("other", GROK_45, aliases=("one",))

    rows = found(litellm(one=FLAT), one, other)

    assert verdicts(rows)[Verdict.MATCH] == 2

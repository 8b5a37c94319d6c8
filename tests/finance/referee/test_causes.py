"""Every rule that names a cause, and which of two comes first."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from console.finance.referee.causes import Cause
from console.finance.referee.fields import Field
from console.finance.referee.verdicts import Model, Row
from tests.finance.referee.feeds import (
    GROK_45,
    litellm,
    model,
    models_dev,
    prices,
    standard,
    wrong,
)

RIGHT = {
    "input": 1.25,
    "cache_read": 0.2,
    "output": 2.5,
    "tiers": [
        {"input": 2.5, "cache_read": 0.4, "output": 5, "tier": {"size": 200_000}}
    ],
}


def of_models_dev(*models: Model, **changes: Any) -> list[Row]:
    """Return the mismatches of grok-4.3 with these values in `cost`."""
    cost = {name: one for name, one in {**RIGHT, **changes}.items() if one != "none"}
    return wrong(models_dev(**{"grok-4.3": cost}), *(models or (model(),)))


def tier(**changes: Any) -> list[Any]:
    """Return tiers with these values in the only one."""
    return [{**RIGHT["tiers"][0], **changes}]  # type: ignore[index]


def test_the_right_file_is_right() -> None:
    assert of_models_dev() == []


@pytest.mark.parametrize(
    ("changes", "field", "cause", "factor"),
    [
        ({"input": 1_250_000}, Field.INPUT, Cause.UNIT, 10**6),
        ({"input": 0.00000125}, Field.INPUT, Cause.UNIT, Fraction(1, 10**6)),
        ({"input": 0.00125}, Field.INPUT, Cause.UNIT, Fraction(1, 1000)),
        ({"input": 1250}, Field.INPUT, Cause.UNIT, 1000),
        ({"input": 12_500}, Field.INPUT, Cause.UNIT, 10_000),
        ({"output": 250}, Field.OUTPUT, Cause.UNIT, 100),
        ({"output": 0.025}, Field.OUTPUT, Cause.UNIT, Fraction(1, 100)),
        ({"input": 12.5}, Field.INPUT, Cause.POINT, 10),
        ({"output": 0.25}, Field.OUTPUT, Cause.POINT, Fraction(1, 10)),
        ({"input": 125_000}, Field.INPUT, Cause.POINT, 10**5),
        ({"cache_read": 1600}, Field.CACHED, Cause.SCALE, 8_000),
        ({"cache_read": 0.0007}, Field.CACHED, Cause.SCALE, Fraction(7, 2000)),
        ({"input": 0}, Field.INPUT, Cause.ZERO, 0),
        ({"cache_read": 0}, Field.CACHED, Cause.ZERO, 0),
        ({"input": "1.25"}, Field.INPUT, Cause.NOT_A_PRICE, None),
        ({"input": True}, Field.INPUT, Cause.NOT_A_PRICE, None),
        ({"input": -1.25}, Field.INPUT, Cause.NOT_A_PRICE, None),
        ({"input": float("1e60")}, Field.INPUT, Cause.NOT_A_PRICE, None),
        ({"input": "none"}, Field.INPUT, Cause.MISSING, None),
        ({"input": None}, Field.INPUT, Cause.MISSING, None),
        ({"output": "none"}, Field.OUTPUT, Cause.MISSING, None),
        ({"cache_read": "none"}, Field.CACHED, Cause.NO_CACHED, None),
        ({"cache_read": 1.25}, Field.CACHED, Cause.CACHED_AS_INPUT, Fraction(25, 4)),
        ({"cache_read": 0.3125}, Field.CACHED, Cause.GUESSED_CACHED, Fraction(25, 16)),
        ({"input": 2.5}, Field.INPUT, Cause.OTHER_FIELD, 2),
        ({"input": 0.2}, Field.INPUT, Cause.OTHER_FIELD, Fraction(4, 25)),
        ({"input": 1}, Field.INPUT, Cause.BATCH, Fraction(4, 5)),
        ({"input": 1.375}, Field.INPUT, Cause.REGIONAL, Fraction(11, 10)),
        ({"input": 1.3}, Field.INPUT, Cause.ROUNDED, Fraction(26, 25)),
        ({"input": 1.2501}, Field.INPUT, Cause.ROUNDED, Fraction(12501, 12500)),
        ({"input": 7}, Field.INPUT, Cause.UNKNOWN, Fraction(28, 5)),
        ({"tiers": "none"}, Field.THRESHOLD, Cause.LONG_MISSING, Fraction(1, 2)),
        ({"tiers": tier(input=1.25)}, Field.LONG_INPUT, Cause.LONG_AS_STANDARD,
         Fraction(1, 2)),
        ({"tiers": tier(output=0)}, Field.LONG_OUTPUT, Cause.ZERO, 0),
        ({"tiers": tier(output=None)}, Field.LONG_OUTPUT, Cause.MISSING, None),
        ({"tiers": tier(cache_read=None)}, Field.LONG_CACHED, Cause.NO_CACHED, None),
        ({"tiers": tier(cache_read=2.5)}, Field.LONG_CACHED, Cause.CACHED_AS_INPUT,
         Fraction(25, 4)),
        ({"tiers": tier(input=5)}, Field.LONG_INPUT, Cause.PRIORITY, 2),
        ({"tiers": tier(tier={"size": 128_000})}, Field.THRESHOLD, Cause.THRESHOLD,
         Fraction(16, 25)),
        ({"reasoning": 25}, Field.REASONING, Cause.POINT, 10),
    ],
)  # fmt: skip
def test_the_likely_cause(
    changes: dict[str, Any], field: Field, cause: Cause, factor: Fraction | None
) -> None:
    (row,) = of_models_dev(**changes)

    assert (row.field, row.cause, row.factor) == (field, cause, factor)


@pytest.mark.parametrize(
    ("value", "cause", "note"),
    [
        (1.25, Cause.UNIT, "A price per 1M tokens in a field per token"),
        (1.25e-3, Cause.UNIT, "A price per 1,000 tokens in a field per token"),
        (1.25e-12, Cause.UNIT, "Divided by 1,000,000 twice"),
        (12_500, Cause.UNIT, "xAI's own integer taken over as it is"),
        (1.25e-4, Cause.UNIT, "Cents in place of dollars"),
        (1.25e-2, Cause.POINT, "Shifted by 10^4"),
    ],
)
def test_units_of_a_file_per_token(value: float, cause: Cause, note: str) -> None:
    entry = {"input_cost_per_token": value, "output_cost_per_token": 2.5e-6}
    known = model("a", standard(12_500, None, 25_000))

    (row,) = wrong(litellm(a=entry), known)

    assert (row.cause, row.note) == (cause, note)


def test_swapped_prices_are_found_on_both_lines() -> None:
    rows = of_models_dev(input=2.5, output=1.25)

    assert [row.cause for row in rows] == [Cause.SWAPPED] * 2


def test_an_older_price_is_stale_with_its_last_day() -> None:
    old = prices(completion_text_token_price=50_000)

    (row,) = of_models_dev(model(past=old), output=5)

    assert (row.cause, row.note) == (Cause.STALE, "xAI's price until 9 Jun 2026")


def test_an_older_price_in_a_wrong_unit_is_found() -> None:
    old = prices(completion_text_token_price=20_000)

    (row,) = of_models_dev(model(past=old), output=2_000_000)

    assert row.cause is Cause.UNIT
    assert row.note == "xAI's price until 9 Jun 2026, shifted by 10^6"
    assert row.factor == 800_000


def test_a_moved_alias_has_another_model_s_prices() -> None:
    rows = of_models_dev(
        model(), model("grok-4.5", GROK_45), input=2, output=6, cache_read=0.3
    )

    assert [row.cause for row in rows] == [Cause.OTHER_MODEL] * 3
    assert rows[0].note == "What grok-4.5 costs; an alias may have moved"


def test_a_model_with_the_same_input_and_output_is_named_too() -> None:
    twin = model("grok-4.6", prices(cached_prompt_text_token_price=5_000))

    (row,) = of_models_dev(model(), twin, cache_read=0.5)

    assert (row.cause, row.note) == (Cause.OTHER_MODEL, "What grok-4.6 costs")


def test_one_price_alone_does_not_make_another_model() -> None:
    (row,) = of_models_dev(model(), model("grok-4.5", GROK_45), output=6)

    assert row.cause is Cause.UNKNOWN


def test_a_tier_that_xai_does_not_have() -> None:
    flat = model("grok-4.3", standard(12_500, 2_000, 25_000))

    rows = of_models_dev(flat)

    assert [row.cause for row in rows] == [Cause.NO_TIER] * 3
    assert {row.factor for row in rows} == {Fraction(2)}
    harmless = tier(input=1.25, cache_read=0.2, output=2.5)
    assert of_models_dev(flat, tiers=harmless) == []


def test_a_price_beside_one_of_0_has_no_factor() -> None:
    free = model("grok-4.3", standard(12_500, 0, 25_000))

    (row,) = of_models_dev(free, tiers="none")

    assert (row.field, row.factor, row.cause) == (Field.CACHED, None, Cause.UNKNOWN)


def test_every_cause_has_a_label() -> None:
    assert len({cause.label for cause in Cause}) == len(Cause)

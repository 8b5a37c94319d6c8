"""What a leaked key reaches and costs at worst."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.catalog.costs import Prices
from console.keys.acls import Model, resolve
from console.keys.blast import (
    ASSUMED,
    NEVER_READ,
    NO_PRICE,
    NOT_BILLED_BY_TOKENS,
    NOT_SURE,
    NOT_TOLD,
    TOO_MUCH,
    Assumption,
    Blast,
    blast_of,
    dearest_of,
    hour_ticks,
    in_words,
)
from console.keys.models import KeyState
from console.lib.ticks import MAX_TICKS, TICKS_PER_USD

MODELS = tuple(Model(name, (f"{name}-latest",)) for name in ("big", "mid", "small"))
BIG = Prices(prompt_text_token_price=30_000, completion_text_token_price=150_000)
MID = Prices(prompt_text_token_price=20_000, completion_text_token_price=60_000)
SMALL = Prices(prompt_text_token_price=3_000, completion_text_token_price=5_000)
PRICES = {"big": BIG, "mid": MID, "small": SMALL}
ALL = ["api-key:model:*", "api-key:endpoint:*"]
CHAT = "api-key:endpoint:chat"


def blast(
    acls: list[str] | None = ALL,
    seen: tuple[Model, ...] | None = MODELS,
    prices: dict[str, Prices] = PRICES,
    state: str = KeyState.ACTIVE,
    assumption: Assumption = ASSUMED,
) -> Blast:
    access = resolve(acls, seen=seen)
    return blast_of(access, prices=prices, state=state, assumption=assumption)


def test_the_worst_hour_of_the_design_is_counted_in_whole_ticks() -> None:
    found = blast()

    assert found.worst_hour_ticks == 3_024_000_000_000  # 302.40 dollars
    assert found.dearest is not None
    assert found.dearest.model_id == "big"
    assert (found.models, found.in_sight, found.endpoints) == (3, 3, 7)
    assert str(in_words(found)) == (
        "At worst about $302.40 per hour, if somebody sends 60 requests a minute "
        "with 8k tokens in and 4k out."
    )


@pytest.mark.parametrize(
    ("acls", "models", "endpoints", "all_models", "all_endpoints"),
    [
        pytest.param(ALL, 3, 7, True, True, id="everything"),
        pytest.param(["api-key:model:*", CHAT], 3, 1, True, False, id="all models"),
        pytest.param(["api-key:model:mid", CHAT], 1, 1, False, False, id="by name"),
        pytest.param(
            ["api-key:model:mid", "api-key:endpoint:*"], 1, 7, False, True,
            id="all endpoints",
        ),
        pytest.param(["api-key:model:*"], 0, 0, False, False, id="no endpoint"),
        pytest.param(["api-key:endpoint:*"], 0, 0, False, False, id="no model"),
        pytest.param([], 0, 0, False, False, id="empty"),
        pytest.param(None, None, None, False, False, id="not told"),
    ],
)  # fmt: skip
def test_counts_what_entries_open(
    acls: list[str] | None,
    models: int | None,
    endpoints: int | None,
    all_models: bool,
    all_endpoints: bool,
) -> None:
    found = blast(acls)

    assert (found.models, found.endpoints) == (models, endpoints)
    assert (found.all_models, found.all_endpoints) == (all_models, all_endpoints)
    assert found.wide is (all_models or all_endpoints)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"acls": None}, NOT_TOLD, id="ACLs not told"),
        pytest.param({"seen": None}, NEVER_READ, id="models never read"),
        pytest.param(
            {
                "acls": ["api-key:model:shared", CHAT],
                "seen": (Model("big", ("shared",)), Model("mid", ("shared",))),
            },
            NOT_SURE,
            id="an alias of two models",
        ),
        pytest.param({"prices": {}}, NO_PRICE, id="prices not read"),
        pytest.param(
            {"prices": {"big": replace(BIG, completion_text_token_price=None)}},
            NO_PRICE,
            id="half a price",
        ),
        pytest.param(
            {"acls": ["api-key:model:*", "api-key:endpoint:image"]},
            NOT_BILLED_BY_TOKENS,
            id="billed by the image",
        ),
        pytest.param(
            {"acls": ["api-key:model:*", "api-key:endpoint:files"]},
            NOT_BILLED_BY_TOKENS,
            id="an endpoint nobody knows",
        ),
        pytest.param(
            {
                "acls": [
                    "api-key:model:*",
                    "api-key:endpoint:models",
                    "api-key:endpoint:files",
                ]
            },
            NOT_BILLED_BY_TOKENS,
            id="lists, and an endpoint nobody knows",
        ),
        pytest.param(
            {"prices": {"big": replace(BIG, completion_text_token_price=MAX_TICKS)}},
            TOO_MUCH,
            id="beyond BIGINT",
        ),
    ],
)
def test_what_is_not_known_is_none_with_its_reason(
    changes: dict[str, object], reason: str
) -> None:
    found = blast(**changes)  # type: ignore[arg-type]

    assert found.worst_hour_ticks is None
    assert found.reason == reason
    assert str(in_words(found)) == f"The worst case is not known. {reason}"


FREE = Prices(prompt_text_token_price=0, completion_text_token_price=0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"acls": []}, "no call at all", id="empty list"),
        pytest.param({"acls": ["api-key:model:*"]}, "no call at all", id="one kind"),
        pytest.param(
            {"acls": ["api-key:model:*", "api-key:endpoint:models"]},
            "lists of models",
            id="lists only",
        ),
        pytest.param(
            {"acls": ["api-key:model:gone", CHAT]}, "no model", id="gone model"
        ),
        pytest.param(
            {"prices": dict.fromkeys(PRICES, FREE)}, "cost nothing", id="free models"
        ),
    ],
)
def test_a_known_nothing_is_0_and_says_why(
    changes: dict[str, object], words: str
) -> None:
    found = blast(**changes)  # type: ignore[arg-type]

    assert found.worst_hour_ticks == 0
    assert words in str(in_words(found))


def test_a_free_model_beside_one_without_a_price_is_not_known() -> None:
    assert blast(prices={"big": FREE}).worst_hour_ticks is None


def test_models_without_a_price_are_named_beside_the_amount() -> None:
    found = blast(prices={"small": SMALL})

    assert found.unpriced == 2
    assert "Not counted: 2 models without a known price." in str(in_words(found))


def test_the_dearest_is_told_by_output_and_then_by_input() -> None:
    tie = {
        "a": replace(MID, prompt_text_token_price=1),
        "b": replace(MID, prompt_text_token_price=2),
        "c": SMALL,
    }

    assert getattr(dearest_of(tie, tie), "model_id", None) == "b"
    assert dearest_of(["d"], tie) is None


LONG = replace(
    MID,
    long_context_threshold=8_000,
    prompt_text_token_price_long_context=40_000,
    completion_text_token_price_long_context=120_000,
)


@pytest.mark.parametrize(
    ("prompt", "price_in", "price_out"),
    [
        pytest.param(7_999, 20_000, 60_000, id="below the threshold"),
        pytest.param(8_000, 40_000, 120_000, id="at it"),
    ],
)
def test_long_prompts_pay_the_prices_of_their_tier(
    prompt: int, price_in: int, price_out: int
) -> None:
    assumption = Assumption(1, prompt, 10)

    assert hour_ticks(LONG, assumption) == 60 * (prompt * price_in + 10 * price_out)


def test_the_worst_model_is_the_one_that_costs_most_under_the_assumption() -> None:
    wordy = replace(SMALL, prompt_text_token_price=90_000)
    assumption = Assumption(1, 100_000, 1)

    found = blast(prices={"big": BIG, "small": wordy}, assumption=assumption)

    assert found.worst_hour_ticks == hour_ticks(wordy, assumption)
    assert found.dearest is not None
    assert found.dearest.model_id == "big"


def test_an_assumption_is_written_out() -> None:
    assert str(Assumption(1, 8_192, 1_500_000)) == (
        "somebody sends 1 request a minute with 8,192 tokens in and 1,500k out"
    )


@pytest.mark.parametrize("state", KeyState)
def test_a_key_that_xai_refuses_says_so(state: KeyState) -> None:
    known_bad = {
        KeyState.TEAM_BLOCKED,
        KeyState.KEY_BLOCKED,
        KeyState.REJECTED,
        KeyState.DISABLED,
    }

    found = blast(state=state)

    assert bool(found.stopped) is (state in known_bad)
    assert found.worst_hour_ticks == 3_024_000_000_000  # it may be let in again


def test_rings_show_a_small_share_and_nothing_where_nothing_is_known() -> None:
    assert blast().models_share == 100
    assert blast(["api-key:model:mid", CHAT]).models_share == 33
    assert blast(["api-key:model:mid", CHAT]).endpoints_share == 14
    assert blast(None).endpoints_share == 0
    assert blast(seen=()).models_share == 0
    many = tuple(Model(f"m{n}") for n in range(500))
    assert blast(["api-key:model:m1", CHAT], seen=many).models_share == 1


def test_dollars_agree_with_ticks() -> None:
    assert blast().worst_hour_ticks == 302 * TICKS_PER_USD + 4 * TICKS_PER_USD // 10

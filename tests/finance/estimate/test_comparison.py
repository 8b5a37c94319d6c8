"""The same job on several models, without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given

from console.catalog.costs import Prices
from console.finance.estimate.comparison import compare, request_of
from console.finance.estimate.files import EXPORT_FIELDS, records
from console.finance.estimate.inputs import Inputs
from console.finance.estimate.prices_for import Offer, chosen, narrowed, split
from tests.finance.estimate.test_inputs import jobs
from tests.finance.estimate.test_working import GROK_3_MINI, GROK_4_3, any_prices
from tests.people import NOON

DESIGN = Inputs(requests=200_000, days=1, prompt=2_400, output=180, cached=40)
SEARCH, OTHER = UUID(int=1), UUID(int=2)


def offer(model_id: str = "grok-4.3", **changes: Any) -> Offer:
    known: dict[str, Any] = {
        "name": model_id,
        "host": "xai",
        "model_id": model_id,
        "teams": ("Search",),
        "team_count": 1,
        "team_ids": (SEARCH,),
        "differs": False,
        "listed": True,
        "prices": GROK_4_3,
        "sound": True,
        "context_length": 1_000_000,
        "takes_images": True,
        "gives_text": True,
        "seen_at": NOON,
    }
    return Offer(**known | changes)


def test_the_design_s_example_to_the_cent() -> None:
    (line,) = compare(DESIGN, [offer()]).lines

    assert line.per_month == 4_884_000_000_000
    assert (line.low, line.high) == (4_395_600_000_000, 5_372_400_000_000)
    assert line.proof == [
        "1,440 fresh x 12,500 + 960 cached x 2,000 + 180 output x 25,000 "
        "= 24,420,000 ticks",
        "x 200,000 requests a day = 4,884,000,000,000 ticks = $488.40",
        "x 1 day = 4,884,000,000,000 ticks = $488.40",
    ]
    assert (line.flips, line.cheapest, line.warnings) == (False, False, ())


def test_the_cheapest_comes_first_and_what_is_unknown_last() -> None:
    untold = replace(GROK_4_3, completion_text_token_price=None)
    dear = replace(GROK_4_3, completion_text_token_price=150_000)
    offers = [
        offer("untold", prices=untold),
        offer("dear", prices=dear),
        offer("one"),
        offer("other"),
    ]

    found = compare(DESIGN, offers)

    names = [line.offer.model_id for line in found.lines]
    assert names == ["one", "other", "dear", "untold"]
    assert [line.cheapest for line in found.lines] == [True, True, False, False]
    assert found.main is found.lines[0]
    assert (found.known, found.seen_from, found.seen_to) == (3, NOON, NOON)


def test_nothing_to_compare_is_no_error() -> None:
    found = compare(DESIGN, [])

    assert (found.main, found.known, found.seen_to) == (None, 0, None)


@pytest.mark.parametrize(
    ("changes", "job", "reason"),
    [
        pytest.param(
            {"prices": replace(GROK_4_3, cached_prompt_text_token_price=None)},
            DESIGN,
            "xAI has not told the price of cached input tokens.",
            id="a price not told",
        ),
        pytest.param(
            {"prices": replace(GROK_4_3, completion_text_token_price=None)},
            replace(DESIGN, reasoning=5),
            "xAI has not told the price of output tokens.",
            id="output and reasoning have one price",
        ),
        pytest.param({"sound": False}, DESIGN, "Not confirmed:", id="odd"),
        pytest.param(
            {"context_length": 20_000_000},
            replace(DESIGN, requests=1_000_000_000, days=366, prompt=10_000_000),
            "Too large to compute: more than $922,337,203.6854775807.",
            id="too large",
        ),
    ],
)
def test_what_is_unknown_has_a_reason_and_no_total(
    changes: dict[str, Any], job: Inputs, reason: str
) -> None:
    found = compare(job, [offer(**changes)])
    (line,) = found.lines

    assert reason in line.reason
    assert (line.per_month, line.low, line.high) == (None, None, None)
    assert (line.proof, found.main, line.cheapest) == ([], None, False)


@pytest.mark.parametrize(
    ("changes", "job", "reason"),
    [
        pytest.param(
            {"context_length": 256_000},
            replace(DESIGN, prompt=300_000, output=500),
            "A request of 300,500 tokens does not fit into the context of 256,000.",
            id="context",
        ),
        pytest.param(
            {"context_length": 2_579}, DESIGN, "2,580 tokens does not fit", id="by one"
        ),
        pytest.param(
            {"context_length": 2_000},
            replace(DESIGN, prompt=1_000, output=500, reasoning=600),
            "2,100 tokens does not fit",
            id="reasoning counts",
        ),
        pytest.param(
            {"takes_images": False},
            replace(DESIGN, images=1, image_tokens=5),
            "takes no images",
            id="images",
        ),
        pytest.param({"gives_text": False}, DESIGN, "gives no text", id="output"),
        pytest.param(
            {"gives_text": False, "sound": False}, DESIGN, "gives no text", id="and odd"
        ),
    ],
)
def test_a_model_that_cannot_do_the_job_stands_last_with_the_reason(
    changes: dict[str, Any], job: Inputs, reason: str
) -> None:
    cheap = offer("cannot", prices=GROK_3_MINI, **changes)

    found = compare(job, [cheap, offer("untold", prices=Prices()), offer("can")])
    alone = compare(job, [cheap])

    line = found.lines[-1]
    names = [each.offer.model_id for each in found.lines]
    assert names == ["can", "untold", "cannot"]
    assert reason in line.reason
    assert (line.possible, line.per_month, line.cheapest) == (False, None, False)
    assert (found.impossible, found.known) == (1, 1)
    assert found.main is not None
    assert (found.main.offer.model_id, found.main.cheapest) == ("can", False)
    assert (alone.main, alone.impossible) == (None, 1)


def test_a_model_of_unknown_context_may_be_the_cheapest() -> None:
    found = compare(DESIGN, [offer("a", prices=GROK_3_MINI, context_length=None)])

    assert found.main is found.lines[0]
    assert found.lines[0].possible


def test_what_cannot_be_is_in_a_file_with_its_reason() -> None:
    (record,) = records(compare(DESIGN, [offer(context_length=5)]))

    assert (record["possible"], record["unknown_because"]) == (False, "")
    assert "does not fit" in record["not_possible_because"]


@pytest.mark.parametrize(
    ("teams", "count", "words"),
    [
        (("Search",), 1, "as Search is told"),
        (("A", "B"), 2, "as A, B are told"),
        (("A", "B", "C"), 4, "as A, B, C and 1 more team are told"),
        ((), 1_990, "as 1,990 teams are told"),
    ],
)
def test_an_offer_says_as_whom_it_is_made(
    teams: tuple[str, ...], count: int, words: str
) -> None:
    assert offer(teams=teams, team_count=count).as_told == words


def test_a_model_without_images_is_known_for_a_job_without() -> None:
    (line,) = compare(DESIGN, [offer(takes_images=False)]).lines

    assert line.reason == ""


def test_the_margin_counts_the_other_tier() -> None:
    job = Inputs(requests=1, days=1, prompt=190_000, output=0)

    (line,) = compare(job, [offer()]).lines

    assert line.per_month == 190_000 * 12_500
    assert (line.low, line.high) == (171_000 * 12_500, 209_000 * 25_000)
    assert line.flips
    assert "Just below: from 200,000 on" in line.warnings[0]


def test_the_margin_holds_the_job_where_long_prices_are_lower() -> None:
    prices = replace(GROK_4_3, prompt_text_token_price_long_context=1)
    job = Inputs(requests=1, days=1, prompt=190_000, output=0)

    (line,) = compare(job, [offer(prices=prices)]).lines

    assert (line.low, line.high) == (209_000, 190_000 * 12_500)


@pytest.mark.parametrize(
    ("changes", "job", "warning"),
    [
        ({"listed": False}, DESIGN, "does not list this model any more"),
        ({"context_length": None}, DESIGN, "whether 2,580 tokens fit is unknown"),
        ({"context_length": 2_580}, DESIGN, "10% more tokens would not fit into its"),
        (
            {"takes_images": None},
            replace(DESIGN, images=1, image_tokens=5),
            "has not told whether this model takes images",
        ),
        (
            {"prices": replace(GROK_3_MINI, cached_prompt_text_token_price=0)},
            DESIGN,
            "count as free",
        ),
    ],
)
def test_warnings_leave_the_total(
    changes: dict[str, Any], job: Inputs, warning: str
) -> None:
    (line,) = compare(job, [offer(**changes)]).lines

    assert warning in " ".join(line.warnings)
    assert line.per_month is not None


def test_counted_prompts_are_used_for_their_model_alone() -> None:
    job = replace(DESIGN, counted={"grok-4.3": 7})

    lines = compare(job, [offer(), offer("grok-3-mini")]).lines

    assert {line.offer.model_id: line.counted for line in lines} == {
        "grok-4.3": True,
        "grok-3-mini": False,
    }
    assert request_of(job, "grok-4.3").text == 7
    assert request_of(job, "grok-3-mini").text == 2_400


@given(jobs, any_prices)
def test_day_and_month_are_whole_multiples_and_the_margin_encloses(
    job: Inputs, prices: Any
) -> None:
    (line,) = compare(job, [offer(prices=prices)]).lines

    if line.per_month is not None:
        assert line.per_request is not None
        assert line.per_day == line.per_request * job.requests
        assert line.per_month == line.per_day * job.days
        assert line.reason == ""
    else:
        assert line.reason
    if line.low is not None and line.high is not None:
        assert line.low <= (line.per_month or 0) <= line.high


def test_a_file_holds_ticks_and_exact_dollars() -> None:
    untold = replace(GROK_4_3, cached_prompt_text_token_price=None)

    one, other = records(compare(DESIGN, [offer(), offer("b", prices=untold)]))

    assert set(one) == set(EXPORT_FIELDS)
    assert (one["per_month_ticks"], one["per_month_usd"]) == (
        4_884_000_000_000,
        "488.40",
    )
    assert (one["fresh_tokens"], one["fresh_price_ticks"]) == (1_440, 12_500)
    assert (one["image_tokens"], one["image_price_ticks"]) == (0, None)
    assert (one["tier"], one["cheapest"], one["unknown_because"]) == (
        "standard",
        False,  # of what the other costs nothing is known
        "",
    )
    assert (other["per_month_ticks"], other["per_month_usd"]) == (None, None)
    assert "cached input" in other["unknown_because"]


def named(*names: str) -> Inputs:
    return Inputs(models=names)


TOLD = [
    offer("a", name=f"a@{SEARCH}", differs=True),
    offer("a", name=f"a@{OTHER}", differs=True, team_ids=(OTHER,), prices=GROK_3_MINI),
    offer("b@x"),
    offer("old", listed=False),
]


@pytest.mark.parametrize(
    ("names", "meant", "unknown"),
    [
        ((), [0, 1, 2], ()),
        (("a",), [0, 1], ()),
        ((f"a@{OTHER}",), [1], ()),
        ((f"a@{UUID(int=9)}",), [0, 1], ()),
        (("b@x", "b@x"), [2], ()),
        ((f"b@x@{SEARCH}",), [2], ()),
        (("old", "zzz", f"zzz@{SEARCH}"), [3], ("zzz",)),
        (("b",), [], ("b",)),
    ],
)
def test_names_mean_offers(
    names: tuple[str, ...], meant: list[int], unknown: tuple[str, ...]
) -> None:
    choice = chosen(named(*names), TOLD)

    assert [TOLD.index(each) for each in choice.offers] == meant
    assert choice.unknown == unknown


def test_a_job_is_narrowed_to_what_is_told() -> None:
    job = Inputs(models=("zzz", "b@x", f"a@{UUID(int=9)}"), counted={"zzz": 1, "a": 2})

    kept = narrowed(job, TOLD)

    assert kept is not None
    assert kept.models == (f"a@{SEARCH}", f"a@{OTHER}", "b@x")
    assert kept.counted == {"a": 2}
    assert narrowed(named("zzz"), TOLD) is None
    assert narrowed(named(), TOLD) == named()


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("grok", ("grok", None)),
        ("grok@", ("grok@", None)),
        (f"@{SEARCH}", (f"@{SEARCH}", None)),
        (f"a@b@{SEARCH}", ("a@b", SEARCH)),
    ],
)
def test_a_name_may_hold_a_team(name: str, parts: tuple[str, Any]) -> None:
    assert split(name) == parts

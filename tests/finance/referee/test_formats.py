"""Both shapes, and files that are neither."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from console.finance.referee import formats
from console.finance.referee.fields import Field
from console.finance.referee.formats import BadFile, Feed, Shape
from tests.finance.referee.feeds import LITELLM, MODELS_DEV, litellm, models_dev


def entry(text: str, number: int = 0) -> Any:
    return formats.read(text).entries[number]


def test_reads_a_file_of_litellm() -> None:
    feed = formats.read(LITELLM)

    assert feed.shape is Shape.LITELLM
    assert [one.model for one in feed.entries] == [
        "grok-4.3", "grok-4.3-latest", "grok-4.5", "grok-code-fast-1", "grok-beta",
    ]  # fmt: skip
    assert (feed.left_out, feed.other_kinds) == (2, 1)
    first = feed.entries[0]
    assert first.usd(Field.INPUT) == Fraction(5, 4)
    assert first.usd(Field.CACHED) == Fraction(1, 5)
    (tier,) = first.tiers
    assert tier.threshold == 200_000
    assert tier.quotes[Field.LONG_OUTPUT].usd == 5
    assert (
        tier.quotes[Field.LONG_OUTPUT].at == "output_cost_per_token_above_200k_tokens"
    )
    assert tier.quotes[Field.LONG_OUTPUT].written == "5e-06"


def test_reads_a_file_of_models_dev() -> None:
    feed = formats.read(MODELS_DEV)

    assert feed.shape is Shape.MODELS_DEV
    assert [one.key for one in feed.entries] == ["grok-4.3", "grok-4.5"]
    assert (feed.left_out, feed.other_kinds) == (1, 1)
    assert feed.provider["npm"] == "@ai-sdk/xai"
    tier, legacy = feed.entries[0].tiers
    assert (tier.threshold, tier.at) == (200_000, "cost.tiers[0].tier.size")
    assert legacy.threshold is None
    assert legacy.quotes[Field.LONG_CACHED].at == "cost.context_over_200k.cache_read"
    assert legacy.quotes[Field.LONG_CACHED].usd == Fraction(2, 5)


@pytest.mark.parametrize("text", [LITELLM, MODELS_DEV])
def test_what_is_kept_says_the_same(text: str) -> None:
    feed = formats.read(text)

    again = formats.again(feed.text())

    assert again == feed
    assert "gpt-x" not in feed.text()


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"id": "xai", "models": {"grok-4": {"cost": {"input": 3}}}}),
        json.dumps({"xai": {"models": {"grok-4": {"cost": {"input": 3}}}}}),
        json.dumps(
            {"providers": {"xai": {"models": {"grok-4": {"cost": {"input": 3}}}}}}
        ),
    ],
)
def test_a_part_of_models_dev_is_enough(text: str) -> None:
    assert entry(text).usd(Field.INPUT) == 3


def test_the_older_tier_alone_begins_at_200k() -> None:
    (tier,) = entry(models_dev(a={"context_over_200k": {"input": 6}})).tiers

    assert tier.threshold == 200_000
    assert tier.quotes[Field.LONG_INPUT].usd == 6


@pytest.mark.parametrize(
    ("tier", "threshold"),
    [
        ({"tier": {"type": "context", "size": 128_000}}, 128_000),
        ({"tier": {"size": 128_000}}, 128_000),
        ({"context": {"min": 272_000}}, 272_000),
    ],
)
def test_a_tier_says_from_where_it_holds(tier: Any, threshold: int) -> None:
    (found,) = entry(models_dev(a={"tiers": [{"input": 1, **tier}]})).tiers

    assert found.threshold == threshold


@pytest.mark.parametrize(
    ("place", "threshold"), [("128k", 128_000), ("131072", 131_072)]
)
def test_litellm_names_the_threshold_in_the_field(place: str, threshold: int) -> None:
    (tier,) = entry(
        litellm(a={f"input_cost_per_token_above_{place}_tokens": 1e-6})
    ).tiers

    assert tier.threshold == threshold


@pytest.mark.parametrize(
    "value",
    [
        "0.00000125", True, [], {}, [[[]]], -1, float("1e300"), "", "\ud800",
        "x" * 10**6, {"input": {"input": 1}},
    ],
)  # fmt: skip
def test_a_value_of_a_wrong_type_is_given_but_no_price(value: Any) -> None:
    for text in (
        litellm(a={"input_cost_per_token": value}),
        models_dev(a={"input": value}),
    ):
        quote = entry(text).quotes[Field.INPUT]

        assert quote.given
        assert quote.usd is None
        assert quote.written.isprintable()
        assert len(quote.written) <= 60


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {"cost": []}, {"cost": 4}])
def test_an_entry_of_a_wrong_type_says_nothing(value: Any) -> None:
    for text in (
        json.dumps({"xai/a": value}),
        json.dumps({"xai": {"models": {"a": value}}}),
    ):
        assert entry(text).usd(Field.INPUT) is None
        assert not entry(text).tiers


@pytest.mark.parametrize(
    "tiers",
    [1, "x", {}, [1, None, "x", []], [{"tier": 1}], [{"tier": {"size": "x"}}],
     [{"tier": {"size": -1}}], [{"context": {"min": []}}]],
)  # fmt: skip
def test_tiers_that_are_none_are_left_out(tiers: Any) -> None:
    assert entry(models_dev(a={"tiers": tiers, "context_over_200k": 6})).tiers == ()


def test_endless_tiers_are_cut() -> None:
    many = [{"tier": {"size": n}} for n in range(1000)]
    fields = {f"input_cost_per_token_above_{n}_tokens": 1e-6 for n in range(1000)}

    assert len(entry(models_dev(a={"tiers": many})).tiers) == 5
    assert len(entry(litellm(a=fields)).tiers) == 5


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is no text file"),
        (b"PK\x03\x04\x14\0", "This is no text file"),
        (b"[" * 100_000, "Objects and lists are nested more than 64 deep. No price"),
        (b'{"xai/a": ' + b"[" * 99 + b"]" * 99 + b"}", "nested more than 64 deep"),
        (b"-Infinity", "The file is not JSON. The file holds -Infinity"),
        (b"\xff\xfe{\x00}\x00", "not text in UTF-8: its byte 1"),
        (b'{"a": "\xe9"}', "not text in UTF-8: its byte 8"),
        (b"[]", "no JSON object"),
        (b"3", "no JSON object"),
        (b"{}", "No price in a shape that is known"),
        (b'{"a": 1, "b": {"c": 2}}', "input_cost_per_token"),
        (b'{"xai": {"models": [1]}}', "is no object"),
        (b'{"xai": {"models": "x"}, "id": "xai"}', "is no object"),
        (b'{"xai/a": NaN}', "NaN"),
    ],
)
def test_what_is_no_price_file_is_refused_with_a_reason(
    data: bytes, words: str
) -> None:
    with pytest.raises(BadFile) as refused:
        formats.read(formats.decode(data))

    assert words in str(refused.value)


def test_a_mark_of_byte_order_does_not_count() -> None:
    assert formats.read(formats.decode(b"\xef\xbb\xbf" + LITELLM.encode())).entries


def test_too_many_entries_are_refused() -> None:
    many: dict[str, Any] = {f"xai/{n}": {} for n in range(1_001)}

    with pytest.raises(BadFile, match="1,001 entries"):
        formats.read(json.dumps(many))
    many.popitem()
    assert len(formats.read(json.dumps(many)).entries) == 1_000


def test_names_that_stand_twice_are_told() -> None:
    feed = formats.read('{"xai/a": {}, "xai/a": {"input_cost_per_token": 1e-6}}')

    assert feed.doubled == ("xai/a",)
    assert feed.entries[0].usd(Field.INPUT) == 1


def test_a_file_without_xai_is_left_out_whole() -> None:
    for text in (
        json.dumps({"gpt-x": {"litellm_provider": "openai"}}),
        json.dumps({"openai": {"models": {"gpt-x": {}}}}),
    ):
        feed = formats.read(text)

        assert (feed.entries, feed.left_out) == ((), 1)


def test_hostile_names_are_shown_harmlessly() -> None:
    names = ["\u202egnp", "\x00", "\ud800", "x" * 10**5, "xai-" + "a" * 80]
    feed: Feed = formats.read(json.dumps({f"xai/{name}": {} for name in names}))

    for one in feed.entries:
        one.name.encode()
        assert one.name.isprintable()
        assert len(one.name) < 140
        assert "a" * 80 not in one.name
    assert formats.again(feed.text()) == feed

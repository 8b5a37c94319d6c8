"""What incidents of changed prices and models say."""

from __future__ import annotations

from typing import Any

import pytest

from console.alerts import catalog_wording
from console.alerts.catalog_wording import Effect
from console.alerts.models import IncidentKind
from console.catalog.models import (
    PRICE_FIELDS,
    CatalogChange,
    ChangeKind,
    LanguageModel,
)

GROK = LanguageModel(host="xai", model_id="grok-4.3")


def change(kind: ChangeKind, **facts: Any) -> CatalogChange:
    return CatalogChange(kind=kind, model=GROK, **facts)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            [("completion_text_token_price", 15_000, 18_000)],
            "Output from 1.50 to 1.80; in USD per million tokens.",
        ),
        (
            [("search_price", 5, 5_000), ("prompt_text_token_price", None, 0)],
            "Input from unknown to 0.00 and search from 5 to 5,000; in USD per "
            "million tokens.",
        ),
        (
            [(field, 10_000, 20_000) for field in PRICE_FIELDS[:7]],
            "Input from 1.00 to 2.00, output from 1.00 to 2.00, cached input from "
            "1.00 to 2.00 and 4 more; in USD per million tokens.",
        ),
    ],
)
def test_prices_are_dollars_per_million_tokens(
    changed: list[tuple[str, int | None, int | None]], sentence: str
) -> None:
    price = change(
        ChangeKind.PRICE,
        before={field: old for field, old, _ in changed},
        after={field: new for field, _, new in changed},
    )

    assert catalog_wording.in_words(price) == sentence


def test_every_price_has_a_name() -> None:
    assert set(catalog_wording.PRICES) == set(PRICE_FIELDS)


@pytest.mark.parametrize(
    ("told", "title", "words"),
    [
        (
            change(ChangeKind.ALIAS, field="grok", before="grok-4", after="grok-4.3"),
            "The alias grok moved from grok-4 to grok-4.3",
            "The alias grok moved from grok-4 to grok-4.3.",
        ),
        (
            change(ChangeKind.ALIAS, field="grok", before=None, after="grok-4.3"),
            "The alias grok now stands for grok-4.3",
            "The alias grok now stands for grok-4.3.",
        ),
        (
            change(ChangeKind.ALIAS, field="grok", before="grok-4", after=None),
            "The alias grok no longer stands for grok-4",
            "The alias grok no longer stands for grok-4.",
        ),
        (
            change(ChangeKind.UNLISTED),
            "grok-4.3 is no longer listed",
            "Calls that name it may fail; look which keys and scripts do.",
        ),
        (
            change(ChangeKind.LISTED),
            "xAI lists a new model, grok-4.3",
            "Teams may call it, as far as the rules of their keys allow.",
        ),
        (
            change(ChangeKind.FINGERPRINT, field="fingerprint", before="a", after="b"),
            "The fingerprint of grok-4.3 changed",
            "Fingerprint from a to b.",
        ),
        (
            change(
                ChangeKind.MODALITIES,
                field="input_modalities",
                before=["text"],
                after=["text", "image"],
            ),
            "The kinds of input of grok-4.3 changed",
            "Kinds of input from text to text, image.",
        ),
        (
            change(
                ChangeKind.CONTEXT, field="context_length", before=128_000, after=None
            ),
            "The context length of grok-4.3 changed",
            "Context length from 128,000 to unknown.",
        ),
        (
            change(ChangeKind.TOKENIZER, before=1_000, after=1_050),
            "The tokenizer of grok-4.3 changed",
            "The same test texts are 1,050 tokens, were 1,000.",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, CatalogChange) else "",
)
def test_each_kind_has_its_words(told: CatalogChange, title: str, words: str) -> None:
    assert catalog_wording.title_of(told) == title
    assert catalog_wording.in_words(told) == words


@pytest.mark.parametrize(
    ("effects", "sentence"),
    [
        ([], ""),
        ([Effect("Search", 0, 0)], ""),
        (
            [Effect("Search", 0, 3)],
            "At the use of the last 30 days that costs the same.",
        ),
        (
            [Effect("Search", 412 * 10**10, 3)],
            "At the use of the last 30 days: +$412.00 per month.",
        ),
        (
            [Effect("Search", -83 * 10**10, 3), Effect("Platform", -17 * 10**10, 1)],
            "At the use of the last 30 days: −$100.00 per month, 83% of it from "
            "Search.",
        ),
    ],
)
def test_the_effect_is_in_dollars_and_says_whose(
    effects: list[Effect], sentence: str
) -> None:
    assert catalog_wording.effect_in_words(effects) == sentence


def test_several_changes_of_a_model_are_told_together() -> None:
    title, sentence = catalog_wording.of_changes(
        IncidentKind.MODEL_CHANGE,
        [
            change(ChangeKind.VERSION, field="version", before="1", after="2"),
            change(ChangeKind.FINGERPRINT, field="fingerprint", before="a", after="b"),
        ],
        {},
    )

    assert title == "grok-4.3 changed"
    assert sentence == "Version from 1 to 2. Fingerprint from a to b."


def test_signs_that_hide_are_made_visible() -> None:
    told = change(ChangeKind.ALIAS, field="a\u202eb", before=None, after="c\u200bd")

    assert "a\\u202eb now stands for c\\u200bd" in catalog_wording.title_of(told)

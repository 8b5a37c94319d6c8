"""Jobs as addresses and as JSON, whoever wrote them."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from console.finance.estimate.forms import (
    LONGEST_TEXT,
    CountForm,
    EstimateForm,
    form_of,
)
from console.finance.estimate.inputs import BOUNDS, MOST_MODELS, Inputs

USUAL = Inputs()
numbers = {name: st.integers(*bounds) for name, bounds in BOUNDS.items()}
names = st.text("abcdefg0123456789-.:@", min_size=1, max_size=30)
jobs = st.builds(
    Inputs,
    models=st.lists(names, max_size=4, unique=True).map(tuple),
    counted=st.dictionaries(names, st.integers(0, 10_000_000), max_size=4),
    **numbers,
)


def errors_of(**values: str) -> dict[str, Any]:
    query = QueryDict(mutable=True)
    query.update(values)
    return dict(EstimateForm(query).errors)


@given(jobs)
def test_what_an_address_holds_is_read_back(job: Inputs) -> None:
    form = form_of(job.query)

    if form.is_valid():
        assert form.inputs == job.as_typed
    else:
        assert (job.images, job.image_tokens) == (job.images or 1, 0)


@given(jobs)
def test_what_a_scenario_holds_is_read_back(job: Inputs) -> None:
    assert Inputs.from_json(job.to_json()) == job


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values | st.fixed_dictionaries({}, optional=dict.fromkeys(
    [*BOUNDS, "models", "counted"], json_values)))  # fmt: skip
def test_odd_json_is_harmless(stored: object) -> None:
    job = Inputs.from_json(stored)

    for name, (least, most) in BOUNDS.items():
        assert least <= getattr(job, name) <= most
    assert len(job.models) <= MOST_MODELS
    assert all(isinstance(count, int) for count in job.counted.values())


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, USUAL),
        ([], USUAL),
        ({"requests": -1, "days": 0, "cached": 101, "output": "5"}, USUAL),
        ({"requests": True, "prompt": 1.5}, USUAL),
        ({"models": "grok-4.3", "counted": ["grok-4.3"]}, USUAL),
        ({"models": ["grok-4.3", 3, "", "grok-4.3"]}, Inputs(models=("grok-4.3",))),
        ({"counted": {"grok-4.3": 7, "b": -1}}, Inputs(counted={"grok-4.3": 7})),
        ({"prompt": 9, "newer": {}}, Inputs(prompt=9)),
    ],
)
def test_what_is_odd_takes_its_default(stored: object, expected: Inputs) -> None:
    assert Inputs.from_json(stored) == expected


def test_an_address_without_anything_is_the_usual_job() -> None:
    form = EstimateForm(QueryDict())

    assert form.is_valid()
    assert form.inputs == USUAL


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2400", 2_400), ("2,400", 2_400), (" 2 400 ", 2_400), ("2_400", 2_400),
        ("2'400", 2_400), ("2\u202f400", 2_400), ("0", 0), ("007", 7),
    ],
)  # fmt: skip
def test_numbers_may_have_separators(text: str, number: int) -> None:
    query = QueryDict(mutable=True)
    query["prompt"] = text
    form = EstimateForm(query)

    assert form.is_valid(), form.errors
    assert form.inputs.prompt == number


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "1.5", "2.400", "1e9", "١٢", "x", "9" * 400, "1,2", "\x00"]
)
def test_what_is_no_number_is_said_beside_its_field(text: str) -> None:
    assert "whole number" in errors_of(prompt=text)["prompt"][0]


@pytest.mark.parametrize("name", BOUNDS)
def test_numbers_have_bounds(name: str) -> None:
    least, most = BOUNDS[name]

    assert errors_of(**{name: str(most + 1)})[name] == [
        f"Write a number from {least:,} to {most:,}."
    ]


def test_images_need_their_size() -> None:
    assert "image_tokens" in errors_of(images="2")
    assert errors_of(images="2", image_tokens="448") == {}


def test_models_are_bounded_cleaned_and_named_once() -> None:
    key = "xai-" + "A1b2C3d4E5" * 8
    query = QueryDict(mutable=True)
    query.setlist("model", ["a", "a", "", "b\x00\u202e", key, "c" * 999])

    form = EstimateForm(query)

    assert form.names == ("a", "b", "[redacted]")
    query.setlist("model", [f"m{n}" for n in range(MOST_MODELS + 1)])
    assert "at most 20" in str(EstimateForm(query).errors)


@pytest.mark.parametrize(
    "value", ["grok-4.3", "grok-4.3:", ":5", "grok-4.3:-1", "grok-4.3:99999999", "a:x"]
)
def test_odd_counts_are_left_out(value: str) -> None:
    query = QueryDict(mutable=True)
    query.setlist("counted", [value, "b:c:7"])

    assert EstimateForm(query).counts == {"b:c": 7}


def test_counts_become_the_prompt() -> None:
    job = Inputs(prompt=1, counted={"a": 5}).with_counts({"b": 8, "c": 7})

    assert job.prompt == 8
    assert [job.prompt_of(name) for name in "abcd"] == [8, 8, 7, 8]  # of one text
    assert job.with_counts({}) == job
    assert job.with_counts_of({"c"}) == Inputs(prompt=7, counted={"c": 7})


@pytest.mark.parametrize("prompt", ["7", "9", "5000"])
def test_a_typed_number_wins_over_counts(prompt: str) -> None:
    query = QueryDict(mutable=True)
    query.setlist("counted", ["a:8", "b:7"])
    query["prompt"] = prompt
    typed = EstimateForm(query)
    query["prompt"] = "8"
    counted = EstimateForm(query)

    assert typed.is_valid()
    assert counted.is_valid()
    assert typed.inputs == Inputs(prompt=int(prompt))
    assert counted.inputs.counted == {"a": 8, "b": 7}


def test_a_text_has_a_size_that_is_said() -> None:
    fits, too_long = "ä" * (LONGEST_TEXT // 2), "ä" * (LONGEST_TEXT // 2) + "x"

    assert CountForm({"text": fits}).is_valid()
    assert "longer than 200 KB" in str(CountForm({"text": too_long}).errors)
    assert "Paste a text." in str(CountForm({"text": ""}).errors)


def test_a_text_keeps_its_spaces_and_has_plain_line_ends() -> None:
    form = CountForm({"text": "  a\r\nb\ud800 "})

    assert form.is_valid()
    assert form.cleaned_data["text"] == "  a\nb? "

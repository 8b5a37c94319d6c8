"""Which parameters a model takes, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from console.relay.parameters import (
    PLAIN,
    Extras,
    efforts,
    obstacle,
    reasons,
    refused,
    usual_effort,
)
from console.usage.models import Endpoint

BOTH = ["text", "image"]


@dataclass
class Model:
    """What xAI tells of one."""

    model_id: str = "grok-4.3"
    input_modalities: Any = None
    capabilities: Any = None


def able(*values: str, usual: str = "low") -> Model:
    told = {"reasoning_effort": list(values), "default_reasoning_effort": usual}
    return Model("grok-x", BOTH, told)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("grok-4.7", True),
        ("grok-4.3", True),
        ("grok-4.3-latest", True),
        ("grok-4", True),
        ("grok-4-0709", True),
        ("grok-4-fast-reasoning", True),
        ("grok-4-fast-non-reasoning", False),
        ("grok-4.20-0309-reasoning", True),
        ("grok-4.20-0309-non-reasoning", False),
        ("grok-build-0.1", True),
        ("grok-code-fast-1", True),
        ("grok-3-mini", True),
        ("grok-3", None),
        ("grok-2-1212", False),
        ("grok-2-vision-1212", False),
        ("grok-beta", False),
        ("latest", None),
        ("mystery-1", None),
    ],
)
def test_families_tell_whether_a_model_reasons(name: str, known: bool | None) -> None:
    assert reasons(Model(name)) is known


def test_what_xai_tells_comes_before_the_family() -> None:
    assert reasons(Model("grok-2-next", None, {"reasoning_effort": ["low"]})) is True


@pytest.mark.parametrize(
    "told",
    [None, {}, {"reasoning_effort": None}, {"reasoning_effort": [1, ""]}, {"x": 1}],
)
def test_odd_capabilities_tell_nothing(told: Any) -> None:
    assert reasons(Model("mystery-1", None, told)) is None
    assert efforts(Model("mystery-1", None, told)) == ("low", "medium", "high")


def test_efforts_are_those_that_xai_tells() -> None:
    model = able("none", "low")

    assert (efforts(model), usual_effort(model)) == (("none", "low"), "low")
    assert efforts(Model("grok-2-1212")) == ()
    assert usual_effort(Model("grok-4.3", None, {"default_reasoning_effort": 7})) == ""


def test_a_model_that_reasons_refuses_stops_and_penalties() -> None:
    found = refused(Model("grok-4.3", BOTH), Endpoint.CHAT)

    assert set(found) == {"stop", "frequency_penalty", "presence_penalty"}
    assert found["stop"] == (
        "xAI refuses stop sequences with models that reason, as grok-4.3 does."
    )


def test_messages_have_fewer_parameters_to_refuse() -> None:
    assert set(refused(Model("grok-4.3", BOTH), Endpoint.MESSAGES)) == {"stop"}


def test_a_model_that_does_not_reason_has_no_effort() -> None:
    found = refused(Model("grok-2-1212", ["text"]), Endpoint.CHAT)

    assert found == {
        "reasoning_effort": (
            "grok-2-1212 does not reason, so there is no effort to choose."
        ),
        "images": "grok-2-1212 reads text alone.",
    }


def test_of_an_unknown_model_only_images_are_refused() -> None:
    assert refused(Model("mystery-1"), Endpoint.CHAT) == {
        "images": "xAI does not tell whether mystery-1 reads images."
    }


@pytest.mark.parametrize(
    ("model", "extras", "words"),
    [
        pytest.param(able("low"), PLAIN, "", id="nothing special"),
        pytest.param(
            able("low"), Extras(given={"stop": "x"}), "stop sequences", id="a stop"
        ),
        pytest.param(able("low"), Extras(images=1), "", id="an image"),
        pytest.param(
            Model("grok-4.3", ["text"]), Extras(images=1), "text alone", id="no image"
        ),
        pytest.param(
            able("low"),
            Extras(given={"reasoning_effort": "xhigh"}),
            "grok-x does not take this reasoning effort, but: low.",
            id="an effort that it has not",
        ),
        pytest.param(
            able("low"),
            Extras(given={"reasoning_effort": "low"}),
            "",
            id="an effort that it has",
        ),
    ],
)
def test_the_first_obstacle_is_named(model: Model, extras: Extras, words: str) -> None:
    found = obstacle(model, Endpoint.CHAT, extras)

    assert words in found
    assert bool(found) is bool(words)


@pytest.mark.parametrize(
    ("extras", "factor"),
    [
        (PLAIN, 1),
        (Extras(choices=4), 4),
        (Extras(service_tier="default"), 1),
        (Extras(service_tier="priority"), 2),
        (Extras(service_tier="fast", choices=3), 6),
    ],
)
def test_what_multiplies_the_cost(extras: Extras, factor: int) -> None:
    assert extras.factor == factor

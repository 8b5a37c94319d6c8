"""The ten example answers of the base document, held against the sandbox's own."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox

EXAMPLES: dict[str, Any] = json.loads(
    Path(__file__).with_name("seed-examples.json").read_text(encoding="utf-8")
)


def missing_from(ours: Any, example: Any, at: str = "") -> list[str]:
    """Return where an answer lacks a key of the example, or has another type."""
    if example is None:
        return []
    if type(ours) is not type(example):
        return [f"{at}: {type(ours).__name__} for {type(example).__name__}"]
    if isinstance(example, dict):
        absent = [f"{at}.{key}" for key in example if key not in ours]
        shared = [key for key in example if key in ours]
        return absent + [
            problem
            for key in shared
            for problem in missing_from(ours[key], example[key], f"{at}.{key}")
        ]
    if isinstance(example, list) and example:
        if not ours and isinstance(example[0], dict):
            return [f"{at}: empty"]
        return [
            problem for one in ours for problem in missing_from(one, example[0], at)
        ]
    return []


@pytest.mark.parametrize("name", EXAMPLES)
def test_has_every_field_of_the_example_with_its_type(
    sandbox: Sandbox, name: str
) -> None:
    verb, path = name.replace("{model_id}", "grok-2-latest").split()
    example = EXAMPLES[name]

    if verb == "GET":
        answer = sandbox.get(path)
    else:
        answer = sandbox.post(path, example["request"])

    assert answer.status_code == 200, answer.text
    assert missing_from(answer.json(), example["response"]) == []


def test_all_ten_endpoints_have_an_example() -> None:
    assert len(EXAMPLES) == 10


@pytest.mark.parametrize(
    ("ours", "problems"),
    [
        ({"a": 1}, []),
        ({"a": "1"}, [".a: str for int"]),
        ({"a": True}, [".a: bool for int"]),
        ({}, [".a"]),
    ],
    ids=["same", "other type", "bool is no int", "absent"],
)
def test_the_comparison_itself(ours: Any, problems: list[str]) -> None:
    assert missing_from(ours, {"a": 2}) == problems

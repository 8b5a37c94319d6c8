"""No module, function or view is longer than one can hold in mind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conventions.sources import (
    decorators,
    functions,
    lines,
    modules,
    name_of,
)

MODULE, FUNCTION, VIEW = 300, 45, 25


@pytest.mark.parametrize("file", modules("console"), ids=name_of)
def test_modules_and_functions_keep_the_bars(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= MODULE

    too_long = {
        node.name: lines(node)
        for node in functions(file)
        if lines(node) > (VIEW if "rule" in decorators(node) else FUNCTION)
    }
    assert too_long == {}


@pytest.mark.parametrize("folder", ["console", "tests"])
def test_there_is_no_drawer_for_anything(folder: str) -> None:
    drawers = {"services.py", "utils.py", "helpers.py"}

    found = {name_of(file) for file in modules(folder) if file.name in drawers}

    assert found <= {"tests/services.py"}  # it starts PostgreSQL and Valkey


def test_there_is_at_least_as_much_test_code_as_code() -> None:
    def count(folder: str) -> int:
        return sum(len(file.read_text().splitlines()) for file in modules(folder))

    assert count("tests") >= count("console")

"""Tests that nobody would run, and words that do not belong in code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conventions.sources import functions, modules, name_of

ALL = (*modules("console"), *modules("tests"))
THIS = Path(__file__)


def test_every_test_is_found() -> None:
    lost = {
        name_of(file)
        for file in modules("tests")
        if not file.name.startswith("test_")
        and any(node.name.startswith("test_") for node in functions(file))
    }

    assert lost == set()


def test_browsers_are_driven_where_make_looks_for_them() -> None:
    driving = {
        name_of(file)
        for file in modules("tests")
        if file != THIS and "mark.browser" in file.read_text()
    }

    assert [name for name in driving if not name.startswith("tests/e2e/")] == []


@pytest.mark.parametrize("file", ALL, ids=name_of)
def test_nothing_is_put_off_or_swallowed(file: Path) -> None:
    put_off = re.compile(r"\b(TODO|FIXME|XXX)\b|except Exception|except BaseException:")

    if file != THIS:
        assert put_off.findall(file.read_text()) == []


@pytest.mark.parametrize("file", modules("tests"), ids=name_of)
def test_no_test_is_switched_off_or_waits_blindly(file: Path) -> None:
    switched_off = re.compile(
        r"mark\.(skip|xfail)|pytest\.(skip|xfail)\(|assert True$|\btime\.sleep\(", re.M
    )

    if file != THIS:
        assert switched_off.findall(file.read_text()) == []

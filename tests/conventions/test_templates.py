"""Templates: pages extend, partials do not, and nothing in them is inline code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from tests.conventions.sources import TEMPLATES, modules, name_of

FILES = sorted(TEMPLATES.rglob("*.html"))
ROOT = TEMPLATES / "document.html"
BANNED = {
    "style attribute": re.compile(r"\sstyle\s*=", re.I),
    "style element": re.compile(r"<style\b", re.I),
    "inline script": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.I),
    "event attribute": re.compile(r"<[^>]*\s(on[a-z]+|hx-on[-:\w]*)\s*=", re.I),
    "script address": re.compile(r"javascript:", re.I),
    "unescaped text": re.compile(r"\|\s*safe\b|autoescape\s+off"),
}


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_page_extends_and_a_partial_does_not(file: Path) -> None:
    extends = "{% extends " in file.read_text()

    assert extends is not (file.name.startswith("_") or file == ROOT)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_shared_partial_names_its_variables_first(file: Path) -> None:
    if file.name.startswith("_"):
        assert file.read_text().startswith("{# ")


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_nothing_is_inline(file: Path) -> None:
    text = file.read_text()

    found = {name for name, pattern in BANNED.items() if pattern.search(text)}

    assert found == set()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_template_compiles(file: Path) -> None:
    get_template(str(file.relative_to(TEMPLATES)))


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        ('<p style="color: red">', "style attribute"),
        ("<style>", "style element"),
        ('<script type="module">', "inline script"),
        ('<a onclick="go()">', "event attribute"),
        ('<a hx-on:click="go()">', "event attribute"),
        ('<a href="javascript:go()">', "script address"),
        ("{{ text|safe }}", "unescaped text"),
    ],
)
def test_the_search_finds_what_it_looks_for(markup: str, name: str) -> None:
    assert [one for one, pattern in BANNED.items() if pattern.search(markup)] == [name]


def test_markup_is_written_in_four_modules_only() -> None:
    makers = re.compile(r"\b(mark_safe|SafeString|format_html)\b")

    found = {name_of(f) for f in modules("console") if makers.search(f.read_text())}

    assert found <= {
        "console/lib/hundreds.py",
        "console/lib/price_cells.py",
        "console/lib/templatetags/gatehouse.py",
        "console/playground/markdown.py",
    }

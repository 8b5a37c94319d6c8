"""The page of all components; it has an address in tests only."""

from __future__ import annotations

import re
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import timezone

from console import settings
from console.keys.shown import ShownState
from console.keys.timeline import GLYPHS
from console.pages.frame import ADDRESSES


def patterns() -> str:
    """Render every component once."""
    return render_to_string(
        "patterns.html",
        {"states": list(ShownState), "noon": timezone.now(), "nothing": None},
    )


def test_shows_every_state_with_icon_and_word() -> None:
    page = patterns()

    for state in ShownState:
        assert f"</svg>{state.label}</span>" in page
    for drawn in (
        *("ok", "team-blocked", "key-blocked", "rejected"),
        *("disabled", "unreachable", "stale", "new"),
    ):
        assert f'data-state="{drawn}"' in page


def test_shows_every_shared_component() -> None:
    page = patterns()

    for name in (
        *("btn primary", "btn quiet", "btn danger", "chip", "tag", "field", "select"),
        *("notice", "table", "card", "empty", "toast", "dialog", "skeleton", "facts"),
    ):
        assert f'class="{name}' in page


def test_every_icon_in_use_is_in_the_sprite() -> None:
    templates = Path(settings.BASE_DIR / "templates")
    sprite = (templates / "_icons.html").read_text()
    drawn = {
        name
        for file in templates.rglob("*.html")
        for name in re.findall(r'{% icon "([^"]+)"', file.read_text())
    }
    drawn |= {state.glyph for state in ShownState} | set(GLYPHS.values())
    drawn |= {address.icon for address in ADDRESSES}

    assert drawn <= set(re.findall(r'id="i-([^"]+)"', sprite))

"""The page of all components; it has an address in tests only."""

from __future__ import annotations

from pathlib import Path

from django.template.loader import render_to_string
from django.utils import timezone

from console import settings
from console.keys.shown import ShownState


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
    sprite = (settings.BASE_DIR / "templates" / "_icons.html").read_text()

    for file in Path(settings.BASE_DIR / "templates").rglob("*.html"):
        for part in file.read_text().split('{% icon "')[1:]:
            name = part.split('"')[0]
            assert f'id="i-{name}"' in sprite, f"{name} in {file.name}"

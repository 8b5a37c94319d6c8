"""Fixtures of the tests that bring their own site (`tests.accounts.urls`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

PAGES = {
    "account/login.html": "login {{ form.errors }}",
    "account/logout.html": "logout",
    "account/reauthenticate.html": "reauthenticate {{ form.errors }}",
    "403.html": "closed",
    "404.html": "nothing",
}


@pytest.fixture
def plain_templates(settings: Settings, tmp_path: Path) -> None:
    """Templates of one line: how the pages look is tested where they are made."""
    for name, text in PAGES.items():
        file = tmp_path / "templates" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [tmp_path / "templates"],
        }
    ]

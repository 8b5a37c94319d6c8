"""Static files as they are served in production."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from console import settings as production

HASH = r"\.[0-9a-f]{12}\."


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `collectstatic` fills."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def static(collected: Path, settings: Settings) -> Path:
    """Collect once for this module, with the storage of production."""
    settings.STATIC_ROOT = collected
    settings.STORAGES = production.STORAGES | {
        "staticfiles": {"BACKEND": "console.lib.static.HashedStatic"}
    }
    if not any(collected.iterdir()):
        call_command("collectstatic", interactive=False, verbosity=0)
    return collected


def hashed(folder: Path, name: str) -> str:
    """Return the text of the one file with a hash in its name."""
    stem, suffix = name.rsplit(".", 1)
    (file,) = folder.glob(f"{stem}.????????????.{suffix}")
    return file.read_text()


def test_the_stylesheet_imports_hashed_parts_in_their_layers(static: Path) -> None:
    css = hashed(static, "css/site.css")

    imports = re.findall(r'@import url\("([^"]+)"\) layer\((\w+)\);', css)

    assert len(imports) == css.count("@import") > 10
    for name, layer in imports:
        assert re.search(HASH, name)
        assert (static / "css" / name).is_file()
        assert layer in {
            *("reset", "tokens", "base", "shell"),
            *("parts", "screens", "utilities"),
        }


def test_our_modules_import_hashed_modules(static: Path) -> None:
    script = hashed(static, "js/site.js")

    imports = re.findall(r'import\s*"([^"]+)"', script)

    assert len(imports) == 5
    assert all(re.search(HASH, name) for name in imports)


def test_large_files_are_compressed_beforehand(static: Path) -> None:
    assert list(static.glob("css/parts.????????????.css.gz"))


def test_colours_are_written_among_the_tokens_only() -> None:
    folder = production.BASE_DIR / "static" / "css"
    named = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", re.I)

    for file in folder.rglob("*.css"):
        assert named.findall(file.read_text()) == [], file.name

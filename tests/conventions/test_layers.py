"""Imports and foreign keys only go down."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db.models import Field

from tests.conventions.sources import PROJECT


def layers() -> dict[str, int]:
    """Return each layer's rank, 0 at the top, as import-linter is told."""
    config = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    down = config["tool"]["importlinter"]["contracts"][0]["layers"]
    return {
        name.strip().removeprefix("console."): rank
        for rank, row in enumerate(down)
        for name in row.split("|")
    }


def relations() -> Iterator[tuple[str, str, str]]:
    """Yield each relation of our models: its name, from which app, to which."""
    for model in apps.get_models():
        if not model.__module__.startswith("console."):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, Field) and field.related_model:
                target = field.related_model
                assert not isinstance(target, str)
                to = target._meta.app_label
                yield f"{model.__name__}.{field.name}", model._meta.app_label, to


def test_imports_go_down() -> None:
    # In a process of its own: import-linter silences every logger it finds.
    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    done = subprocess.run(
        linter, cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_foreign_keys_go_down() -> None:
    rank = layers()

    upwards = [name for name, at, to in relations() if rank[to] < rank[at]]

    assert upwards == []


def test_the_audit_trail_points_at_nothing() -> None:
    assert [name for name, at, _ in relations() if at == "audit"] == []


def test_every_package_has_a_layer() -> None:
    packages = {
        entry.name
        for entry in os.scandir(PROJECT / "console")
        if entry.is_dir() and not entry.name.startswith("_")
    }

    assert packages - set(layers()) == {"sandbox"}

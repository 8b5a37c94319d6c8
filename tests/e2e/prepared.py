"""A data folder as the first start of try-out mode leaves it: made once, then copied.

A first start takes three times as long as a second one. Tests that are not about it
begin behind it; the folder is kept for the next run, for as long as its history is
fresh and the code that wrote it has not changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path
from time import time

from console.runtime import tryout
from tests import services
from tests.e2e.instance import running

FRESH = 60 * 60  # seconds
WRITERS = ("console/**/*.py", "requirements.lock", "tests/e2e/instance.py")


def copy_prepared(folder: Path) -> Path:
    """Make this folder, which must not be there or be empty, such a copy; return it."""
    with (services.DATA_DIR / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.mkdir(parents=True, exist_ok=True)
        # PostgreSQL's files belong to its user, whom only `cp` keeps.
        subprocess.run(["cp", "-a", f"{_prepared()}/.", str(folder)], check=True)
    return folder


def _prepared() -> Path:
    folder = services.DATA_DIR / "prepared"
    made = folder / _hash_of_writers()
    if made.exists() and time() - made.stat().st_mtime < FRESH:
        return made
    if folder.exists():
        shutil.rmtree(folder)
    making = folder / "making"
    with running(making) as instance:
        instance.stop()
    (making / tryout.PORT_FILE).unlink()
    for name in ("run", "log"):
        shutil.rmtree(making / name, ignore_errors=True)
    making.touch()
    # It gets its name last, so a folder of this name is a whole one.
    return making.rename(made)


def _hash_of_writers() -> str:
    digest = hashlib.sha256()
    for pattern in WRITERS:
        for file in sorted(services.PROJECT.glob(pattern)):
            digest.update(f"{file}".encode() + file.read_bytes())
    return digest.hexdigest()[:16]

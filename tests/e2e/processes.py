"""The processes of one instance, as the kernel sees them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.runtime.conftest import is_alive


def processes_of(data_dir: Path) -> dict[int, str]:
    """Return what runs for this data folder: process id and command line.

    A process belongs to it if it names the folder in its command line or its
    environment, or works in it; so PostgreSQL's own children are found too.
    """
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            pid = int(folder.name)
            if any(str(data_dir) in trace for trace in _traces(folder)):
                found[pid] = _text(folder / "cmdline")
    return {pid: line for pid, line in found.items() if is_alive(pid)}


def kill_all(data_dir: Path) -> None:
    """Send SIGKILL to every process of this data folder, at once."""
    for pid in processes_of(data_dir):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _traces(folder: Path) -> Iterator[str]:
    yield _text(folder / "cmdline")
    yield _text(folder / "environ")
    with suppress(OSError):
        yield str((folder / "cwd").readlink())


def _text(file: Path) -> str:
    with suppress(OSError):
        return file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""

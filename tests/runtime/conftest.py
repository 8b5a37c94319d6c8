"""Processes of the tests, and waiting for what they do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import wait_until as wait_until

PROJECT = Path(__file__).resolve().parents[2]


def is_alive(pid: int) -> bool:
    """Return whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def processes_with(word: str) -> list[int]:
    """Return the processes that have this word in their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            line = (folder / "cmdline").read_bytes().decode(errors="replace")
            if word in line and is_alive(int(folder.name)):
                found.append(int(folder.name))
    return found


class Spawn:
    """Starts programs, Python's by a call, and ends those that a test left."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[str]] = []

    def __call__(
        self, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        return self.program(sys.executable, *arguments, environment=environment)

    def program(
        self, *command: str, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            with process:  # closes its pipes
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    spawn = Spawn()
    yield spawn
    spawn.end()


def free_port() -> int:
    """Return a port of this machine on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

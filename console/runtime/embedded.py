"""Embedded PostgreSQL and Valkey, shared by every process that asks for them.

    manage.py, tests, supervisor --shared lock--> run/users.lock
                                                      |
    guard process --watches it, keeps--> postgres, valkey

First in starts them, last out stops them; nothing listens on TCP, no pid file can
go stale. `ensure` is the only function others call.
"""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psycopg

from console.runtime.layout import DATABASE, DATABASE_USER, Layout, StartError

__all__ = ["Layout", "StartError", "ensure", "lock_fd", "needed", "release"]

SERVICES = ("postgres", "valkey")
PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 3.0
# The guard outlives this process: it gets no setting it does not need, and no secret.
GUARD_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "PG_BINDIR")

_held: dict[Path, IO[str]] = {}
_guards: list[subprocess.Popen[bytes]] = []  # ours to reap, should one die before us


def needed(*, external_database: object, external_broker: object) -> list[str]:
    """Return the services that no address of an operator's own replaces."""
    replaced = {"postgres": external_database, "valkey": external_broker}
    return [name for name in SERVICES if not replaced[name]]


def ensure(
    data_dir: Path, *, services: Sequence[str] = SERVICES, durable: bool = True
) -> Layout:
    """Let the services run for at least as long as this process lives.

    Calling it again is cheap and repairs what a killed guard left. The database is
    created when it is missing. Raises StartError with a sentence for the operator.
    """
    layout = Layout(data_dir)
    if not services:
        return layout
    first = layout.data_dir not in _held
    if first:
        layout.make()
        users = (layout.run / "users.lock").open("a")
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a guard is stopping
        _held[layout.data_dir] = users
    elif all(_is_guarded(layout, name) for name in services):
        return layout

    with (layout.run / "start.lock").open("a") as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        deadline = time.monotonic() + START_SECONDS
        while missing := [name for name in services if not _answers(layout, name)]:
            if lost := [name for name in missing if not _is_guarded(layout, name)]:
                _start_guard(layout, lost, durable=durable)
            elif time.monotonic() > deadline:
                raise StartError(
                    f"{' and '.join(missing)} do not answer: see {layout.log}."
                )
            else:
                time.sleep(0.05)
        if first and "postgres" in services:
            _create_database(layout, deadline)
    return layout


def lock_fd(data_dir: Path) -> int | None:
    """Return the descriptor that keeps the services running, to hand to children."""
    users = _held.get(Path(data_dir).resolve())
    return users.fileno() if users else None


def release(data_dir: Path, *, seconds: float = STOP_SECONDS) -> None:
    """Stop using the services; wait for their end if nobody else uses them."""
    users = _held.pop(Path(data_dir).resolve(), None)
    if users is None:
        return
    users.close()
    layout = Layout(data_dir)
    deadline = time.monotonic() + seconds
    while any(_is_guarded(layout, name) for name in SERVICES):
        if _has_users(layout) or time.monotonic() > deadline:
            return
        time.sleep(0.05)


def _has_users(layout: Layout) -> bool:
    """Return whether somebody holds the lock in common; a stopping guard does not."""
    with (layout.run / "users.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _is_guarded(layout: Layout, name: str) -> bool:
    with (layout.run / f"{name}.guard").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _answers(layout: Layout, name: str) -> bool:
    """Return whether the service has a guard and takes connections.

    A server without a guard may answer its last requests while it stops.
    """
    path = layout.postgres_socket if name == "postgres" else layout.valkey_socket
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return _is_guarded(layout, name)


def _start_guard(layout: Layout, services: Sequence[str], *, durable: bool) -> None:
    read_end, write_end = os.pipe()
    command = [sys.executable, "-m", "console.runtime.guard", str(layout.data_dir)]
    command += [*services, "--ready-fd", str(write_end)]
    if not durable:
        command.append("--throw-away")
    environment = {
        name: os.environ[name] for name in GUARD_ENVIRONMENT if name in os.environ
    }
    with (layout.log / "guard.log").open("ab") as log:
        guard = subprocess.Popen(
            command,
            pass_fds=[write_end],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT,
            env=environment,
            start_new_session=True,
        )
    _guards[:] = [*(other for other in _guards if other.poll() is None), guard]
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        answer = pipe.read()
    if answer != "ok":
        raise StartError(answer or f"The guard did not start: see {layout.log}.")


def _create_database(layout: Layout, deadline: float) -> None:
    while True:
        try:
            connection = psycopg.connect(
                host=str(layout.run),
                user=DATABASE_USER,
                dbname="postgres",
                autocommit=True,
            )
        except psycopg.OperationalError:
            # After a crash it takes connections before it has recovered.
            if time.monotonic() > deadline:
                raise StartError(
                    f"PostgreSQL does not let us in: see {layout.log}."
                ) from None
            time.sleep(0.05)
        else:
            break
    with connection:
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        )
        if known.fetchone() is None:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')

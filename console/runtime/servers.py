"""PostgreSQL and Valkey as child processes of the guard."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from console.runtime import binaries
from console.runtime.layout import (
    DATABASE_USER,
    POSTGRES_PORT,
    Layout,
    StartError,
    server_ids,
)
from console.runtime.privileges import as_server_user

START_SECONDS = 60.0
STOP_SECONDS = 8.0


class Server(ABC):
    """One server process; `durable=False` is for throw-away clusters of tests."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, layout: Layout, *, durable: bool = True) -> None:
        self.layout = layout
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def program(self) -> Path:
        """Return the program to run."""

    @abstractmethod
    def arguments(self) -> list[str]:
        """Return its command line."""

    @abstractmethod
    def data_folder(self) -> Path:
        """Return the folder it keeps."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether it answers."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder usable. The folder is ours, no server runs on it."""

    @property
    def log_file(self) -> Path:
        return self.layout.log / f"{self.name}.log"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        for folder in (self.layout.run, self.data_folder()):
            if os.geteuid() == 0:
                os.chown(folder, *server_ids())
        with self._lock() as lock:
            self.prepare()
            with self.log_file.open("ab") as log:
                self.process = subprocess.Popen(
                    [str(self.program()), *self.arguments()],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    pass_fds=[lock.fileno()],
                    start_new_session=True,
                    preexec_fn=self._set_up(),
                )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise StartError(f"{self.name} did not start: {self._last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server cleanly, or at once after a grace time."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run_tool(self, program: Path, *arguments: str) -> str:
        """Run a program as the user of the server and return what it prints."""
        done = subprocess.run(
            [str(program), *arguments],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            preexec_fn=self._set_up(),
        )
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason"]
            raise StartError(f"{program.name} failed: {' '.join(lines[-3:])}")
        return done.stdout

    def _set_up(self) -> Callable[[], None]:
        paths = [self.layout.data_dir, self.layout.run, self.program()]
        return as_server_user(paths, death_signal=self.stop_signal)

    def _lock(self) -> IO[str]:
        """Return a lock that the server inherits and so holds for as long as it lives.

        A server of a killed guard may still be stopping; starting another beside it
        would lose a socket (Valkey) or be refused (PostgreSQL).
        """
        lock = (self.layout.run / f"{self.name}.lock").open("a")
        deadline = time.monotonic() + STOP_SECONDS * 2
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    lock.close()
                    raise StartError(
                        f"An earlier {self.name} of {self.layout.data_dir} is still "
                        "stopping: try again in a minute."
                    ) from None
                time.sleep(0.05)
            else:
                return lock

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = self.log_file.read_text(errors="replace").strip().splitlines()
            return f"{' '.join(lines[-2:])} (more in {self.log_file})"
        return f"see {self.log_file}"


class Postgres(Server):
    """PostgreSQL on a unix socket; the 0700 folder around it is the lock."""

    name = "postgres"
    stop_signal = signal.SIGINT  # a fast shutdown: ends sessions, writes a checkpoint

    def program(self) -> Path:
        return binaries.postgres_folder() / "postgres"

    def data_folder(self) -> Path:
        return self.layout.postgres

    def prepare(self) -> None:
        self._check_major()
        if not self._version_file.exists():
            self._create_cluster()
        socket_lock = Path(f"{self.layout.postgres_socket}.lock")
        for file in (self.layout.postgres / "postmaster.pid", socket_lock):
            if file.exists() and not _names_a_server(file):
                file.unlink()

    @property
    def _version_file(self) -> Path:
        return self.layout.postgres / "PG_VERSION"

    def _check_major(self) -> None:
        if not self._version_file.exists():
            return
        made_by = self._version_file.read_text().strip()
        major = self.run_tool(self.program(), "--version").split()[2].split(".")[0]
        if made_by != major:
            raise StartError(
                f"{self.layout.postgres} was made by PostgreSQL {made_by} and "
                f"{major} is installed: point PG_BINDIR to the programs of "
                f"{made_by}, or dump it with them and restore into a new folder."
            )

    def _create_cluster(self) -> None:
        data = self.layout.postgres
        for left_over in data.iterdir():  # an initdb that was cut short
            if left_over.is_dir():
                shutil.rmtree(left_over)
            else:
                left_over.unlink()
        self.run_tool(
            self.program().with_name("initdb"),
            *("-D", str(data), "-U", DATABASE_USER, "-A", "trust", "-E", "UTF8"),
            # The same sort order on every machine; needs PostgreSQL 17 or newer.
            *("--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"),
            *([] if self.durable else ["--no-sync"]),
        )
        (data / "pg_hba.conf").write_text("local all all trust\n")

    def arguments(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.layout.run),
            "port": str(POSTGRES_PORT),
            "max_connections": "200",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            # A refused statement would stand there with its values.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            options |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "autovacuum": "off",
                "checkpoint_timeout": "1d",
                "max_wal_size": "4GB",
            }
        flags = [f"--{name}={value}" for name, value in options.items()]
        return ["-D", str(self.layout.postgres), *flags]

    def is_ready(self) -> bool:
        with suppress(OSError, IndexError, ValueError):
            lines = (self.layout.postgres / "postmaster.pid").read_text().splitlines()
            return (
                self.process is not None
                and int(lines[0]) == self.process.pid
                and lines[7].strip() == "ready"
            )
        return False


def _names_a_server(file: Path) -> bool:
    """Return whether the number in a lock file is that of a running PostgreSQL.

    PostgreSQL itself is satisfied with any process of that number: a zombie that its
    init has not reaped, or another program that got the number since.
    """
    with suppress(OSError, ValueError, IndexError):
        pid = int(file.read_text().split()[0])
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        return name.endswith("(postgres") and rest.split()[0] not in {"Z", "X"}
    return False


class Valkey(Server):
    """Valkey on a unix socket, with an append-only file."""

    name = "valkey"

    def program(self) -> Path:
        return binaries.valkey_server()

    def data_folder(self) -> Path:
        return self.layout.valkey

    def prepare(self) -> None:
        self.layout.valkey_socket.unlink(missing_ok=True)

    def arguments(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.layout.valkey_socket),
            "unixsocketperm": "700",
            "dir": str(self.layout.valkey),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [
            word for name, value in options.items() for word in (f"--{name}", value)
        ]

    def is_ready(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(self.layout.valkey_socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False


SERVERS: dict[str, type[Server]] = {"postgres": Postgres, "valkey": Valkey}

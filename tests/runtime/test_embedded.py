"""The launcher: who starts the servers, who stops them, what repairs them."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from console.runtime import embedded
from console.runtime.layout import DATABASE, DATABASE_USER, Layout, StartError
from tests.runtime.conftest import Spawn, is_alive, processes_with, wait_until

USER = """
import sys
import time
from pathlib import Path
from console.runtime import embedded
for line in sys.stdin:
    embedded.ensure(Path(sys.argv[1]), durable="--durable" in sys.argv)
    print("ready", flush=True)
"""

REFUSED = """
import sys
import time
from pathlib import Path
from console.runtime import embedded
try:
    embedded.ensure(Path(sys.argv[1]))
except embedded.StartError as error:
    print(error)
"""


class User:
    """Another process that uses the services of a data folder."""

    def __init__(self, spawn: Spawn, data_dir: Path, *options: str) -> None:
        self.process = spawn("-c", USER, str(data_dir), *options)
        self.ensure()

    def ensure(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("ensure\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line == "ready\n", line + self.process.stdout.read()

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    wait_until(lambda: not processes_with(str(folder)))


def guard_of(data_dir: Path) -> int:
    [pid] = [
        pid
        for pid in processes_with("console.runtime.guard")
        if pid in processes_with(str(data_dir))
    ]
    return pid


def postmaster_of(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def connect(data_dir: Path) -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(
        host=str(Layout(data_dir).run), user=DATABASE_USER, dbname=DATABASE
    )


def answers(data_dir: Path) -> bool:
    try:
        connect(data_dir).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_last_user_out_stops_the_servers(spawn: Spawn, data_dir: Path) -> None:
    first = User(spawn, data_dir)
    second = User(spawn, data_dir)
    postmaster = postmaster_of(data_dir)

    first.leave()

    with connect(data_dir) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    second.leave()

    wait_until(lambda: not is_alive(postmaster))
    assert "database system is shut down" in Layout(data_dir).log.joinpath(
        "postgres.log"
    ).read_text(encoding="utf-8")


def test_the_log_holds_no_values_of_a_refused_statement(
    spawn: Spawn, data_dir: Path
) -> None:
    user = User(spawn, data_dir)
    with connect(data_dir) as connection:
        connection.execute("CREATE TABLE once (word text UNIQUE)")
        connection.execute("INSERT INTO once VALUES ('sesame')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO once VALUES ('sesame')")
    user.leave()

    log = (Layout(data_dir).log / "postgres.log").read_text(encoding="utf-8")
    assert "violates unique constraint" in log
    assert "sesame" not in log


def test_killing_every_user_stops_the_servers(spawn: Spawn, data_dir: Path) -> None:
    user = User(spawn, data_dir)
    postmaster = postmaster_of(data_dir)

    user.kill()

    wait_until(lambda: not is_alive(postmaster))
    wait_until(lambda: not (data_dir / "postgres" / "postmaster.pid").exists())


def test_a_killed_guard_is_replaced_and_data_stays(
    spawn: Spawn, data_dir: Path
) -> None:
    user = User(spawn, data_dir)
    with connect(data_dir) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    guard = guard_of(data_dir)

    os.kill(guard, signal.SIGKILL)
    wait_until(lambda: not is_alive(guard))
    user.ensure()

    assert guard_of(data_dir) != guard
    with connect(data_dir) as connection:
        connection.execute("INSERT INTO kept VALUES (1)")
    user.leave()


def test_a_killed_postmaster_is_started_again(spawn: Spawn, data_dir: Path) -> None:
    user = User(spawn, data_dir)
    postmaster = postmaster_of(data_dir)

    os.kill(postmaster, signal.SIGKILL)

    wait_until(lambda: answers(data_dir) and postmaster_of(data_dir) != postmaster)
    user.leave()


def test_what_is_queued_outlives_a_killed_valkey(spawn: Spawn, data_dir: Path) -> None:
    user = User(spawn, data_dir, "--durable")
    path = str(Layout(data_dir).valkey_socket)
    [valkey] = processes_with(path)
    with Redis(unix_socket_path=path) as client:
        client.rpush("queue", "task")

    os.kill(valkey, signal.SIGKILL)
    wait_until(lambda: len(set(processes_with(path)) - {valkey}) == 1)
    user.ensure()

    retry = Retry(ConstantBackoff(0.05), retries=100)
    with Redis(unix_socket_path=path, retry=retry) as client:
        assert client.lrange("queue", 0, -1) == [b"task"]
    user.leave()


def test_several_first_users_share_one_guard(spawn: Spawn, data_dir: Path) -> None:
    processes = [spawn("-c", USER, str(data_dir)) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("ensure\n")
        process.stdin.flush()

    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    assert guard_of(data_dir)
    for process in processes:
        process.kill()


def test_a_path_too_long_for_a_socket_moves_the_sockets(
    spawn: Spawn, tmp_path: Path
) -> None:
    data_dir = tmp_path / ("long" * 25)

    user = User(spawn, data_dir)

    run = Layout(data_dir).run
    assert not run.is_relative_to(tmp_path)
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    user.leave()
    wait_until(lambda: not processes_with(str(data_dir)))
    shutil.rmtree(run)


def test_the_folders_are_closed_to_others(spawn: Spawn, data_dir: Path) -> None:
    user = User(spawn, data_dir)

    for folder in ("", "postgres", "valkey", "log", "run"):
        assert stat.S_IMODE((data_dir / folder).stat().st_mode) == 0o700
    user.leave()


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(StartError, match=r"choose another folder with GATEHOUSE_DATA"):
        embedded.ensure(file / "data")


def test_data_of_another_major_version_says_what_to_do(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.make()
    (layout.postgres / "PG_VERSION").write_text("14\n")

    done = subprocess.run(
        [sys.executable, "-c", REFUSED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "was made by PostgreSQL 14" in done.stdout
    assert "dump it" in done.stdout


def test_run_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.make()
    layout.run.chmod(0o777)

    with pytest.raises(StartError, match="mode 0700"):
        layout.make()


def test_releasing_waits_for_the_end_of_the_servers(data_dir: Path) -> None:
    embedded.ensure(data_dir, durable=False)
    postmaster = postmaster_of(data_dir)

    embedded.release(data_dir)

    assert not is_alive(postmaster)
    assert embedded.lock_fd(data_dir) is None


def test_releasing_does_not_wait_while_others_stay(
    spawn: Spawn, data_dir: Path
) -> None:
    user = User(spawn, data_dir)
    embedded.ensure(data_dir, durable=False)
    began = time.monotonic()

    embedded.release(data_dir, seconds=20)

    assert time.monotonic() - began < 10
    assert answers(data_dir)
    user.leave()


def test_an_external_address_replaces_a_service() -> None:
    both = embedded.needed(external_database=None, external_broker="")
    none = embedded.needed(external_database={"NAME": "x"}, external_broker="redis://")

    assert both == ["postgres", "valkey"]
    assert none == []


def test_a_killed_server_that_nobody_has_reaped_yet_is_no_obstacle(
    spawn: Spawn, data_dir: Path
) -> None:
    """In a container whose first process reaps late or never, its number stays."""
    User(spawn, data_dir).leave()
    wait_until(lambda: not processes_with(str(data_dir)))
    owner = (data_dir / "postgres").stat()
    dead = subprocess.Popen(["true"], user=owner.st_uid, group=owner.st_gid)
    wait_until(lambda: not is_alive(dead.pid))
    left_behind = data_dir / "postgres" / "postmaster.pid"
    left_behind.write_text(f"{dead.pid}\n{data_dir / 'postgres'}\n1\n5432\n")
    socket_lock = Layout(data_dir).run / ".s.PGSQL.5432.lock"
    shutil.copy(left_behind, socket_lock)

    user = User(spawn, data_dir)

    assert answers(data_dir)
    user.leave()
    dead.wait()

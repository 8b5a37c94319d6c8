"""An instance on an operator's own PostgreSQL and Valkey, both over TCP by URL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NoConnection

from console.runtime import binaries
from console.runtime.layout import DATABASE_USER, Layout
from console.runtime.servers import Postgres
from tests.runtime.conftest import PROJECT, Spawn, free_port, wait_until

PASSWORD = "p:w@rd"
QUOTED = "p%3Aw%40rd"


class TcpPostgres(Postgres):
    """The same server, but over TCP and with a password."""

    port = 0

    def arguments(self) -> list[str]:
        tcp = ["--listen_addresses=127.0.0.1", f"--port={self.port}"]
        return [*super().arguments(), *tcp]


@dataclass
class External:
    """Where the services are, and the environment of an instance that uses them."""

    database_url: str
    environment: dict[str, str]
    data_dir: Path

    def manage(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env={**os.environ, **self.environment},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def pulses(self) -> list[str]:
        with psycopg.connect(self.database_url) as connection:
            rows = connection.execute("SELECT part FROM polling_pulse").fetchall()
        return [part for (part,) in rows]


@pytest.fixture
def external(tmp_path: Path, spawn: Spawn) -> Iterator[External]:
    postgres = start_postgres(tmp_path / "their-postgres")
    broker_url = start_valkey(tmp_path, spawn)
    data_dir = tmp_path / "data"
    url = f"{DATABASE_USER}:{QUOTED}@127.0.0.1:{postgres.port}/postgres"
    environment = {
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "DATABASE_URL": f"postgresql://{url}",
        "BROKER_URL": broker_url,
        "GATEHOUSE_DATA_DIR": str(data_dir),
        "XAI_HOSTS": "nowhere=https://127.0.0.1:1",
    }
    yield External(environment["DATABASE_URL"], environment, data_dir)
    postgres.stop()


def start_postgres(folder: Path) -> TcpPostgres:
    layout = Layout(folder)
    layout.make()
    postgres = TcpPostgres(layout, durable=False)
    postgres.port = free_port()
    postgres.start()
    rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (layout.postgres / "pg_hba.conf").write_text(rules)
    with psycopg.connect(
        host=str(layout.run), port=postgres.port, user=DATABASE_USER, dbname="postgres"
    ) as connection:
        connection.execute(f"ALTER USER {DATABASE_USER} PASSWORD '{PASSWORD}'")
        connection.execute("SELECT pg_reload_conf()")
    return postgres


def start_valkey(folder: Path, spawn: Spawn) -> str:
    port = free_port()
    options = {"port": str(port), "bind": "127.0.0.1", "requirepass": PASSWORD}
    options |= {"dir": str(folder), "save": ""}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    spawn.program(str(binaries.valkey_server()), *words)
    url = f"redis://:{QUOTED}@127.0.0.1:{port}/0"

    def answers() -> bool:
        with Redis.from_url(url) as client:
            try:
                return bool(client.ping())
            except NoConnection:
                return False

    wait_until(answers)
    return url


def test_a_worker_does_what_is_sent_over_their_broker(
    external: External, spawn: Spawn
) -> None:
    external.manage("manage.py", "migrate", "--verbosity=0")
    celery = ["-m", "celery", "-A", "console.celery"]
    worker = spawn(
        *celery, "worker", "-P", "threads", "-c", "1", environment=external.environment
    )

    external.manage(*celery, "call", "polling.ring")

    wait_until(lambda: "beat" in external.pulses())
    assert not (external.data_dir / "postgres").exists()
    assert not (external.data_dir / "valkey").exists()
    worker.terminate()
    worker.communicate(timeout=20)
    assert worker.returncode == 0

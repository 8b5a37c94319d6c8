"""`XAI_API_KEY=… make run`, aimed by XAI_HOSTS at a sandbox that stands for xAI."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.sandbox.control import Control, ControlError
from tests.e2e.instance import RING, STOP_SECONDS, Instance, manage, running
from tests.e2e.prepared import copy_prepared
from tests.e2e.processes import processes_of
from tests.e2e.records import stock
from tests.runtime.conftest import Spawn, free_port, wait_until

WORK = 10  # seconds to store the key, to ring and to poll


@pytest.fixture(scope="module")
def upstream() -> Iterator[Control]:
    """An xAI of its own, in a process that Gatehouse did not start."""
    port, spawn = free_port(), Spawn()
    spawn("-m", "console.sandbox", "--port", str(port))
    control = Control(f"http://127.0.0.1:{port}")

    def answers() -> bool:
        try:
            return bool(control.health())
        except ControlError:
            return False

    wait_until(answers)
    yield control
    spawn.end()


@pytest.fixture
def gatehouse(
    upstream: Control, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    key = upstream.world().key("platform-gateway")
    settings = {"XAI_API_KEY": key.secret, "XAI_HOSTS": f"double={upstream.base_url}"}
    with running(tmp_path_factory.mktemp("real"), **settings) as instance:
        yield instance


def test_a_given_key_is_stored_polled_at_once_and_alone(
    gatehouse: Instance, upstream: Control
) -> None:
    secret = gatehouse.settings["XAI_API_KEY"]
    with gatehouse.visitor("admin") as admin:

        def rows() -> list[dict[str, str]]:
            found: list[dict[str, str]] = admin.get("/keys/?format=json").json()
            return found

        wait_until(lambda: rows()[0]["state"] == "active", seconds=RING + WORK)

        (row,) = rows()
        page = admin.get(f"/keys/{row['id']}/").text
        assert (row["team"], row["host"], row["label"]) == (
            "Main", "double", "first key",
        )  # fmt: skip
        assert row["xai_name"] == "platform-gateway"
        assert "sample data" not in page
        assert secret not in page
        assert admin.get("/sandbox/").status_code == 404
    assert "first check is due at once" in gatehouse.output
    stored = stock(gatehouse)
    assert (stored["ApiKey"], stored["Team"], stored["User"]) == (1, 1, 1)
    assert stored["samples"] == 0
    assert secret not in gatehouse.output
    for line in processes_of(gatehouse.data_dir).values():
        assert secret not in line

    # While it is down, a command starts the database for itself and polls alone.
    assert gatehouse.stop() < STOP_SECONDS
    upstream.change_key(
        upstream.world().key("platform-gateway").api_key_id, disabled=True
    )
    polled = gatehouse.manage("refresh_keys", "--wait", "--all", XAI_API_KEY="")
    assert polled.returncode == 0, polled.stdout
    assert "1 Disabled" in polled.stdout
    wait_until(lambda: not processes_of(gatehouse.data_dir))


def test_data_of_try_out_mode_is_not_mixed_with_a_real_key(
    upstream: Control, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = copy_prepared(tmp_path_factory.mktemp("mixed"))
    secret = upstream.world().key("platform-gateway").secret

    refused = Instance(folder).manage("up", XAI_API_KEY=secret)

    assert refused.returncode != 0
    assert "choose another GATEHOUSE_DATA_DIR for real keys" in refused.stdout
    assert len(refused.stdout.strip().splitlines()) <= 2
    assert "Traceback" not in refused.stdout
    assert secret not in refused.stdout
    wait_until(lambda: not processes_of(folder))
    settings = {"XAI_API_KEY": "not a key", "XAI_HOSTS": f"x={upstream.base_url}"}
    folder = tmp_path_factory.mktemp("no-key")
    refused = manage("up", GATEHOUSE_DATA_DIR=str(folder), **settings)
    assert refused.returncode != 0
    assert "XAI_API_KEY must be an xAI key" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert "not a key" not in refused.stdout
    wait_until(lambda: not processes_of(folder))

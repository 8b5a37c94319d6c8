"""What each process is started with, and the checks before."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.runtime import processes, tryout
from console.runtime.layout import StartError
from tests.runtime.conftest import free_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_free_port_passes() -> None:
    processes.check_port("127.0.0.1", free_port())


def test_a_taken_port_says_how_to_choose_another(taken_port: int) -> None:
    with pytest.raises(StartError, match=rf"with PORT={taken_port + 1}\.$"):
        processes.check_port("127.0.0.1", taken_port)


def test_a_taken_port_of_the_sandbox_says_who_may_have_it(taken_port: int) -> None:
    with pytest.raises(StartError, match="stop the other Gatehouse of this data"):
        processes.check_sandbox_port(taken_port)


@pytest.mark.parametrize(
    ("given", "hosts"),
    [
        pytest.param({"XAI_API_KEY": "xai-1"}, "xai=https://api.x.ai", id="key"),
        pytest.param({"XAI_API_KEY": "k", "XAI_HOSTS": "a=b"}, "a=b", id="both"),
        pytest.param({"XAI_API_KEY": " "}, None, id="blank"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_children_never_get_the_key(given: dict[str, str], hosts: str | None) -> None:
    passed = processes.child_environment({"PATH": "/bin", **given})

    assert passed["PATH"] == "/bin"
    assert "XAI_API_KEY" not in passed
    assert passed.get("XAI_HOSTS") == hosts


def test_children_never_get_the_password_of_the_first_start() -> None:
    given = {"GATEHOUSE_DEMO_PASSWORD": "try-out-1", "PORT": "8000"}

    assert processes.child_environment(given) == {"PORT": "8000"}


def test_the_port_of_the_sandbox_stays_the_same(tmp_path: Path) -> None:
    first = tryout.sandbox_port(tmp_path)

    assert tryout.sandbox_port(tmp_path) == first
    assert (tmp_path / "sandbox.port").read_text() == f"{first}\n"


def test_two_instances_get_two_ports(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"

    with socket.create_server(("127.0.0.1", tryout.sandbox_port(one))):
        assert tryout.sandbox_port(two) != tryout.sandbox_port(one)


def test_an_unusable_folder_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(StartError, match="another folder with GATEHOUSE_DATA_DIR"):
        tryout.sandbox_port(file)


@pytest.mark.parametrize(
    ("given", "is_tryout"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"XAI_API_KEY": "xai-1"}, False, id="key"),
        pytest.param({"XAI_HOSTS": "a=https://b"}, False, id="hosts"),
    ],
)
def test_only_an_instance_without_upstream_is_for_trying_out(
    given: dict[str, str], is_tryout: bool, tmp_path: Path
) -> None:
    environment = dict(given)

    tryout.choose_sandbox(environment, tmp_path)

    assert ("GATEHOUSE_SANDBOX_URL" in environment) is is_tryout


def test_the_data_folder_is_the_one_of_the_settings(tmp_path: Path) -> None:
    chosen = {"GATEHOUSE_DATA_DIR": str(tmp_path)}

    assert tryout.data_dir(chosen, Path("/project")) == tmp_path
    assert tryout.data_dir({}, Path("/project")) == Path("/project/var")

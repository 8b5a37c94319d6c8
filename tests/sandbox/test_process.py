"""`python -m console.sandbox` as a process: its file, its end, its refusals."""

import json
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import httpx
import pytest

from console.sandbox.control import Control, ControlError
from tests.sandbox.conftest import chat_body
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


class Process:
    """One sandbox process; its port is free when it is made."""

    def __init__(self, *arguments: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "console.sandbox", "--port", str(port)]
        self.popen = subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = f"http://127.0.0.1:{port}"
        self.control = Control(self.url)
        wait_until(self.is_up)

    def is_up(self) -> bool:
        try:
            return bool(self.control.health()["status"] == "ok")
        except ControlError:
            assert self.popen.poll() is None, "the sandbox ended"
            return False

    def stop(self) -> tuple[int, str, float]:
        """End it by SIGTERM; return its status, what it printed, and the seconds."""
        began = monotonic()
        self.popen.send_signal(signal.SIGTERM)
        printed, _ = self.popen.communicate(timeout=10)
        return self.popen.returncode, printed, monotonic() - began

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(timeout=10)
        if self.popen.stdout:
            self.popen.stdout.close()


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.json"


@pytest.fixture
def process(state_file: Path) -> Iterator[Process]:
    process = Process("--state", str(state_file))
    yield process
    process.kill()


def test_a_restart_goes_on_as_it_was(process: Process, state_file: Path) -> None:
    key = process.control.create_key("kept", "Search", ["api-key:model:*"])
    team = process.control.world().team("Search")
    process.control.change_team(team.id, blocked=True)
    process.control.change_model("grok-4.3", prompt_text_token_price=99999)
    process.control.settings(pace=0.125)
    process.control.add_fault("500")
    before = process.control.world()
    process.kill()  # saved already, so a sudden end loses nothing

    again = Process("--state", str(state_file))

    try:
        assert again.control.world() == before
        assert again.control.world().key("kept").secret == key.secret
        assert [fault.kind for fault in again.control.faults()] == ["503"]
        again.control.reset()
        assert not again.control.world().team("Search").blocked
    finally:
        again.kill()


def test_the_file_is_its_owners_alone(process: Process, state_file: Path) -> None:
    process.control.settings(pace=0)

    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    assert [path.name for path in state_file.parent.iterdir()] == [state_file.name]
    assert json.loads(state_file.read_text())["version"] == 1


@pytest.mark.parametrize("fault", [None, "hang"], ids=["streaming", "hanging"])
def test_sigterm_ends_open_streams_at_once(process: Process, fault: str | None) -> None:
    process.control.settings(pace=0.5)
    if fault:
        process.control.add_fault(fault, after_events=1)
    secret = process.control.world().key("platform-gateway").secret
    headers = {"Authorization": f"Bearer {secret}"}
    body = chat_body("A long answer", stream=True)

    with httpx.stream(
        "POST", f"{process.url}/v1/chat/completions", json=body, headers=headers
    ) as answer:
        next(answer.iter_bytes())
        status, printed, seconds = process.stop()

    assert status == 0
    assert seconds < 2
    assert printed == ""


def test_it_ends_quietly_when_idle(process: Process) -> None:
    status, printed, seconds = process.stop()

    assert (status, printed) == (0, "")
    assert seconds < 2


def run_refused(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "console.sandbox", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com"])
def test_it_listens_on_loopback_only(host: str) -> None:
    result = run_refused("--port", "0", "--host", host)

    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run_refused("--port", str(taken.getsockname()[1]))

    assert result.returncode == 1
    assert result.stderr.startswith("The sandbox cannot start: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"version": 1}', '{"version": 7}'], ids=len
)
def test_a_file_of_something_else_is_one_sentence_and_stays(
    state_file: Path, text: str
) -> None:
    state_file.write_text(text)

    result = run_refused("--port", "0", "--state", str(state_file))

    assert result.returncode == 1
    assert "remove it" in result.stderr
    assert result.stderr.count("\n") == 1
    assert state_file.read_text() == text

"""What keeps Gatehouse from starting is said in one sentence, with what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.e2e.instance import manage
from tests.e2e.processes import processes_of
from tests.runtime.conftest import free_port, wait_until


def refusal(folder: Path, **settings: str) -> str:
    """Start in vain; return the sentence."""
    settings = {"PORT": str(free_port()), "GATEHOUSE_DATA_DIR": str(folder), **settings}

    done = manage("up", **settings)

    assert done.returncode not in {0, None}
    wait_until(lambda: not processes_of(folder))
    (sentence,) = done.stdout.strip().splitlines()
    assert "Traceback" not in sentence
    return sentence.removeprefix("gatehouse: ")


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        sentence = refusal(tmp_path / "data", PORT=str(port))

    assert sentence.startswith(f"Port {port} of 127.0.0.1 cannot be used")
    assert f"PORT={port + 1}" in sentence


@pytest.mark.parametrize("below", [".", "data"], ids=["a file", "below a file"])
def test_a_folder_that_cannot_be_written(tmp_path: Path, below: str) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")

    sentence = refusal(in_the_way / below)

    assert str(in_the_way) in sentence
    assert "GATEHOUSE_DATA_DIR" in sentence


def test_a_folder_that_is_another_users(tmp_path: Path) -> None:
    sentence = refusal(Path("/proc/gatehouse"))

    assert "/proc" in sentence
    assert "GATEHOUSE_DATA_DIR" in sentence


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "eighty", "PORT must be a whole number"),
        ("PORT", "70000", "PORT must be a whole number"),
        ("XAI_POLL_EVERY", "0", "XAI_POLL_EVERY must be a whole number"),
        ("XAI_HOSTS", "xai=http://example.org", "XAI_HOSTS must be a list of name="),
        ("DATABASE_URL", "mysql://db/console", "DATABASE_URL must look like"),
        ("GATEHOUSE_URL", "gatehouse", "GATEHOUSE_URL must look like"),
        ("GATEHOUSE_SECRET_KEY_FILE", "/nowhere/key", "cannot be read"),
    ],
)
def test_a_bad_setting(tmp_path: Path, name: str, value: str, words: str) -> None:
    sentence = refusal(tmp_path / "data", **{name: value})

    assert words in sentence


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    port = free_port()

    sentence = refusal(
        tmp_path / "data",
        DATABASE_URL=f"postgresql://somebody:hush@127.0.0.1:{port}/gatehouse",
    )

    assert "DATABASE_URL" in sentence
    assert "hush" not in sentence


def test_a_key_file_that_anybody_may_read(tmp_path: Path) -> None:
    file = tmp_path / "kek"
    file.write_bytes(bytes(range(32)))
    file.chmod(0o644)

    sentence = refusal(tmp_path / "data", GATEHOUSE_KEK_FILE=str(file))

    assert "GATEHOUSE_KEK_FILE" in sentence or str(file) in sentence

"""The command, as a real shell reads it, and as curl sends it where there is one."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from console.playground.snippets import by_curl
from console.usage.models import Endpoint
from tests.playground.snippets.bodies import CHATS, MESSAGES
from tests.playground.snippets.running import Noted

RECORD = """#!{python}
import json, sys
json.dump([sys.argv[1:], sys.stdin.read()], sys.stdout)
"""
CASES = [
    *((Endpoint.CHAT, name) for name in CHATS),
    *((Endpoint.MESSAGES, name) for name in MESSAGES),
]


def body_of(endpoint: Endpoint, name: str) -> dict[str, Any]:
    return (CHATS if endpoint == Endpoint.CHAT else MESSAGES)[name]


@pytest.mark.parametrize(("endpoint", "name"), CASES)
def test_a_shell_reads_exactly_this(
    noted: Noted, tmp_path: Path, endpoint: Endpoint, name: str
) -> None:
    body = body_of(endpoint, name)
    stand_in = tmp_path / "curl"
    stand_in.write_text(RECORD.format(python=sys.executable))
    stand_in.chmod(0o755)
    command = by_curl.render(body, endpoint, "https://api.x.ai")

    code = f'PATH="{tmp_path}:$PATH"\n{command}'
    arguments, sent = json.loads(noted.run("sh", code=code, folder=tmp_path))

    assert json.loads(sent) == body
    assert arguments[-7:] == [
        f"https://api.x.ai{endpoint.label}",
        "-H",
        f"Authorization: Bearer {noted.sandbox.secret()}",
        "-H",
        "Content-Type: application/json",
        "--data-binary",
        "@-",
    ]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(("endpoint", "name"), CASES)
def test_curl_asks_exactly_this(
    noted: Noted, tmp_path: Path, endpoint: Endpoint, name: str
) -> None:
    """Without curl on the machine, a shell's part of it is what is tested above."""
    body = body_of(endpoint, name)
    command = by_curl.render(body, endpoint, noted.url)
    if shutil.which("curl") is None:
        assert command.startswith("curl ")
        return

    printed = noted.run("sh", code=command, folder=tmp_path)

    asked = noted.only()
    assert (asked.path, asked.body) == (endpoint.label, body)
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["authorization"] == f"Bearer {noted.sandbox.secret()}"
    assert printed.startswith("data: " if endpoint == "chat" else "event: ") or (
        not body.get("stream")
    )


def test_a_strange_address_is_one_word_of_the_shell() -> None:
    command = by_curl.render({}, Endpoint.CHAT, "https://api.x.ai/a b;$(c)")

    assert command.startswith("curl 'https://api.x.ai/a b;$(c)/v1/chat/completions' \\")

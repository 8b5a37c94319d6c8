"""Each program of Python runs, and asks exactly what it was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.playground.snippets import by_anthropic, by_curl, by_httpx, by_openai
from console.usage.models import Endpoint
from tests.playground.snippets.bodies import CHATS, MESSAGES
from tests.playground.snippets.running import Forks, Noted

Render = Any
CASES = [
    *((by_openai, Endpoint.CHAT, name) for name in CHATS),
    *((by_httpx, Endpoint.CHAT, name) for name in CHATS),
    *((by_anthropic, Endpoint.MESSAGES, name) for name in MESSAGES),
    *((by_httpx, Endpoint.MESSAGES, name) for name in MESSAGES),
]

NAMES = """
import inspect, json
import anthropic, openai

create = (
    openai.resources.chat.Completions.create, anthropic.resources.Messages.create
)
print(json.dumps([list(inspect.signature(one).parameters) for one in create]))
"""


@pytest.mark.parametrize(
    ("module", "endpoint", "name"),
    [
        pytest.param(*case, id=f"{case[0].__name__.split('.')[-1]}-{case[1]}-{case[2]}")
        for case in CASES
    ],
)
def test_a_program_asks_exactly_this(
    noted: Noted,
    forks: Forks,
    tmp_path: Path,
    module: Render,
    endpoint: Endpoint,
    name: str,
) -> None:
    body = (CHATS if endpoint == Endpoint.CHAT else MESSAGES)[name]
    code = module.render(body, endpoint, noted.url)

    printed = forks.python(code, tmp_path, noted.environment(tmp_path))

    asked = noted.only()
    assert asked.path == endpoint.label
    assert asked.body == body
    assert asked.headers["authorization"] == f"Bearer {noted.sandbox.secret()}"
    assert "x-api-key" not in asked.headers
    assert "sandbox" in printed or name not in {"plain", "whole"}
    assert printed.strip()
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("module", [by_openai, by_anthropic, by_httpx, by_curl])
def test_a_large_body_is_read_from_a_file(
    noted: Noted, tmp_path: Path, module: Render
) -> None:
    of_messages = module is by_anthropic
    endpoint = Endpoint.MESSAGES if of_messages else Endpoint.CHAT
    body = (MESSAGES if of_messages else CHATS)["parameters"]
    (tmp_path / "body.json").write_text(json.dumps(body))
    code = module.render(body, endpoint, noted.url, file="body.json")

    if module is by_curl:
        assert code.endswith("--data-binary @body.json\n")
        return
    noted.python(code, tmp_path)

    assert noted.only().body == body


def test_the_libraries_take_the_names_and_xais_own_go_beside_them(
    forks: Forks, tmp_path: Path
) -> None:
    of_openai, of_anthropic = json.loads(forks.python(NAMES, tmp_path, {}))

    assert set(of_openai) >= by_openai.NAMES
    assert set(of_anthropic) >= by_anthropic.NAMES


@pytest.mark.parametrize(
    ("module", "endpoint"),
    [(by_openai, Endpoint.MESSAGES), (by_anthropic, Endpoint.CHAT)],
    ids=["openai", "anthropic"],
)
def test_a_library_speaks_its_own_dialect_alone(
    module: Render, endpoint: Endpoint
) -> None:
    with pytest.raises(AssertionError):
        module.render(CHATS["plain"], endpoint, "https://api.x.ai")


def test_a_refusal_is_told_with_xais_words(noted: Noted, tmp_path: Path) -> None:
    body = CHATS["plain"] | {"temperature": 9}
    code = by_httpx.render(body, Endpoint.CHAT, noted.url)

    with pytest.raises(AssertionError, match=r"(?s)^4\d\d .*temperature"):
        noted.python(code, tmp_path)

"""The module of JavaScript; tests/e2e/test_browser_javascript.py runs it."""

from __future__ import annotations

import pytest

from console.playground.snippets import by_javascript
from console.usage.models import Endpoint
from tests.playground.snippets.bodies import CHATS, HUGE, MESSAGES


@pytest.mark.parametrize("endpoint", [Endpoint.CHAT, Endpoint.MESSAGES])
@pytest.mark.parametrize("name", ["plain", "whole"])
def test_a_module_has_the_body_and_reads_the_key_when_it_runs(
    endpoint: Endpoint, name: str
) -> None:
    body = (CHATS if endpoint == Endpoint.CHAT else MESSAGES)[name]

    code = by_javascript.render(body, endpoint, "https://api.x.ai")

    assert f'const url = "https://api.x.ai{endpoint.label}";' in code
    assert "process.env.XAI_API_KEY" in code
    assert "body: JSON.stringify(body)," in code
    assert ("getReader" in code or "for await" in code) is (name == "plain")


def test_a_body_with_a_huge_number_is_sent_as_its_text() -> None:
    code = by_javascript.render(HUGE, Endpoint.CHAT, "https://api.x.ai")

    assert str(2**62 + 1) in code
    assert "body: body," in code


def test_a_large_body_is_read_from_a_file() -> None:
    code = by_javascript.render(HUGE, Endpoint.CHAT, "https://api.x.ai", file="a.json")

    assert 'const body = await readFile("a.json");' in code
    assert "Name a harbour" not in code

"""The module of JavaScript, run by Chromium with `fetch` to the sandbox."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import Browser

from console.playground.snippets import by_javascript
from console.usage.models import Endpoint
from tests.e2e.conftest import chromium
from tests.playground.snippets.bodies import CHATS, MESSAGES, chat
from tests.playground.snippets.running import Noted

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

RUN = """
async ([address, key]) => {
  const lines = [];
  globalThis.process = { env: { XAI_API_KEY: key } };
  console.log = (line) => lines.push(line);
  console.error = () => {};
  await import(address);
  return [lines.join("\\n"), Object.keys(globalThis).includes("pwned")];
}
"""
HUGE = chat(seed=2**62 + 1)


@pytest.mark.parametrize("endpoint", [Endpoint.CHAT, Endpoint.MESSAGES])
def test_a_module_asks_exactly_this(
    noted: Noted, chromium: Browser, endpoint: Endpoint
) -> None:
    bodies: dict[str, dict[str, Any]] = dict(MESSAGES)
    if endpoint == Endpoint.CHAT:
        strange = {"__proto__": {"a": 1}, "constructor": [None]}
        bodies = {**CHATS, "huge": HUGE, "names": chat(logit_bias=strange)}
    page = chromium.new_page()
    page.goto(f"{noted.url}/v1/models")  # a page of the same origin as the calls
    noted.app.asked.clear()

    for name, body in bodies.items():
        code = by_javascript.render(body, endpoint, noted.url).encode()
        address = f"data:text/javascript;base64,{base64.b64encode(code).decode()}"
        printed, broke_out = page.evaluate(RUN, [address, noted.sandbox.secret()])

        asked = noted.only()
        assert asked.path == endpoint.label
        assert asked.body == body, name
        assert printed.strip(), name
        assert not broke_out
    page.close()


def test_a_body_with_a_huge_number_is_sent_as_its_text() -> None:
    code = by_javascript.render(HUGE, Endpoint.CHAT, "https://api.x.ai")

    assert str(2**62 + 1) in code
    assert "body: body," in code


def test_a_large_body_is_read_from_a_file() -> None:
    code = by_javascript.render(HUGE, Endpoint.CHAT, "https://api.x.ai", file="a.json")

    assert 'const body = await readFile("a.json");' in code
    assert "Name a harbour" not in code

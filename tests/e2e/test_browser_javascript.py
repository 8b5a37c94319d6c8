"""The code of a request in JavaScript, run by Chromium with `fetch` to a sandbox."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import Browser

from console.playground.snippets import by_javascript
from console.usage.models import Endpoint
from tests.playground.snippets.bodies import CHATS, HUGE, MESSAGES, chat
from tests.playground.snippets.conftest import noted, noting_sandbox
from tests.playground.snippets.running import Noted

__all__ = ["noted", "noting_sandbox"]

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

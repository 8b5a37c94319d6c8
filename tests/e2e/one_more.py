"""One more web process of an instance that runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.e2e.instance import PASSWORD, Instance, environment, post
from tests.runtime.conftest import PROJECT, free_port
from tests.waiting import wait_until


@contextmanager
def one_more_process(
    instance: Instance, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """Start it; yield it, and a browser in which sam has signed in there."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "console.serve"],
        cwd=PROJECT,
        env=environment({**instance.settings, **settings, "PORT": str(port)}),
    )
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as browser:
            wait_until(lambda: _answers(browser), seconds=60)
            post(browser, "/account/login/", login="sam", password=PASSWORD)
            yield process, browser
    finally:
        process.terminate()
        process.wait(timeout=20)


def _answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/account/login/").status_code == 200
    except httpx.TransportError:
        return False

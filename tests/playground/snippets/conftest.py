"""A sandbox of their own for code that runs, since it notes what it is asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from console.sandbox import seed
from console.sandbox.app import create_app
from tests.playground.snippets.running import Forks, Noted, Noting
from tests.sandbox.conftest import Sandbox
from tests.waiting import wait_until


@pytest.fixture(scope="session")
def noting_sandbox() -> Iterator[Noted]:
    app = Noting(create_app(seed.new_world()))
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="critical", lifespan="off", timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: server.started)
    sandbox = Sandbox(f"http://127.0.0.1:{listener.getsockname()[1]}")
    sandbox.control.settings(pace=0)
    yield Noted(sandbox, app)
    sandbox.http.close()
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture
def noted(noting_sandbox: Noted) -> Noted:
    noting_sandbox.app.asked.clear()
    return noting_sandbox


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.end()

"""The sandbox over real HTTP on loopback: one server, a fresh world for each test."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from console.sandbox import seed
from console.sandbox.app import create_app
from console.sandbox.control import Control
from tests.waiting import wait_until


class Sandbox:
    """A running sandbox as its callers see it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.control = Control(url)
        self.http = httpx.Client(base_url=url, timeout=10)

    def secret(self, name: str = "platform-gateway") -> str:
        return self.control.world().key(name).secret

    def auth(self, name: str = "platform-gateway") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret(name)}"}

    def get(self, path: str, key: str = "platform-gateway") -> httpx.Response:
        return self.http.get(path, headers=self.auth(key))

    def post(
        self, path: str, body: Any, key: str = "platform-gateway", **headers: str
    ) -> httpx.Response:
        return self.http.post(path, json=body, headers=self.auth(key) | headers)

    def chat(self, text: str = "Hi", key: str = "platform-gateway", **more: Any) -> Any:
        body = chat_body(text, **more)
        return self.post("/v1/chat/completions", body, key)


def chat_body(text: str = "Hi", **more: Any) -> dict[str, Any]:
    return {"model": "grok-4.3", "messages": [{"role": "user", "content": text}]} | more


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(seed.new_world()),
        log_level="critical",
        lifespan="off",
        proxy_headers=False,
        timeout_graceful_shutdown=0,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: server.started)
    sandbox = Sandbox(f"http://127.0.0.1:{listener.getsockname()[1]}")
    yield sandbox
    sandbox.http.close()
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.control.reset()
    running_sandbox.control.settings(pace=0)
    return running_sandbox

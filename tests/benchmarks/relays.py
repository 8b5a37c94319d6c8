"""What the benchmark of streams measures: ways to the same sandbox.

Each process is one of its own: the sandbox that stamps, two bare relays, and one web
process of an instance whose calls go to that sandbox.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import httpx

from console.sandbox.control import Control
from tests.benchmarks.stamping import CHARACTERS, characters_in
from tests.e2e.instance import Instance, csrf_token, environment
from tests.e2e.one_more import one_more_process
from tests.runtime.conftest import PROJECT, free_port
from tests.waiting import wait_until

MODEL = "grok-4.3"
LONGEST = 2048  # tokens
OWN = (b"event: text\n", b"event: reasoning\n")  # events of a relay that reads
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(kw_only=True)
class Heard:
    """One streamed answer, by the clock of the machine."""

    asked_at: float
    arrivals: list[tuple[float, int]] = field(default_factory=list)  # how many came
    ended_at: float = 0.0
    last: bytes = b""

    @property
    def first_token(self) -> float:
        """Seconds until there were characters."""
        return self.arrivals[0][0] - self.asked_at

    def delays(self, sent: Sequence[tuple[float, int]]) -> list[float]:
        """Return the seconds from the moment an event was sent to its last character.

        An arrival may bring several events; `sent` tells when how many characters left.
        """
        assert sum(size for _, size in sent) == sum(size for _, size in self.arrivals)
        found, arrivals, there, wanted, now = [], iter(self.arrivals), 0, 0, 0.0
        for moment, size in sent:
            wanted += size
            while there < wanted:
                now, brought = next(arrivals)
                there += brought
            found.append(now - moment)
        return found


@dataclass(kw_only=True)
class Way:
    """One way to the sandbox."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None  # Gatehouse's; else JSON, as xAI takes it
    pid: int = 0

    @property
    def cpu(self) -> float:
        """Seconds of processor time that its process has used, kernel included."""
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS

    async def ask(self, session: aiohttp.ClientSession, prompt: str) -> Heard:
        """Send one prompt and hear the answer to its end."""
        turns = [{"role": "user", "content": prompt}]
        heard = Heard(asked_at=monotonic())
        async with session.post(self.url, **self._body(turns)) as response:
            assert response.status == 200, await response.text()
            while block := await response.content.readuntil(b"\n\n"):
                if block.startswith(OWN) or CHARACTERS in block:
                    heard.arrivals.append((monotonic(), characters_in(block)))
                heard.last = block
        heard.ended_at = monotonic()
        assert heard.last.startswith((b"event: done", b"data: [DONE]")), heard.last
        return heard

    def _body(self, turns: list[dict[str, str]]) -> dict[str, Any]:
        if self.form is not None:
            return {"data": {**self.form, "turns": json.dumps(turns)}}
        body = {
            "model": MODEL,
            "messages": turns,
            "max_tokens": LONGEST,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        return {"json": body, "headers": self.headers}


@dataclass(kw_only=True)
class Ways:
    """All of them, and the sandbox behind."""

    direct: Way
    bare: Way
    bytes: Way
    plain: Way
    gatehouse: Way
    control: Control
    cookies: Mapping[str, str]

    def stamps(self) -> dict[str, list[tuple[float, int]]]:
        """Return when how many characters left the sandbox, and let it forget."""
        answer = httpx.get(f"{self.control.base_url}/stamps", trust_env=False)
        found: dict[str, list[tuple[float, int]]] = answer.json()
        return found


@contextmanager
def all_ways(instance: Instance) -> Iterator[Ways]:
    """Start what is measured."""
    sandbox, relay, other = free_port(), free_port(), free_port()
    upstream, bare = f"http://127.0.0.1:{sandbox}", f"http://127.0.0.1:{relay}"
    secret = instance.control.world().key("search-prod-ranker").secret
    to = "--upstream", upstream
    state = str(instance.data_dir / "sandbox.json")
    with (
        _process("stamping", sandbox, "--state", state),
        _process("bare_relay", relay, *to, secret=secret) as pid,
        _process("bare_relay", other, *to, "--plain", secret=secret) as plain_pid,
        one_more_process(instance, GATEHOUSE_SANDBOX_URL=upstream) as (web, browser),
    ):
        token = csrf_token(browser.get("/playground/chat/"))
        yield Ways(
            direct=Way(
                name="directly",
                url=f"{upstream}/v1/chat/completions",
                headers={"Authorization": f"Bearer {secret}"},
            ),
            bare=Way(name="bare relay", url=f"{bare}/events", pid=pid),
            bytes=Way(name="bare relay of bytes", url=f"{bare}/bytes", pid=pid),
            plain=Way(
                name="bare, httpx's engine",
                url=f"http://127.0.0.1:{other}/events",
                pid=plain_pid,
            ),
            gatehouse=Way(
                name="Gatehouse",
                url=str(browser.base_url.join("/stream/chat/")),
                form={
                    "csrfmiddlewaretoken": token,
                    "model": MODEL,
                    "max_tokens": str(LONGEST),
                },
                pid=web.pid,
            ),
            control=Control(upstream),
            cookies=dict(browser.cookies),
        )


@contextmanager
def _process(name: str, port: int, *arguments: str, secret: str = "") -> Iterator[int]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", f"tests.benchmarks.{name}"),
            *("--port", str(port), *arguments),
        ],
        cwd=PROJECT,
        env=environment({"BARE_SECRET": secret}),
    )
    try:
        wait_until(lambda: _listens(port), seconds=60)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

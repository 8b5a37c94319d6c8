"""`python -m console.serve` as a process: pages, streams, limits and its end."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.runtime.conftest import Spawn, free_port, wait_until


@dataclass
class Site:
    """A running site; `notes` are the files that its views leave."""

    process: subprocess.Popen[str]
    client: httpx.Client
    notes: Path

    def is_up(self) -> bool:
        try:
            return self.client.get("/page/").status_code == 200
        except httpx.ConnectError:
            return False

    def said(self) -> str:
        return self.process.communicate(timeout=15)[0]


@contextmanager
def running(spawn: Spawn, notes: Path) -> Iterator[Site]:
    port = free_port()
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.runtime.site",
        "SITE_PORT": str(port),
        "SITE_NOTES": str(notes),
    }
    process = spawn("-m", "console.serve", environment=environment)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        site = Site(process, client, notes)
        wait_until(site.is_up)
        yield site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all tests that do not stop it."""
    spawn = Spawn()
    with running(spawn, tmp_path_factory.mktemp("notes")) as site:
        yield site
    spawn.end()


@pytest.fixture
def own_site(spawn: Spawn, tmp_path: Path) -> Iterator[Site]:
    """A site that the test may stop."""
    with running(spawn, tmp_path) as site:
        yield site


def test_a_page_runs_in_a_thread_and_keeps_its_cookies(site: Site) -> None:
    answer = site.client.post("/page/", content=b"12345")

    assert answer.text.startswith("5 page")
    assert dict(answer.cookies) == {"one": "1", "two": "2"}
    assert "server" not in answer.headers


def test_a_page_in_parts_arrives_whole(site: Site) -> None:
    assert site.client.get("/joined/").text == "a,b\n1,2\n"


def test_an_unknown_page_is_404(site: Site) -> None:
    assert site.client.get("/nothing/").status_code == 404


@pytest.mark.parametrize("path", ["/page/", "/stream/ticks/"])
def test_an_oversized_body_is_413(site: Site, path: str) -> None:
    answer = site.client.post(path, content=b"x" * (256 * 1024 + 1))

    assert answer.status_code == 413
    assert answer.text == "This request is too large: at most 256 KiB."
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_an_oversized_body_in_chunks_is_413(site: Site) -> None:
    chunks = (b"x" * 65_536 for _ in range(5))

    assert site.client.post("/page/", content=chunks).status_code == 413


def test_a_stream_ends_when_its_client_leaves(site: Site) -> None:
    with site.client.stream("GET", "/stream/ticks/") as stream:
        next(stream.iter_raw())

    wait_until((site.notes / "ended").exists)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_open_streams_and_settles(
    own_site: Site, number: signal.Signals
) -> None:
    with own_site.client.stream("GET", "/stream/ticks/") as stream:
        next(stream.iter_raw())
        for _ in range(3):
            own_site.process.send_signal(number)
        output = own_site.said()

    assert (own_site.notes / "ended").exists()
    assert (own_site.notes / "settled").exists()
    assert own_site.process.returncode == 0
    assert output == ""


def test_a_stop_does_not_wait_for_a_client_that_sends_nothing(own_site: Site) -> None:
    url = own_site.client.base_url
    with socket.create_connection((url.host, url.port or 0)) as slow:
        slow.sendall(b"POST /page/ HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        slow.sendall(b"Content-Length: 10\r\n\r\n12345")

        own_site.process.terminate()
        own_site.said()

    assert own_site.process.returncode == 0


def test_a_stream_that_is_admitted_while_stopping_is_refused_and_closed(
    own_site: Site,
) -> None:
    answers: list[httpx.Response] = []
    asking = Thread(target=lambda: answers.append(own_site.client.get("/stream/late/")))
    asking.start()
    wait_until((own_site.notes / "late").exists)

    own_site.process.send_signal(signal.SIGTERM)
    asking.join(timeout=15)

    (answer,) = answers
    assert answer.status_code == 503
    assert "restarting" in answer.text
    assert (own_site.notes / "late-closed").exists()

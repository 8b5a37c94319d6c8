"""The real thing, started as a user starts it: `manage.py up` in its own folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic

import httpx

from console.sandbox.control import Control
from tests.e2e.processes import kill_all, processes_of
from tests.runtime.conftest import PROJECT, free_port, wait_until
from tests.services import forget_settings

PASSWORD = "correct horse battery staple"
INTERVAL = 5  # seconds between two polls of a key
RING = 10  # seconds between two rings of beat
START_SECONDS = 180  # at first sight of a machine that does much else
STOP_SECONDS = 10


class Instance:
    """One Gatehouse. Starting it again goes on with the same data."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "GATEHOUSE_DATA_DIR": str(data_dir),
            "GATEHOUSE_DEMO_PASSWORD": PASSWORD,
            "PORT": str(self.port),
            # Browsers of tests are faster than people.
            "GATEHOUSE_ANSWERS_AT_ONCE": "10000",
            "GATEHOUSE_CALLS_PER_MINUTE": "10000",
            "GATEHOUSE_COUNTS_PER_MINUTE": "10000",
            "GATEHOUSE_TEAM_ANSWERS_AT_ONCE": "10000",
            "GATEHOUSE_TEAM_CALLS_PER_MINUTE": "10000",
            "GATEHOUSE_TEAM_COUNTS_PER_MINUTE": "10000",
            "GATEHOUSE_KEY_CALLS_PER_MINUTE": "10000",
            "GATEHOUSE_STREAMS_PER_PROCESS": "10000",
            "XAI_POLL_EVERY": str(INTERVAL),
            **settings,
        }
        self.lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None

    @property
    def output(self) -> str:
        """All that was printed since the last start."""
        return "\n".join(self.lines)

    @property
    def control(self) -> Control:
        """The sandbox of try-out mode, from xAI's side."""
        port = (self.data_dir / "sandbox.port").read_text().strip()
        return Control(f"http://127.0.0.1:{port}")

    def start(self) -> float:
        """Start it; return the seconds until it says that it is ready."""
        began = monotonic()
        self.lines = []
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=PROJECT,
            env=environment(self.settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, args=[self._process], daemon=True)
        self._reader.start()
        wait_until(self._is_ready, seconds=START_SECONDS)
        return monotonic() - began

    def stop(self) -> float:
        """Stop it as Ctrl-C in a terminal or a service manager would.

        Returns the seconds until the last of its processes was gone.
        """
        began = monotonic()
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        wait_until(lambda: not processes_of(self.data_dir), seconds=3 * STOP_SECONDS)
        took = monotonic() - began
        assert self._join() == 0, self.output
        return took

    def kill_tree(self) -> None:
        """End everything with kill -9, the database in the middle of its work too."""
        kill_all(self.data_dir)
        wait_until(self._is_empty)
        self._join()

    def end(self) -> None:
        """Leave nothing behind, however the test went; fail if it ended by itself."""
        if self._process is not None:
            alive = self._process.poll() is None
            self.kill_tree()
            assert alive, f"it ended by itself:\n{self.output}"

    @contextmanager
    def visitor(self, username: str) -> Iterator[httpx.Client]:
        """Yield a browser in which this person has signed in through the form."""
        with self.stranger() as browser:
            fields = {"login": username, "password": PASSWORD}
            answer = post(browser, "/account/login/", **fields)
            assert answer.status_code == 302, answer.text
            yield browser

    def stranger(self) -> httpx.Client:
        """Return a browser in which nobody has signed in."""
        return httpx.Client(base_url=self.url, timeout=20, trust_env=False)

    def manage(
        self, *arguments: str, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its commands, as an operator in another terminal."""
        return manage(*arguments, **{**self.settings, **settings})

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        lines = self.lines
        for line in process.stdout:
            lines.append(line.rstrip("\n"))

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"it ended:\n{self.output}"
        # Its last lines say how to sign in.
        return "Gatehouse is ready" in self.output and len(self.lines) > 1

    def _is_empty(self) -> bool:
        kill_all(self.data_dir)  # what was being started meanwhile
        return not processes_of(self.data_dir)

    def _join(self) -> int:
        assert self._process is not None
        assert self._reader is not None
        code = self._process.wait(timeout=STOP_SECONDS)
        self._reader.join(timeout=STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code


@contextmanager
def running(data_dir: Path, **settings: str) -> Iterator[Instance]:
    """Start an instance, and leave none of its processes behind."""
    instance = Instance(data_dir, **settings)
    try:
        instance.start()
        yield instance
    finally:
        instance.end()
        assert processes_of(data_dir) == {}


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a user who set nothing but these."""
    inherited = forget_settings(dict(os.environ))
    inherited.pop("DJANGO_SETTINGS_MODULE", None)  # that of the tests
    return {**inherited, **settings}


def manage(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` to its end; both streams are in its output."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_SECONDS,
    )


def csrf_token(page: httpx.Response) -> str:
    """Return the token of a form, as the browser would send it."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found, f"no form on {page.url}: {page.status_code}"
    return found[1]


def post(
    browser: httpx.Client, page: str, action: str = "", **fields: str
) -> httpx.Response:
    """Fill the form of a page and send it, to the page itself or to its action."""
    data = {**fields, "csrfmiddlewaretoken": csrf_token(browser.get(page))}
    return browser.post(action or page, data=data)

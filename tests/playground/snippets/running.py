"""Running generated code against a sandbox that notes what it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.sandbox.conftest import Sandbox

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
OTHERS_KEY = "sk-ant-not-for-xai"
BARE = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "LANG": "C.UTF-8"}
PYTHON = (sys.executable, "-W", "error")


@dataclass
class Asked:
    """One request, as it came over the wire."""

    path: str
    headers: dict[str, str]
    raw: bytearray = field(default_factory=bytearray)

    @property
    def body(self) -> Any:
        """Return the JSON."""
        return json.loads(self.raw.decode("utf-8", "surrogatepass"))


class Noting:
    """An ASGI app around another that notes each request."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.asked: list[Asked] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        asked = Asked(scope["path"], headers)
        if asked.path.startswith("/v1/"):
            self.asked.append(asked)

        async def noting() -> MutableMapping[str, Any]:
            message = await receive()
            asked.raw += message.get("body", b"")
            return message

        await self.app(scope, noting, send)


@dataclass
class Noted:
    """A sandbox and what it was asked."""

    sandbox: Sandbox
    app: Noting

    @property
    def url(self) -> str:
        """Return its address."""
        return self.sandbox.url

    def only(self) -> Asked:
        """Return the one request since the last look."""
        (asked,) = self.app.asked
        self.app.asked.clear()
        return asked

    def environment(self, folder: Path) -> dict[str, str]:
        """Return that of a program.

        A key of another vendor's is there too, as on the machine of a developer.
        """
        return {
            **BARE,
            "XAI_API_KEY": self.sandbox.secret(),
            "ANTHROPIC_API_KEY": OTHERS_KEY,
            "OPENAI_API_KEY": OTHERS_KEY,
            "HOME": str(folder),
        }

    def run(self, *command: str, code: str, folder: Path) -> str:
        """Run code with the key in its environment; return what it printed."""
        done = subprocess.run(
            [*command],
            input=code,
            env=self.environment(folder),
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, code: str, folder: Path) -> str:
        """Run a program of Python, from a file as a person would."""
        file = _written(code, folder)
        return self.run(*PYTHON, str(file), code="", folder=folder)


class Forks:
    """Programs of Python as `Noted.python` runs them, in less time: see `forking`."""

    def __init__(self) -> None:
        server = Path(__file__).with_name("forking.py")
        self.server = subprocess.Popen(
            [*PYTHON, server],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=BARE,
            encoding="utf-8",
        )

    def python(self, code: str, folder: Path, environment: dict[str, str]) -> str:
        """Run a program; return what it printed."""
        told = {name: folder / name for name in ("output", "errors")}
        for file in told.values():
            file.touch()
        program = {"file": _written(code, folder), "environment": environment, **told}
        assert self.server.stdin
        assert self.server.stdout
        print(json.dumps(program, default=str), file=self.server.stdin, flush=True)
        exit_code = self.server.stdout.readline()
        assert exit_code == "0\n", told["errors"].read_text("utf-8")
        return told["output"].read_text("utf-8")

    def end(self) -> None:
        """Let the process end that forks."""
        self.server.communicate()


def _written(code: str, folder: Path) -> Path:
    file = folder / "request.py"
    file.write_text(code, encoding="utf-8")
    return file

"""Child processes in the foreground: restart the dead, stop all, leave no orphan."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import TextIO

from console.runtime.layout import StartError
from console.runtime.privileges import die_with_parent

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 7.0
START_SECONDS = 60.0
MAX_DEATHS = 5
MAX_DEATHS_WITHIN = 30.0
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
COLORS = {"web": 36, "worker": 33, "beat": 35, "sandbox": 34}


@dataclass(kw_only=True)
class Child:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    is_ready: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    deaths: deque[float] = field(
        default_factory=lambda: deque(maxlen=MAX_DEATHS), init=False
    )
    start_again_at: float = field(default=0.0, init=False)
    half_line: bytes = field(default=b"", init=False)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Use it as a context; what was started in it ends with it.

    Groups of children stop in the reverse order of their start. Each child is in a
    session of its own, so Ctrl-C reaches the supervisor only, and gets SIGTERM from
    the kernel should the supervisor be killed.
    """

    def __init__(
        self,
        *,
        out: TextIO = sys.stdout,
        pass_fds: Sequence[int] = (),
        every_second: Callable[[], object] = lambda: None,
        stop_seconds: float = STOP_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self.out = out
        self.pass_fds = pass_fds
        self.every_second = every_second
        self.stop_seconds = stop_seconds
        self.first_pause = first_pause  # doubles with each death
        self.stopping = False
        self._groups: list[tuple[Child, ...]] = []
        self._selector = selectors.DefaultSelector()
        self._next_second = 0.0
        self._busy = False

    def __enter__(self) -> Supervisor:
        for number in SIGNALS:
            signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._busy = True  # a further signal must not interrupt the stop
        self.stop()

    def start(self, *children: Child) -> None:
        """Start a group of children."""
        self._groups.append(children)
        for child in children:
            self._spawn(child)

    def wait_ready(self, seconds: float = START_SECONDS) -> bool:
        """Keep the children until all are ready; False when told to stop before."""
        deadline = time.monotonic() + seconds
        while not self.stopping:
            waiting = [child.name for child in self._children if not child.is_ready()]
            if not waiting:
                return True
            if time.monotonic() > deadline:
                raise StartError(f"{' and '.join(waiting)} did not become ready.")
            self._keep()
        return False

    def run(self) -> None:
        """Keep the children until a signal comes; StartError if one cannot live."""
        while not self.stopping:
            self._keep()

    def stop(self) -> None:
        """Stop all children, the last group first, within about `stop_seconds`."""
        deadline = time.monotonic() + self.stop_seconds
        for group in reversed(self._groups):
            deadline = max(deadline, time.monotonic() + 1)
            for child in group:
                if child.process is not None and child.is_running():
                    child.process.terminate()
            while any(child.is_running() for child in group):
                if time.monotonic() > deadline:
                    self._kill(group)
                self._forward_output(0.05)
        self._forward_output(0)
        self._groups.clear()

    def say(self, name: str, line: str) -> None:
        """Print one line with the name of who says it."""
        tag = f"{name:8}|"
        if self.out.isatty():
            tag = f"\x1b[{COLORS.get(name, 32)}m{tag}\x1b[0m"
        self.out.write(f"{tag} {line}\n")
        self.out.flush()

    @property
    def _children(self) -> list[Child]:
        return [child for group in self._groups for child in group]

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
        if not self._busy:
            self._busy = True
            raise KeyboardInterrupt

    def _keep(self) -> None:
        """One round: pass output on, restart the dead, look after what we need."""
        self._busy = True
        self._forward_output(0.1)
        now = time.monotonic()
        for child in self._children:
            if child.process is None and now >= child.start_again_at:
                self._spawn(child)
            elif child.process is not None and child.process.poll() is not None:
                self._note_death(child, child.process.returncode, now)
        if now >= self._next_second:
            self._next_second = now + 1
            self.every_second()
        self._busy = self.stopping

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(
            child.command,
            env={**child.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.pass_fds,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        assert child.process.stdout is not None
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _note_death(self, child: Child, code: int, now: float) -> None:
        child.process = None
        child.deaths.append(now)
        recent = sum(1 for death in child.deaths if now - death < MAX_DEATHS_WITHIN)
        if recent == MAX_DEATHS:
            raise StartError(
                f"{child.name} ended {MAX_DEATHS} times within "
                f"{MAX_DEATHS_WITHIN:.0f} s, last with {code}: see its output above."
            )
        child.start_again_at = now + min(self.first_pause * 2**recent, LONGEST_PAUSE)
        self.say("up", f"{child.name} ended with {code}; starting it again")

    def _kill(self, group: tuple[Child, ...]) -> None:
        for child in group:
            if child.process is not None and child.is_running():
                self.say("up", f"{child.name} did not stop in time; killing it")
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()

    def _forward_output(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            child: Child = key.data
            data = os.read(key.fd, 65_536)
            *lines, child.half_line = (child.half_line + data).split(b"\n")
            if not data:
                self._selector.unregister(key.fileobj)
                os.close(key.fd)
                lines, child.half_line = [*lines, child.half_line], b""
            for line in lines:
                if line or data:
                    self.say(child.name, line.decode(errors="replace").rstrip())

"""The process that keeps the embedded servers: python -m console.runtime.guard.

Everybody who uses the servers holds a shared lock on run/users.lock. The guard stops
them as soon as it can take that lock for itself, so even kill -9 of every user ends
in a clean shutdown: the kernel releases the locks of the dead.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from console.runtime.layout import Layout, StartError
from console.runtime.servers import SERVERS, Server

LOOK_EVERY = 0.25


def main() -> int:
    """Start the servers, say so on `--ready-fd`, keep them, stop them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("services", nargs="+", choices=sorted(SERVERS))
    parser.add_argument("--ready-fd", type=int, required=True)
    parser.add_argument("--throw-away", action="store_true")
    options = parser.parse_args()
    layout = Layout(options.data_dir)
    servers = [
        SERVERS[name](layout, durable=not options.throw_away)
        for name in options.services
    ]
    stop = _StopFlag()

    with ExitStack() as held:
        users = held.enter_context((layout.run / "users.lock").open("a"))
        for server in servers:
            lock = held.enter_context((layout.run / f"{server.name}.guard").open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            held.callback(server.stop)
        with os.fdopen(options.ready_fd, "w") as ready:
            try:
                for server in servers:
                    server.start()
            except (StartError, OSError) as error:
                ready.write(str(error))
                return 1
            ready.write("ok")
        while not (stop.asked or _is_unused(users.fileno())):
            _revive(servers)
            time.sleep(LOOK_EVERY)
    return 0


class _StopFlag:
    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _is_unused(users_fd: int) -> bool:
    """Return whether the last user is gone; from then on new ones wait for our end."""
    try:
        fcntl.flock(users_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _revive(servers: list[Server]) -> None:
    for server in servers:
        if server.process is not None and server.process.poll() is not None:
            code = server.process.returncode
            print(f"{server.name} ended with {code}; starting it again", flush=True)
            server.start()


if __name__ == "__main__":
    raise SystemExit(main())

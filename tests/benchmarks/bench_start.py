"""`make run` from an empty clone, with a warm package cache, and the second time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from time import monotonic

import httpx

from tests.e2e.instance import environment
from tests.e2e.processes import processes_of
from tests.runtime.conftest import PROJECT, free_port, wait_until

FIRST, AGAIN = 90, 15  # seconds that a start may take
STOP = 10


def bench_start(tmp_path: Path) -> None:
    """Print both starts and both stops."""
    clone = tmp_path / "clone"
    _copy_sources(clone)
    subprocess.run(["make", "env"], cwd=clone, env=_environment(), check=True)
    shutil.rmtree(clone)  # the package cache stays

    _copy_sources(clone)
    first, first_stop = _run(clone)
    again, again_stop = _run(clone)

    print(f"\nfrom an empty clone  {first:6.1f} s (at most {FIRST}), ", end="")
    print(f"stopped in {first_stop:.1f} s (at most {STOP})")
    print(f"the second time      {again:6.1f} s (at most {AGAIN}), ", end="")
    print(f"stopped in {again_stop:.1f} s")
    assert first < FIRST
    assert again < AGAIN
    assert max(first_stop, again_stop) < STOP


def _copy_sources(clone: Path) -> None:
    """Make what `git clone` would make of the tree as it stands."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (PROJECT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, clone / name)


def _run(clone: Path) -> tuple[float, float]:
    """Start and stop it; return the seconds to the sign-in page, and to the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/account/login/"
    began = monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=_environment(PORT=str(port)),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: _answers(url), seconds=5 * FIRST)
        started = monotonic() - began
        began = monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal
        wait_until(lambda: not processes_of(clone), seconds=5 * STOP)
        return started, monotonic() - began
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _environment(**settings: str) -> dict[str, str]:
    inherited = environment(settings)
    inherited.pop("VIRTUAL_ENV", None)
    return inherited


def _answers(url: str) -> bool:
    try:
        answer = httpx.get(url, trust_env=False, timeout=5)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and "Sign in" in answer.text

"""The supervisor, over children that do nothing but what a test needs."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from subprocess import Popen

from tests.runtime.conftest import Spawn, is_alive, wait_until

SUPERVISOR = """
import sys
from console.runtime.layout import StartError
from console.runtime.supervise import Child, Supervisor

def child(name, code):
    return Child(name=name, command=[sys.executable, "-uc", code, sys.argv[1]])

groups = eval(sys.argv[2])
supervisor = Supervisor(stop_seconds=1, first_pause=0.05)
try:
    with supervisor:
        for group in groups:
            supervisor.start(*(child(name, code) for name, code in group.items()))
        supervisor.run()
except KeyboardInterrupt:
    pass
except StartError as error:
    sys.exit(str(error))
print("all stopped")
"""

# Each writes its process id, so that a test finds it.
LIVE = """
import os, signal, sys, pathlib
pathlib.Path(sys.argv[1], str(os.getpid())).touch()
print("hello")
signal.pause()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + LIVE
SAYS_BYE = """
import os, signal, sys, pathlib
signal.signal(signal.SIGTERM, lambda *_: (print("bye"), sys.exit()))
pathlib.Path(sys.argv[1], str(os.getpid())).touch()
signal.pause()
"""
DIES = "raise SystemExit(3)"


def pids(folder: Path) -> list[int]:
    return sorted(int(file.name) for file in folder.iterdir())


def supervise(spawn: Spawn, folder: Path, *groups: dict[str, str]) -> Popen[str]:
    return spawn("-c", SUPERVISOR, str(folder), repr(groups))


def test_output_carries_the_name_of_the_child(spawn: Spawn, tmp_path: Path) -> None:
    process = supervise(spawn, tmp_path, {"web": LIVE})

    assert process.stdout is not None
    assert process.stdout.readline() == "web     | hello\n"


def test_a_dead_child_is_started_again(spawn: Spawn, tmp_path: Path) -> None:
    process = supervise(spawn, tmp_path, {"web": LIVE})
    wait_until(lambda: pids(tmp_path))

    os.kill(pids(tmp_path)[0], signal.SIGKILL)

    wait_until(lambda: len(pids(tmp_path)) == 2)
    assert process.poll() is None


def test_a_child_that_cannot_live_ends_everything(spawn: Spawn, tmp_path: Path) -> None:
    process = supervise(spawn, tmp_path, {"web": LIVE, "beat": DIES})

    output, _ = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "beat ended 5 times within 30 s, last with 3" in output
    assert not any(map(is_alive, pids(tmp_path)))


def test_groups_stop_in_the_reverse_order_of_their_start(
    spawn: Spawn, tmp_path: Path
) -> None:
    process = supervise(spawn, tmp_path, {"sandbox": SAYS_BYE}, {"web": SAYS_BYE})
    wait_until(lambda: len(pids(tmp_path)) == 2)

    process.terminate()
    output, _ = process.communicate(timeout=20)

    assert output.index("web     | bye") < output.index("sandbox | bye")
    assert process.returncode == 0


def test_several_signals_are_as_good_as_one(spawn: Spawn, tmp_path: Path) -> None:
    process = supervise(spawn, tmp_path, {"web": SAYS_BYE})
    wait_until(lambda: pids(tmp_path))

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        process.send_signal(number)
    output, _ = process.communicate(timeout=20)

    assert output.endswith("all stopped\n")
    assert process.returncode == 0


def test_a_child_that_ignores_the_signal_is_killed(
    spawn: Spawn, tmp_path: Path
) -> None:
    process = supervise(spawn, tmp_path, {"web": STUBBORN})
    wait_until(lambda: pids(tmp_path))

    process.terminate()
    output, _ = process.communicate(timeout=10)

    assert "web did not stop in time; killing it" in output
    assert not any(map(is_alive, pids(tmp_path)))


def test_a_killed_supervisor_leaves_no_orphan(spawn: Spawn, tmp_path: Path) -> None:
    process = supervise(spawn, tmp_path, {"web": LIVE, "worker": LIVE})
    wait_until(lambda: len(pids(tmp_path)) == 2)

    process.kill()

    wait_until(lambda: not any(map(is_alive, pids(tmp_path))))

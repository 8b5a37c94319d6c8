"""Runs programs of Python one after another, each in a fork of this process.

A program begins with its libraries, which take seconds to read; here they are read
once. A line that comes in is {file, environment, output, errors} in JSON; the line
that goes out is the program's exit code.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import sys
from typing import Any, NoReturn

import anthropic  # noqa: F401
import httpx  # noqa: F401
import openai  # noqa: F401


def become(program: dict[str, Any]) -> None:
    """Be what `python FILE` in the file's folder would be, for a minute at most."""
    signal.alarm(60)
    folder = os.path.dirname(program["file"])
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(program["environment"])
    for number, name in ((0, os.devnull), (1, program["output"])):
        os.dup2(os.open(name, os.O_RDWR), number)
    os.dup2(os.open(program["errors"], os.O_RDWR), 2)
    sys.argv, sys.path[0] = [program["file"]], folder
    runpy.run_path(program["file"], run_name="__main__")


def fail(*error: Any) -> None:
    """Tell of an error as Python does, and leave."""
    sys.__excepthook__(*error)
    leave(1)


def leave(exit_code: int) -> NoReturn:
    """Leave the libraries as they are: to take them apart takes long too."""
    sys.stdout.flush()
    os._exit(exit_code)


def main() -> None:
    """Serve until nobody asks any more."""
    gc.freeze()
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            sys.excepthook = fail
            become(json.loads(line))
            leave(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()

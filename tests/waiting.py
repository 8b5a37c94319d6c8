"""Waiting for a condition, with a deadline instead of a fixed pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event


def wait_until(holds: Callable[[], object], *, seconds: float = 20) -> None:
    """Return as soon as the condition holds; fail after the deadline."""
    deadline = time.monotonic() + seconds
    poll = Event()
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        poll.wait(0.02)

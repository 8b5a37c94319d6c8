"""Waiting for a condition, with a deadline instead of a fixed pause."""

import threading
from collections.abc import Callable
from time import monotonic

STEP = 0.01


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Return as soon as the condition holds; fail when the time is over."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, "the condition did not come true in time"
        threading.Event().wait(STEP)

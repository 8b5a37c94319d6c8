"""Fixtures of every test."""

import gc
from collections.abc import Generator

import pytest
from hypothesis import settings

BETWEEN_LOOKS = (10_000, 20, 50)

pytest_plugins = ["tests.database", "tests.people", "tests.rendering"]

# How long an example takes says how busy the machine is, not whether we are right.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among what is collected: it all stays until the end.

    Later look for it less often than Python does: a test leaves little.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*BETWEEN_LOOKS)
        gc.enable()

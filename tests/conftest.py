"""Fixtures of every test."""

from hypothesis import settings

pytest_plugins = ["tests.database", "tests.people", "tests.rendering"]

# How long an example takes says how busy the machine is, not whether we are right.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

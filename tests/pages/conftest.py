"""Try-out mode with a real sandbox on loopback."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from tests.sandbox.conftest import Sandbox, running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]


@pytest.fixture
def tryout(sandbox: Sandbox, settings: Settings) -> Sandbox:
    """Settings as `manage.py up` gives them without a key."""
    settings.TRYOUT = True
    settings.SANDBOX_URL = sandbox.url
    settings.XAI_HOSTS = {"sandbox": sandbox.url}
    return sandbox

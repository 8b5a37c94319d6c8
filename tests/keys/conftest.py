"""An upstream that answers from memory."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from console.keys.upstream import use_transport
from tests.keys.answers import Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """Let all clients talk to this stand-in for xAI."""
    xai = Upstream()
    with use_transport(httpx.MockTransport(xai)):
        yield xai

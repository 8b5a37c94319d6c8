"""A stand-in for xAI, a loop of this test's own, and keys to poll."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from console import xai
from console.accounts.models import Team
from console.audit.actors import SYSTEM
from console.keys import custody
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.polling import fetching, poller, schedule
from console.polling.clock import StatementTime
from console.polling.models import PollKind, PollState
from tests.keys.answers import Upstream

MakeKeys = Callable[..., list[ApiKey]]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """Let all clients talk to this stand-in for xAI."""
    xai_in_memory = Upstream()
    with use_transport(httpx.MockTransport(xai_in_memory)):
        yield xai_in_memory
        fetching.close_background()


@pytest.fixture
def make_keys(team: Team) -> MakeKeys:
    """Store keys of one team; their secrets end in their number."""

    def make(number: int, *, of: Team = team) -> list[ApiKey]:
        start = ApiKey.objects.count()
        return [
            custody.store_unverified(
                team=of,
                label=f"key {n}",
                owner="",
                note="",
                host="xai",
                secret=xai.Secret.parse(secret_of(n)),
                actor=SYSTEM,
            )
            for n in range(start, start + number)
        ]

    return make


def secret_of(number: int) -> str:
    """Return the secret of the key with this number."""
    return f"xai-{number:080}"


def poll_keys() -> int:
    """Poll /v1/api-key of all that is due."""
    schedule.fill()
    return poller.poll_due(kinds=[PollKind.KEY])


def poll_of(api_key: ApiKey, kind: PollKind = PollKind.KEY) -> PollState:
    """Return one row of the schedule."""
    return PollState.objects.get(key=api_key, kind=kind)


def make_due(*, kind: PollKind | None = None) -> None:
    """Make everything due, in the order of the rows."""
    rows = PollState.objects.filter(kind=kind) if kind else PollState.objects.all()
    rows.update(due_at=StatementTime())

"""Sam looks; what belongs to the twin team is what must not be seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

import pytest
from django.utils import timezone

from console.accounts.models import Role, Team, User
from tests.pages.twins.rows import MARK, Rows, one_of_everything
from tests.people import person

MakeTwin: TypeAlias = Callable[[], Rows]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let time stand, so that two answers differ by what they tell alone."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture
def ours(team: Team, sam: User, ada: User, now: datetime) -> Rows:
    """All that sam's team has."""
    return one_of_everything(team, sam, ada, "ours", now)


@pytest.fixture
def make_twin(ours: Rows, ada: User, now: datetime) -> MakeTwin:
    """Store the twin team when it is called, with the people in it."""

    def make() -> Rows:
        team = Team.objects.create(name=f"{MARK} team", xai_team_id=f"{MARK}-team")
        tim = person(MARK, Role.STAFF, team)
        return one_of_everything(team, tim, ada, MARK, now)

    return make


@pytest.fixture
def twin(make_twin: MakeTwin) -> Rows:
    """All that the twin team has."""
    return make_twin()

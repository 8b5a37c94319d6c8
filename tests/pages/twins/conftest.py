"""Sam looks; what belongs to the twin team is what must not be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias
from unittest.mock import patch

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from console import vault
from console.accounts.models import Role, Team, User
from tests.pages.twins.rows import MARK, Rows, one_of_everything
from tests.people import person

MakeTwin: TypeAlias = Callable[[], Rows]


class Stored(NamedTuple):
    """What is stored once for the tests of a module; each is rolled back to it."""

    now: datetime
    team: Team
    sam: User
    ada: User
    rows: Rows


@pytest.fixture(scope="module")
def stored_once(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, kek_file: Path
) -> Iterator[Stored]:
    """Sam's team with all that it has, in a transaction around those of the tests."""
    moment = timezone.now()
    with django_db_blocker.unblock(), transaction.atomic():
        stand_still = patch.object(timezone, "now", lambda: moment)
        with override_settings(KEK_FILE=kek_file), stand_still:
            vault.forget()
            team = Team.objects.create(name="Search")
            sam, ada = person("sam", Role.STAFF, team), person("ada", Role.ADMIN, team)
            rows = one_of_everything(team, sam, ada, "ours", moment)
        yield Stored(moment, team, sam, ada, rows)
        transaction.set_rollback(True)


@pytest.fixture
def stored(stored_once: Stored, db: None) -> Stored:
    """The same, as nobody has changed it."""
    return deepcopy(stored_once)


@pytest.fixture
def now(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let time stand, so that two answers differ by what they tell alone."""
    monkeypatch.setattr(timezone, "now", lambda: stored.now)
    return stored.now


@pytest.fixture
def team(stored: Stored) -> Team:
    """The team that `ada` and `sam` belong to."""
    return stored.team


@pytest.fixture
def sam(stored: Stored) -> User:
    """Staff; member of `team`."""
    return stored.sam


@pytest.fixture
def ada(stored: Stored) -> User:
    """The admin; member of `team`."""
    return stored.ada


@pytest.fixture
def ours(stored: Stored, now: datetime) -> Rows:
    """All that sam's team has."""
    return stored.rows


@pytest.fixture
def make_twin(ours: Rows, ada: User, now: datetime) -> MakeTwin:
    """Store the twin team when it is called, with the people in it."""

    return lambda: twin_of(ada, now)


@pytest.fixture(scope="module")
def twin_once(
    stored_once: Stored, django_db_blocker: DjangoDbBlocker, kek_file: Path
) -> Iterator[Rows]:
    """The twin team, stored once for a module of which every test has it."""
    stand_still = patch.object(timezone, "now", lambda: stored_once.now)
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(KEK_FILE=kek_file), stand_still:
            vault.forget()
            twin = twin_of(stored_once.ada, stored_once.now)
        yield twin
        transaction.set_rollback(True)


@pytest.fixture
def twin(twin_once: Rows, stored: Stored, now: datetime) -> Rows:
    """All that the twin team has, as nobody has changed it."""
    return deepcopy(twin_once)


def twin_of(admin: User, now: datetime) -> Rows:
    """Store the twin team with the people in it and all that it has."""
    team = Team.objects.create(name=f"{MARK} team", xai_team_id=f"{MARK}-team")
    tim = person(MARK, Role.STAFF, team)
    return one_of_everything(team, tim, admin, MARK, now)

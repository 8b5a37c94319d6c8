"""The people, teams and key that tests speak of; nothing else is made by default."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import time
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from pytest_django import Settings

from console import vault, xai
from console.accounts.models import Membership, Role, Team, User
from console.accounts.sessions import SessionStore
from console.audit.actors import SYSTEM
from console.keys import custody
from console.keys.models import ApiKey

NOON = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
BACKEND = "console.accounts.sessions.PeopleBackend"
SECRET = "xai-" + "A1b2C3d4E5" * 8

ClientOf = Callable[[User], Client]


@pytest.fixture(scope="session")
def kek_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A KEK of this run's own."""
    file = tmp_path_factory.mktemp("kek") / "kek"
    file.write_bytes(bytes(range(32)))
    file.chmod(0o600)
    return file


@pytest.fixture(autouse=True)
def open_vault(kek_file: Path, settings: Settings) -> None:
    """Open the vault, and forget what an earlier test's database sealed."""
    settings.KEK_FILE = kek_file
    vault.forget()


@pytest.fixture(autouse=True)
def empty_cache(settings: Settings) -> None:
    """Let no counter of another test count, nor one of a run beside this one."""
    default = settings.CACHES["default"]
    own = {**default, "KEY_PREFIX": f"test-{uuid4()}"}
    settings.CACHES = {**settings.CACHES, "default": own}


@pytest.fixture
def team(db: None) -> Team:
    """The team that `ada` and `sam` belong to."""
    return Team.objects.create(name="Search")


@pytest.fixture
def other_team(db: None) -> Team:
    """A team that only `mia` belongs to."""
    return Team.objects.create(name="Elsewhere")


def person(username: str, role: Role, *teams: Team) -> User:
    """Store a person who signs in with PASSWORD."""
    user = User.objects.create_user(
        username, PASSWORD, name=username.title(), role=role
    )
    Membership.objects.bulk_create(Membership(user=user, team=team) for team in teams)
    return user


@pytest.fixture
def ada(team: Team) -> User:
    """The admin; member of `team`."""
    return person("ada", Role.ADMIN, team)


@pytest.fixture
def olga(db: None) -> User:
    """The auditor; member of no team."""
    return person("olga", Role.AUDITOR)


@pytest.fixture
def fin(db: None) -> User:
    """The finance person; member of no team."""
    return person("fin", Role.FINANCE)


@pytest.fixture
def sam(team: Team) -> User:
    """Staff; member of `team`."""
    return person("sam", Role.STAFF, team)


@pytest.fixture
def mia(other_team: Team) -> User:
    """Staff elsewhere; must never see anything of `team`."""
    return person("mia", Role.STAFF, other_team)


@pytest.fixture
def client_of() -> ClientOf:
    """Return a browser in which this person has just signed in.

    Their session is stored as signing in leaves it, which takes a fifth of the time of
    `Client.force_login`, and most tests of pages do it.
    """

    def sign_in(user: User) -> Client:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        # What allauth notes when a password was right.
        session["account_authentication_methods"] = [
            {"method": "password", "at": time()}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        browser = Client()
        browser.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
        return browser

    return sign_in


@pytest.fixture
def api_key(team: Team) -> ApiKey:
    """A key of `team` that was stored and never polled."""
    return custody.store_unverified(
        team=team,
        label="search-prod",
        owner="Mara Lindqvist",
        note="",
        host="xai",
        secret=xai.Secret.parse(SECRET),
        actor=SYSTEM,
    )

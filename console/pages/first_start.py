"""The first start against a real upstream: an admin, and a first key if one is given.

Called by `manage.py prepare` at every start outside try-out mode.
"""

from __future__ import annotations

from django.db import transaction

from console import env, xai
from console.accounts import people, teams
from console.accounts.models import Role, Team, User
from console.audit.actors import command
from console.keys import custody, upstream
from console.keys.models import ApiKey
from console.pages import first_budget
from console.pages.passwords import given_password, random_password
from console.vault import sealing

ACTOR = command("prepare")
TEAM = "Main"
ADMIN = "admin"
LABEL = "first key"


class SampleData(Exception):
    """The database is one of try-out mode."""

    sentence = (
        "This database holds the sample data of try-out mode: choose another "
        "GATEHOUSE_DATA_DIR for real keys, or start without XAI_API_KEY and XAI_HOSTS."
    )


class BadKey(Exception):
    """XAI_API_KEY is not a key."""

    sentence = (
        "XAI_API_KEY must be an xAI key: xai- and 20 to 200 letters, digits, "
        "hyphens or underscores."
    )


def prepare() -> list[str]:
    """Make what is missing; return how to sign in.

    Raises SampleData, BadKey, people.Refused for a weak password, or vault.Sealed.
    """
    if Team.objects.filter(sample=True).exists():
        raise SampleData
    secret = given_secret()
    with transaction.atomic():
        team = None if secret is None else _team()
        lines = _admin(team)
        if secret is not None and team is not None:
            lines += _store(secret, team)
    return lines


def given_secret() -> xai.Secret | None:
    """Return the key in XAI_API_KEY, if one is set; or raise BadKey."""
    text = env.text("XAI_API_KEY")
    if not text:
        return None
    try:
        return xai.Secret.parse(text)
    except xai.BadSecret:
        raise BadKey from None


def _team() -> Team:
    stored = Team.objects.filter(name=TEAM).first()
    return stored or teams.add_team(name=TEAM, actor=ACTOR)


def _admin(team: Team | None) -> list[str]:
    if User.objects.exists():
        return ["Sign in with your name and password."]
    password = given_password() or random_password()
    admin = people.add_person(
        username=ADMIN,
        name="Admin",
        role=Role.ADMIN,
        teams=[team] if team else [],
        password=password.text,
        actor=ACTOR,
    )
    first_budget.set_first(contact=admin, actor=ACTOR)
    return [f"Sign in as {ADMIN} (admin).", password.sentence(ADMIN)]


def _store(secret: xai.Secret, team: Team) -> list[str]:
    if ApiKey.objects.filter(fingerprint=sealing.fingerprint(secret)).exists():
        return []  # stored at an earlier start, and perhaps removed since
    custody.store_unverified(
        team=team,
        label=LABEL,
        owner="",
        note="Stored from XAI_API_KEY at a start.",
        host=upstream.default_host(),
        secret=secret,
        actor=ACTOR,
    )
    return ["The key in XAI_API_KEY is stored; its first check is due at once."]

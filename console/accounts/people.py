"""Adding people. Called by commands, later by the page of people."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from console.accounts.models import Membership, Role, Team, User
from console.accounts.refusals import Refused
from console.audit import trail
from console.audit.actors import Actor

__all__ = ["BadName", "NameTaken", "Refused", "WeakPassword", "add_person"]


class NameTaken(Refused):
    """Somebody signs in under this name."""


class BadName(Refused):
    """The name to sign in with, or the name shown, does not fit."""


class WeakPassword(Refused):
    """The password is too easy to guess."""


@transaction.atomic
def add_person(
    *,
    username: str,
    name: str,
    role: Role,
    teams: Iterable[Team],
    password: str,
    actor: Actor,
) -> User:
    """Store a person who may sign in at once, and return them.

    `name` is shown to others; empty, it is the name to sign in with. Raises a
    subclass of Refused, and vault.Sealed if it cannot be recorded.
    """
    person = User(username=username, name=name or username, role=role)
    _check_names(person)
    _check_password(password, person)
    person.set_password(password)
    return _store(person, teams, actor)


@transaction.atomic
def add_sample_person(
    *,
    username: str,
    name: str,
    role: Role,
    teams: Iterable[Team],
    hashed_password: str,
    actor: Actor,
) -> User:
    """Do the same for try-out mode, whose password real data may not have."""
    person = User(username=username, name=name, role=role, password=hashed_password)
    return _store(person, teams, actor)


def _store(person: User, teams: Iterable[Team], actor: Actor) -> User:
    person.save(force_insert=True)
    members = list(teams)
    Membership.objects.bulk_create(
        Membership(user=person, team=team) for team in members
    )
    trail.record(
        action="person.added",
        actor=actor,
        object_kind="person",
        object_id=str(person.pk),
        object_name=person.username,
        detail={"role": person.role, "teams": [team.name for team in members]},
    )
    return person


def _check_names(person: User) -> None:
    if User.objects.filter(username=person.username).exists():
        raise NameTaken(f"There is somebody named {person.username} already.")
    try:
        person.clean_fields(exclude={"password", "role"})
    except ValidationError as error:
        field = "name to sign in with" if "username" in error.error_dict else "name"
        raise BadName(
            f"The {field} does not fit. To sign in: 1 to 64 of a-z, 0-9, dot, hyphen "
            "and underscore, a letter or digit first. To show: at most 100 characters."
        ) from None


def _check_password(password: str, person: User) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from None

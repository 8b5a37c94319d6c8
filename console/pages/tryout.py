"""Try-out mode's sample data: four teams, four people, the keys of the sandbox.

And what became of them in the thirty days before (`samples`).

Called by `manage.py prepare` at every start; it fills an empty database once and never
brings back what people removed.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from console import vault, xai
from console.accounts import people, teams
from console.accounts.models import Role, Team, User
from console.audit import trail
from console.audit.actors import command
from console.keys import custody, upstream
from console.keys.models import ApiKey
from console.pages import first_budget
from console.pages.passwords import Password, given_password, random_password
from console.pages.samples.history import Writer
from console.pages.samples.telling import Telling
from console.sandbox.control import Control
from console.sandbox.world import Key
from console.usage import rollup

ACTOR = command("prepare")


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the people of try-out mode; `teams` None means all."""

    username: str
    name: str
    role: Role
    teams: tuple[str, ...] | None = ()


SAMPLES = (
    Sample("ada", "Ada Moreau", Role.ADMIN, None),
    Sample("olga", "Olga Brandt", Role.AUDITOR),
    Sample("fin", "Fin Okafor", Role.FINANCE),
    Sample("sam", "Sam Lindqvist", Role.STAFF, ("Search", "Support desk")),
)
WHO = "Sign in as ada (admin), olga (auditor), fin (finance) or sam (staff)."


class RealData(Exception):
    """The database is not for trying out."""

    sentence = (
        "This database holds real teams, and try-out mode would mix sample data into "
        "it: give XAI_API_KEY or XAI_HOSTS, or choose another GATEHOUSE_DATA_DIR."
    )


def prepare() -> list[str]:
    """Fill an empty database, else only follow GATEHOUSE_DEMO_PASSWORD.

    Returns how to sign in. Raises RealData, vault.Sealed or sandbox ControlError.
    """
    if Team.objects.filter(sample=True).exists():
        return [WHO, _later_password()]
    if Team.objects.exists() or User.objects.exists():
        raise RealData
    world = Control(settings.SANDBOX_URL).world()
    password = given_password() or random_password()
    with transaction.atomic():
        stored = {
            team.name: teams.add_team(name=team.name, actor=ACTOR, sample=True)
            for team in world.teams
        }
        hashed = make_password(password.text)  # slow by design, so once for all four
        people = {sample.username: _add(sample, stored, hashed) for sample in SAMPLES}
        telling = Telling(world, timezone.now())
        keys = {
            key.name: _store(key, stored[telling.team_of(key)])
            for key in telling.stored()
        }
        if settings.SAMPLE_HISTORY:
            Writer(telling, keys=keys, people=people, actor=ACTOR).write()
            rollup.roll_up()
            first_budget.set_samples(teams=stored, contact=people["ada"], actor=ACTOR)
        first_budget.set_first(contact=people["ada"], actor=ACTOR)
    return [WHO, password.sentence("all four")]


def _add(sample: Sample, stored: dict[str, Team], hashed_password: str) -> User:
    names = stored if sample.teams is None else sample.teams
    return people.add_sample_person(
        username=sample.username,
        name=sample.name,
        role=sample.role,
        teams=[stored[name] for name in names],
        hashed_password=hashed_password,
        actor=ACTOR,
    )


def _store(key: Key, team: Team) -> ApiKey:
    return custody.store_unverified(
        team=team,
        label=key.name,
        owner=key.owner or "",
        note=key.note,
        host=upstream.default_host(),
        secret=xai.Secret.parse(key.secret),
        actor=ACTOR,
    )


def _later_password() -> str:
    """Give the sample people another password if one is named; say which it is."""
    given = given_password()
    if given is None:
        return (
            "All four have the password of the first start; GATEHOUSE_DEMO_PASSWORD "
            "sets another."
        )
    samples = User.objects.filter(username__in=[one.username for one in SAMPLES])
    # Most have one hash in common, and asking of it is slow by design.
    fits = {
        hashed: check_password(given.text, hashed)
        for hashed in set(samples.values_list("password", flat=True))
    }
    changed = [one for one in samples if not fits[one.password]]
    try:
        with transaction.atomic():
            _change_passwords(changed, given)
    except vault.Sealed as sealed:
        return f"Their password stays as it was. {sealed.sentence}"
    return given.sentence("all four")


def _change_passwords(changed: list[User], password: Password) -> None:
    hashed = make_password(password.text) if changed else ""
    for person in changed:
        person.password = hashed
        person.save(update_fields=["password"])
        trail.record(
            action="person.password_changed",
            actor=ACTOR,
            object_kind="person",
            object_id=str(person.pk),
            object_name=person.username,
        )

"""Adding people and teams, in the console and by command."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from console import vault
from console.accounts import people, teams
from console.accounts.models import Membership, Role, Team, User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


def _add(**changes: object) -> User:
    values: dict[str, object] = {
        "username": "grace",
        "name": "Grace H",
        "role": Role.AUDITOR,
        "teams": [],
        "password": PASSWORD,
        "actor": SYSTEM,
    }
    return people.add_person(**(values | changes))  # type: ignore[arg-type]


class TestAddPerson:
    def test_stores_somebody_who_can_sign_in(self, team: Team) -> None:
        person = _add(teams=[team])

        stored = User.objects.get(username="grace")
        assert stored == person
        assert stored.check_password(PASSWORD)
        assert (stored.name, stored.role) == ("Grace H", "auditor")
        assert list(stored.teams.all()) == [team]

    def test_is_written_down_without_the_password(self, team: Team) -> None:
        person = _add(teams=[team])

        entry = Entry.objects.get()
        assert (entry.action, entry.object_id) == ("person.added", str(person.pk))
        assert entry.detail == {"role": "auditor", "teams": ["Search"]}

    def test_the_name_to_sign_in_with_serves_as_name(self) -> None:
        assert _add(name="").name == "grace"

    @pytest.mark.parametrize(
        "password",
        [
            pytest.param("", id="none"),
            pytest.param("ab1cd2", id="short"),
            pytest.param("qwertyuiop12", id="eleven and common"),
            pytest.param("password1234", id="common"),
        ],
    )
    def test_refuses_a_password_that_is_easy_to_guess(self, password: str) -> None:
        with pytest.raises(people.WeakPassword) as refusal:
            _add(password=password)

        assert "password" in refusal.value.sentence
        assert password == "" or password not in refusal.value.sentence
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        "changes",
        [
            {"username": ""},
            {"username": "Grace"},
            {"username": "gr ace"},
            {"username": "-grace"},
            {"username": "grâce"},
            {"username": "grace\n"},
            {"username": "g" * 65},
            {"name": "g" * 101},
        ],
    )
    def test_refuses_names_that_do_not_fit(self, changes: dict[str, object]) -> None:
        with pytest.raises(people.BadName, match="does not fit"):
            _add(**changes)

    def test_refuses_a_name_twice(self) -> None:
        _add()

        with pytest.raises(people.NameTaken, match="grace already"):
            _add()

    def test_does_not_happen_while_sealed(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        settings.KEK_FILE = tmp_path / "gone"
        vault.forget()

        with pytest.raises(vault.Sealed):
            _add()

        assert not User.objects.exists()
        assert not Membership.objects.exists()


class TestAddTeam:
    def test_stores_and_writes_down(self) -> None:
        team = teams.add_team(name=" Research ", actor=SYSTEM, sample=True)

        assert (team.name, team.sample) == ("Research", True)
        entry = Entry.objects.get()
        assert (entry.action, entry.team_id) == ("team.added", team.pk)

    def test_refuses_a_name_twice(self, team: Team) -> None:
        with pytest.raises(teams.TeamExists, match="Search"):
            teams.add_team(name="Search", actor=SYSTEM)

        assert Entry.objects.count() == 0

    @pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\x00b"])
    def test_refuses_names_that_do_not_fit(self, name: str) -> None:
        with pytest.raises(teams.BadName):
            teams.add_team(name=name, actor=SYSTEM)


class TestCommand:
    def test_takes_the_password_from_a_pipe(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        out = io.StringIO()

        call_command(
            "add_person",
            "grace",
            "--role=admin",
            "--team=Search",
            "--name=Grace H",
            "--password-stdin",
            stdout=out,
        )

        grace = User.objects.get(username="grace")
        assert grace.check_password(PASSWORD)
        assert (grace.role, grace.name) == ("admin", "Grace H")
        assert PASSWORD not in out.getvalue()
        assert Entry.objects.get().actor_name == "manage.py add_person"

    def test_prints_a_random_password_once(self) -> None:
        out = io.StringIO()

        call_command("add_person", "grace", "--random-password", stdout=out)

        password = out.getvalue().split()[-1]
        assert len(password) == 20
        assert User.objects.get(username="grace").check_password(password)
        assert User.objects.get(username="grace").role == Role.STAFF

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["grace", "--team=Nowhere", "--random-password"], "no team named Nowhere"),
            (["Grace!", "--random-password"], "does not fit"),
            (["grace", "--password-stdin"], "password"),
            (["grace"], "Nobody is here to type"),
        ],
    )
    def test_says_in_one_sentence_what_is_wrong(
        self, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))

        with pytest.raises(CommandError, match=sentence):
            call_command("add_person", *arguments)

        assert not User.objects.exists()

    def test_says_that_the_vault_is_sealed(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        settings.KEK_FILE = tmp_path / "gone"
        vault.forget()

        with pytest.raises(CommandError, match="vault is sealed"):
            call_command("add_person", "grace", "--random-password")

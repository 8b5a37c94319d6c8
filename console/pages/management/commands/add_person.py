"""`manage.py add_person`: an account for one person."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console import vault
from console.accounts import people
from console.accounts.models import Role, Team
from console.accounts.refusals import Refused
from console.audit.actors import command
from console.pages.passwords import random_password


class Command(BaseCommand):
    """Add a person; the password comes from the prompt, a pipe, or chance."""

    help = "Add a person who may sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name, role, teams, and where the password comes from."""
        parser.add_argument("username", help="the name to sign in with")
        parser.add_argument("--name", default="", help="the name others see")
        parser.add_argument("--role", choices=Role.values, default=Role.STAFF)
        parser.add_argument(
            "--team",
            action="append",
            default=[],
            dest="teams",
            metavar="NAME",
            help="a team they belong to; may be given several times",
        )
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input",
        )
        source.add_argument(
            "--random-password",
            action="store_true",
            help="make a password and print it, once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add the person, or say in one sentence why not."""
        teams = [_team(name) for name in options["teams"]]
        random = options["random_password"]
        password = random_password().text if random else _ask(options)
        try:
            person = people.add_person(
                username=options["username"],
                name=options["name"],
                role=Role(options["role"]),
                teams=teams,
                password=password,
                actor=command("add_person"),
            )
        except (Refused, vault.Sealed) as refusal:
            raise CommandError(refusal.sentence) from None
        self.stdout.write(f"{person.username} ({person.role}) may sign in now.")
        if random:
            self.stdout.write(f"Password, shown this once: {password}")


def _team(name: str) -> Team:
    team = Team.objects.filter(name=name).first()
    if team is None:
        known = ", ".join(Team.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no team named {name}. Teams: {known}.")
    return team


def _ask(options: dict[str, Any]) -> str:
    """Return the password from a pipe, or typed twice without an echo."""
    if options["password_stdin"]:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandError(
            "Nobody is here to type a password: "
            "use --password-stdin or --random-password."
        )
    password = getpass("Password: ")
    if password != getpass("Again: "):
        raise CommandError("The two passwords differ.")
    return password

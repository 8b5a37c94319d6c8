"""`manage.py prepare`: the KEK, the first people, the first keys. `up` calls it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from console import vault
from console.accounts import people, teams
from console.pages import first_start, tryout
from console.sandbox.control import ControlError


class Command(BaseCommand):
    """Make what a start needs and does not find; harmless at every start."""

    help = "Prepare the database for use, and say how to sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, or say in one sentence why not."""
        vault.ensure_kek()
        prepare = tryout.prepare if settings.TRYOUT else first_start.prepare
        try:
            lines = prepare()
        except (
            tryout.RealData,
            first_start.SampleData,
            first_start.BadKey,
            people.Refused,
            teams.Refused,
            vault.Sealed,
        ) as refusal:
            raise CommandError(refusal.sentence) from None
        except ControlError as error:
            raise CommandError(f"The sandbox cannot be asked: {error}.") from None
        for line in lines:
            self.stdout.write(line)

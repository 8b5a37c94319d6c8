"""`manage.py import_keys FILE.csv`: store many keys without a browser."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from console import vault
from console.audit.actors import command
from console.keys import importing
from console.polling import tasks


class Command(BaseCommand):
    """Store the keys of a table; they are polled at once."""

    help = (
        "Stores the keys of a CSV file with the columns "
        f"{','.join(importing.COLUMNS)}; - reads standard input. Prints what became "
        "of each row, never a secret. Ends with 1 if any row was refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the file and the host."""
        parser.add_argument("file", metavar="FILE.csv")
        parser.add_argument(
            "--host",
            choices=list(settings.XAI_HOSTS),
            help="the name in XAI_HOSTS that the keys belong to (default: the first)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, store, tell."""
        state = vault.state()
        if not state.is_open:
            raise CommandError(state.sentence)
        if options["file"] == "-":
            refused = self._import(sys.stdin, host=options["host"])
        else:
            try:
                with Path(options["file"]).open(newline="", encoding="utf-8-sig") as f:
                    refused = self._import(f, host=options["host"])
            except OSError as error:
                raise CommandError(
                    f"{options['file']} cannot be read: {error.strerror}."
                ) from None
        tasks.ring_bell()
        if refused:
            sys.exit(1)

    def _import(self, lines: Iterable[str], *, host: str | None) -> int:
        """Return how many rows were refused."""
        stored = refused = 0
        try:
            rows = importing.read_rows(lines)
            for result in importing.import_rows(
                rows, actor=command("import_keys"), host=host
            ):
                self.stdout.write(f"row {result.number}, {result.label or 'unnamed'}:")
                self.stdout.write(f"    {result.sentence}")
                stored += result.api_key is not None
                refused += result.api_key is None
        except importing.BadTable as problem:
            raise CommandError(str(problem)) from None
        except UnicodeDecodeError:
            raise CommandError("The file is not text in UTF-8.") from None
        self.stdout.write(f"{stored} stored, {refused} refused.")
        return refused

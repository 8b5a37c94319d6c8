"""`manage.py import_keys FILE.csv`: store many keys without a browser."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from console import vault
from console.audit.actors import command
from console.keys import upstream
from console.keys.importing import jobs, preview, progress, running, tables
from console.keys.models import ImportJob, ImportState, RowState
from console.polling import tasks

LOOK_AGAIN = 0.5  # seconds, while rows wait for their next try
TURN = timedelta(seconds=20)


class Command(BaseCommand):
    """Store the keys of a table, as the page Import does."""

    help = (
        "Stores the keys of a CSV file with the columns "
        f"{','.join(tables.COLUMNS)}; - reads standard input. xAI is asked about each "
        "key first; with --unverified none is asked. Prints what became of each row, "
        "never a secret. Ends with 1 if any row was not stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the file, the host and the switch."""
        parser.add_argument("file", metavar="FILE.csv")
        parser.add_argument(
            "--host",
            choices=list(settings.XAI_HOSTS),
            default=upstream.default_host(),
            help="the name in XAI_HOSTS that the keys belong to (default: the first)",
        )
        parser.add_argument(
            "--unverified",
            action="store_true",
            help="store keys without asking xAI; their first poll tells what is wrong",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, store, tell."""
        _need_open_vault()
        actor = command("import_keys")
        try:
            rows = tables.read(tables.decode(_content(options["file"])))
        except tables.BadTable as problem:
            raise CommandError(str(problem)) from None
        asks = not options["unverified"]
        job = preview.make_draft(rows, host=options["host"], actor=actor, asks=asks)
        jobs.start(job, actor=actor)
        self._run(job)
        tasks.ring_bell()
        if not self._tell(job):
            sys.exit(1)

    def _run(self, job: ImportJob) -> None:
        """Store here what no worker does meanwhile, until the import is over."""
        while True:
            running.run_due(time_limit=TURN)
            job.refresh_from_db()
            if job.state != ImportState.RUNNING:
                return
            _need_open_vault()
            sleep(LOOK_AGAIN)

    def _tell(self, job: ImportJob) -> bool:
        """Print what became of each row; return whether all are stored."""
        for record in progress.records(job):
            self.stdout.write(f"row {record['row']}, {record['label'] or 'unnamed'}:")
            self.stdout.write(f"    {record['sentence']}")
        stored = job.rows.filter(state=RowState.STORED).count()
        refused = job.rows.count() - stored
        self.stdout.write(f"{stored} stored, {refused} refused.")
        return not refused


def _need_open_vault() -> None:
    state = vault.state()
    if not state.is_open:
        raise CommandError(state.sentence)


def _content(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from None

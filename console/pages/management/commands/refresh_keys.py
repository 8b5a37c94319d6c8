"""`manage.py refresh_keys`: poll all due or all keys once."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Q

from console import vault
from console.keys.models import ApiKey, KeyState
from console.polling import fetching, poller, schedule, tasks
from console.polling.clock import database_time

LOOK_AGAIN = 0.2  # seconds, while other workers finish theirs
WAIT_AT_MOST = timedelta(minutes=15)


class Command(BaseCommand):
    """Poll keys without waiting for the schedule."""

    help = (
        "Polls all due keys once, or all keys with --all. Without --wait it only "
        "makes them due and rings for a worker; with --wait it polls in this process "
        "and ends with 1 if any key could not be polled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the two switches."""
        parser.add_argument(
            "--wait", action="store_true", help="poll here and print what came out"
        )
        parser.add_argument(
            "--all", action="store_true", help="poll keys that are not due as well"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make due, then ring or poll."""
        state = vault.state()
        if not state.is_open:
            raise CommandError(state.sentence)
        begun = database_time()
        if options["all"]:
            schedule.ask_all()
        else:
            schedule.fill()
        if not options["wait"]:
            self._ring()
        elif not self._poll(begun):
            sys.exit(1)

    def _ring(self) -> None:
        due = schedule.pending()
        if not due:
            self.stdout.write("Nothing is due; --all polls every key now.")
        elif tasks.ring_bell():
            self.stdout.write(
                f"{_count(due, 'poll')} due. A running worker takes them now; "
                "without one, use --wait."
            )
        else:
            self.stdout.write(
                f"{_count(due, 'poll')} due, but no broker answers. "
                "They are polled when a worker runs, or now with --wait."
            )

    def _poll(self, begun: datetime) -> bool:
        """Poll until nothing is due; return whether every key was answered."""
        end = monotonic() + WAIT_AT_MOST.total_seconds()
        made = 0
        try:
            while monotonic() < end:
                made += poller.poll_due()
                if schedule.pending() <= schedule.shut_out():
                    break
                sleep(LOOK_AGAIN)
        finally:
            fetching.close_background()
        watched = ApiKey.objects.filter(removed_at=None, watched=True)
        counts = watched.values_list("state").annotate(number=Count("pk"))
        for state, number in sorted(counts, key=lambda row: -row[1]):
            self.stdout.write(f"{number:6} {KeyState(state).label}")
        waiting = schedule.shut_out()
        silent = watched.filter(Q(failures__gt=0) | Q(checked_at=None))
        names = list(silent.order_by("label").values_list("label", flat=True))
        took = (database_time() - begun).total_seconds()
        self.stdout.write(
            f"{_count(made, 'poll')} in {took:.1f} s; "
            f"{_count(len(names), 'key')} without an answer."
        )
        for name in names:
            self.stdout.write(f"       no answer for {name}")
        if waiting:
            self.stdout.write(f"{_count(waiting, 'poll')} put off: the host is down.")
        return not names and not waiting


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

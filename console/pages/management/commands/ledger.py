"""`manage.py ledger check`: are the sums what the calls say?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand

from console.audit.actors import command
from console.usage import checking


class Command(BaseCommand):
    """Compare all sums of usage with the calls, and say each difference."""

    help = (
        "check: compares slots, days, months and the windows of budgets with the "
        "calls they are sums of, in one snapshot of the database. Ends with 1 if "
        "anything differs, and says what. Nothing is repaired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One act, and how far back."""
        acts = parser.add_subparsers(dest="act", required=True)
        check = acts.add_parser("check", help="are the sums what the calls say?")
        check.add_argument(
            "--since",
            metavar="YYYY-MM-DD",
            type=date.fromisoformat,
            help="the first day (UTC) to look at (default: all calls that are kept)",
        )

    def handle(self, *args: Any, since: date | None, **options: Any) -> None:
        """Print what was found."""
        start = datetime.combine(since, time(), tzinfo=UTC) if since else None
        result = checking.check(since=start, by=command("ledger").name)
        for difference in result.differences:
            self.stdout.write(f"{difference.place} {difference.sentence}")
        told = len(result.differences)
        if result.count > told:
            self.stdout.write(f"and {result.count - told:,} more")
        self.stdout.write(result.sentence)
        if result.waiting:
            self.stdout.write(
                f"{result.waiting:,} slots are not added up yet, and were left out."
            )
        if result.count:
            sys.exit(1)

"""`manage.py alive web|worker|beat`: exit status 0 if that part works.

For health checks of containers, which run in the part's own container.
"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from console.polling import life

SILENT_AFTER = timedelta(minutes=2)
TIMEOUT = timedelta(seconds=3)


class Command(BaseCommand):
    """Ask one part whether it works."""

    help = "Exit with 0 if the named part of Gatehouse works, with 1 if not."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which part."""
        parser.add_argument("part", choices=["web", life.WORKER, life.BEAT])

    def handle(self, *args: Any, part: str, **options: Any) -> None:
        """Ask it."""
        if part == "web":
            ask_web(f"http://127.0.0.1:{settings.PORT}/healthz")
        else:
            ask_pulse(part)
        self.stdout.write(f"{part} is alive")


def ask_web(url: str) -> None:
    """Raise CommandError unless the web process answers."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=TIMEOUT.seconds):
            pass
    except (URLError, OSError):
        raise CommandError("web does not answer") from None


def ask_pulse(part: str) -> None:
    """Raise CommandError unless the part finished work lately."""
    last = life.last_beat(part)
    if last is None or timezone.now() - last > SILENT_AFTER:
        raise CommandError(f"{part} has finished no work for {SILENT_AFTER.seconds} s")

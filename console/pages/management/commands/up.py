"""`manage.py up`: the whole of Gatehouse under one foreground command."""

from __future__ import annotations

import os
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from console.pages import first_start
from console.runtime import embedded, processes
from console.runtime.supervise import Supervisor


class Command(BaseCommand):
    """Prepare the database, then keep web, worker and beat until told to stop."""

    help = "Start Gatehouse: web, worker, beat and, in try-out mode, the sandbox."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        processes.check_port(settings.BIND, settings.PORT)
        check_key()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        lock = embedded.lock_fd(settings.DATA_DIR)
        supervisor = Supervisor(
            pass_fds=[lock] if lock is not None else [],
            every_second=ensure_services,
        )
        try:
            with supervisor:
                self.start(supervisor)
                supervisor.run()
        except KeyboardInterrupt:
            pass
        finally:
            connections.close_all()
            embedded.release(settings.DATA_DIR)
        supervisor.say("up", "Gatehouse has stopped.")

    def start(self, supervisor: Supervisor) -> None:
        """Start everything in order, then say where it is and how to sign in."""
        environment = processes.child_environment(os.environ)
        if settings.TRYOUT:
            processes.check_sandbox_port(urlsplit(settings.SANDBOX_URL).port or 0)
            upstream = processes.sandbox(
                settings.SANDBOX_URL,
                data_dir=settings.DATA_DIR,
                environment=environment,
            )
            supervisor.start(upstream)
            supervisor.wait_ready()
        how_to_sign_in = StringIO()
        call_command("prepare", stdout=how_to_sign_in)
        connections.close_all()
        supervisor.start(
            processes.web(
                address=settings.BIND, port=settings.PORT, environment=environment
            ),
            processes.worker(environment=environment),
            processes.beat(environment=environment),
        )
        if supervisor.wait_ready():
            supervisor.say("up", f"Gatehouse is ready: {settings.SITE_URL}")
            for line in how_to_sign_in.getvalue().splitlines():
                supervisor.say("up", line)


def check_key() -> None:
    """Refuse a mistyped XAI_API_KEY before a database is made for it."""
    try:
        first_start.given_secret()
    except first_start.BadKey as refusal:
        raise CommandError(refusal.sentence) from None


def ensure_services() -> None:
    """Replace a guard that was killed."""
    services = embedded.needed(
        external_database=settings.EXTERNAL_DATABASE,
        external_broker=settings.EXTERNAL_BROKER,
    )
    embedded.ensure(settings.DATA_DIR, services=services)

"""What machines ask: is the process alive, may it get traffic."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.accounts.rules import rule
from console.lib import closing


@require_safe
@rule("public")
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@rule("public")
def readyz(request: HttpRequest) -> HttpResponse:
    """Traffic is welcome, or one word says why not.

    Not upstream, not the broker, not the vault: pages work without them.
    """
    reason = unready(draining=closing.is_closing(), waiting=unapplied_migrations)
    return HttpResponse(
        f"{reason or 'ok'}\n",
        content_type="text/plain",
        status=503 if reason else 200,
    )


def unready(*, draining: bool, waiting: Callable[[], int]) -> str:
    """Return "draining", "database", "migrations", or nothing when all is well.

    `waiting` counts migrations that are not applied.
    """
    if draining:
        return "draining"
    try:
        return "migrations" if waiting() else ""
    except (DatabaseError, InterfaceError):
        return "database"


class Migrations:
    """Counts the migrations that wait, which never again is more than none."""

    def __init__(self) -> None:
        self._none_waits = False

    def waiting(self) -> int:
        """Count them. Once none waits, only the connection is tried."""
        if self._none_waits:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return 0
        executor = MigrationExecutor(connection)
        number = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        self._none_waits = number == 0
        return number


unapplied_migrations = Migrations().waiting

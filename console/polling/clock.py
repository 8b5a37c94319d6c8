"""The database's time: the only clock of the schedule and the breakers."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func


class StatementTime(Func):
    """The time at which the running statement began."""

    function = "statement_timestamp"
    output_field = DateTimeField()


def database_time() -> datetime:
    """Return the time there now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]

"""The attacker of these tests: whoever owns the tables."""

from __future__ import annotations

from django.db import connection


def as_owner(*statements: str) -> None:
    """Do what only the owner of the table can: switch the triggers off.

    A test's transaction rolls the attack back.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")

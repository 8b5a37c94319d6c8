"""What Django looks for in a database backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.lib.postgres import base

# What Django makes for every model; nobody of ours changes it.
KEPT = {"django_content_type", "auth_permission"}


class DatabaseOperations(base.DatabaseOperations):
    """Empty the tables that hold anything; a test uses few of them.

    Triggers that refuse it, and those of foreign keys, are passed by: only a superuser
    may do that.
    """

    def sql_flush(self, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        used = self._with_rows([one for one in tables if one not in KEPT])
        if not used:
            return []
        names = map(self.quote_name, used)
        return [
            "SET LOCAL session_replication_role = replica;",
            *(f"DELETE FROM {name};" for name in names),
        ]

    def _with_rows(self, tables: Sequence[str]) -> list[str]:
        looks = (
            f"(SELECT '{one}' FROM {self.quote_name(one)} LIMIT 1)" for one in tables
        )
        with self.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(looks))
            return [name for (name,) in cursor.fetchall()]


class DatabaseWrapper(base.DatabaseWrapper):
    """Gatehouse's own with the operations above."""

    ops_class = DatabaseOperations

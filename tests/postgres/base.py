"""What Django looks for in a database backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    """Flush past the triggers that refuse TRUNCATE; only a superuser may."""

    def sql_flush(self, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        statements = super().sql_flush(style, tables, **options)
        if not statements:
            return []
        return ["SET LOCAL session_replication_role = replica;", *statements]


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with the operations above."""

    ops_class = DatabaseOperations

"""What Django looks for in a database backend."""

from __future__ import annotations

import select
from time import monotonic, sleep
from typing import Any

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus

TRY_EVERY = 0.1  # seconds


class DatabaseOperations(operations.DatabaseOperations):
    """Knows the text of prepared statements as well, where queries are logged."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Return what was sent; of a prepared statement, its text without values."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, with shorter ways to the server and patience while it restarts."""

    ops_class: type[operations.DatabaseOperations] = DatabaseOperations

    def is_usable(self) -> bool:
        """Return whether the connection works, as far as it has been told.

        Django asks `SELECT 1` before the first statement of each request and each piece
        of work in a thread. A server that ends a connection says so on it: where
        nothing has come, nothing has ended. A line that was cut without a word is found
        out by the statement itself, as it would be by that question.
        """
        if self.connection is None or self.connection.closed or self.errors_occurred:
            return bool(super().is_usable())
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or bool(super().is_usable())

    def wait_for_server(self, seconds: float) -> None:
        """Connect if need be, and try for so long while the server restarts.

        Returns in any case: the first statement says what is wrong.
        """
        until = monotonic() + seconds
        self.close_if_health_check_failed()
        while True:
            try:
                self.ensure_connection()
            except OperationalError:
                if monotonic() > until:
                    return
                sleep(TRY_EVERY)
            else:
                return

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor whose statements are planned once for each connection.

        For those few that run often and whose planning costs more than they do.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        cursor: Any = psycopg.Cursor(self.connection)  # Django's own never prepare
        if self.queries_logged:
            return self.make_debug_cursor(cursor)
        return self.make_cursor(cursor)

    def get_connection_params(self) -> dict[str, Any]:
        """Return what to connect with: such a cursor prepares at the first time."""
        return {**super().get_connection_params(), "prepare_threshold": 0}

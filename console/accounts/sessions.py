"""Sessions and who is signed in, looked up by two prepared statements.

Every request asks for both. Composing the two queries took the ORM twice as long as
all else that happens to a request before its view.
"""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from console.accounts.models import User
from console.lib.db import prepared_cursor

SESSION = """
    SELECT session_data FROM django_session
     WHERE session_key = %s AND expire_date > %s
"""
COLUMNS = [field.attname for field in User._meta.concrete_fields]
PERSON = f"SELECT {', '.join(COLUMNS)} FROM accounts_user WHERE id = %s"


class SessionStore(DatabaseStore):
    """Sessions in the database, as Django keeps them."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds; nothing of one that has ended."""
        key = self.session_key
        row = _first(SESSION, key, timezone.now()) if key and "\0" not in key else None
        if row is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(row[0])
        return data


class PeopleBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's check of passwords; finds the person of a session."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the person, or None if they are gone or disabled."""
        row = _first(PERSON, user_id)
        if row is None:
            return None
        person = User.from_db(DEFAULT_DB_ALIAS, COLUMNS, row)
        return person if self.user_can_authenticate(person) else None


def _first(statement: str, *values: Any) -> tuple[Any, ...] | None:
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row

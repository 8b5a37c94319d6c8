"""The test database itself: other tests rely on it."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection


@pytest.mark.django_db
def test_the_database_is_this_process_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('fsync')")
        name, fsync = cursor.fetchone()

    assert name.startswith("test_")
    assert fsync == "off"


@pytest.mark.django_db(transaction=True)
def test_flushing_passes_a_trigger_that_refuses_truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON django_session
                EXECUTE FUNCTION refuse();
            """
        )
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute("TRUNCATE django_session")

    call_command("flush", interactive=False, verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse CASCADE")

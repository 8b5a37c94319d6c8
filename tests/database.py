"""The test database: a copy of one migrated template per set of migrations.

Each run has a database named for its process, so runs may overlap. What a killed run
left is dropped by the next.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.commands import flush
from django.db import connection, connections
from psycopg import sql
from pytest_django import DjangoDbBlocker

from console.runtime.layout import DATABASE_USER, Layout
from tests import services

LAYOUT = Layout(services.DATA_DIR)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Replaces pytest-django's fixture of this name."""
    name = f"test_{os.getpid()}"
    with django_db_blocker.unblock(), _admin() as admin:
        with (LAYOUT.run / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _drop_databases_of_the_dead(admin)
            template = _migrated_template(admin)
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            admin.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        connection.settings_dict["NAME"] = name
        yield
        connections.close_all()
        _drop(admin, name)


@pytest.fixture(scope="session", autouse=True)
def quiet_flush() -> Iterator[None]:
    """Do not let Django look for new models after each flush: there are none."""
    with patch.object(flush, "emit_post_migrate_signal"):
        yield


def _admin() -> psycopg.Connection[tuple[str]]:
    return psycopg.connect(
        host=str(LAYOUT.run), user=DATABASE_USER, dbname="postgres", autocommit=True
    )


def _names_like(admin: psycopg.Connection[tuple[str]], pattern: str) -> list[str]:
    rows = admin.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern]
    )
    return [name for (name,) in rows]


def _drop(admin: psycopg.Connection[tuple[str]], name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    admin.execute(statement.format(sql.Identifier(name)))


def _drop_databases_of_the_dead(admin: psycopg.Connection[tuple[str]]) -> None:
    for name in _names_like(admin, r"test\_%"):
        process = name.removeprefix("test_")
        if not process.isdigit() or not Path("/proc", process).exists():
            _drop(admin, name)


def _migrated_template(admin: psycopg.Connection[tuple[str]]) -> str:
    template = f"template_{_migrations_hash()}"
    old = _names_like(admin, r"template\_%")
    if template in old:
        return template
    for name in [*old, "making_template"]:
        _drop(admin, name)
    # It gets its name last, so a template that exists is a whole one.
    admin.execute("CREATE DATABASE making_template")
    connection.settings_dict["NAME"] = "making_template"
    call_command("migrate", interactive=False, verbosity=0)
    connections.close_all()
    rename = sql.SQL("ALTER DATABASE making_template RENAME TO {}")
    admin.execute(rename.format(sql.Identifier(template)))
    return template


def _migrations_hash() -> str:
    digest = hashlib.sha256()
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label}/{file.name}".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def counted_rows() -> Iterator[list[int]]:
    """Collect how many rows each statement inside returns or touches."""
    rows: list[int] = []

    def count(
        execute: Callable[..., object],
        sql: str,
        params: object,
        many: bool,
        context: dict[str, Any],
    ) -> object:
        result = execute(sql, params, many, context)
        rows.append(context["cursor"].rowcount)
        return result

    with connection.execute_wrapper(count):
        yield rows

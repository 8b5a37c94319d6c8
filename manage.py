#!/usr/bin/env python
"""Gatehouse's commands. The database and broker they need are started when absent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from console.runtime import embedded, tryout

PROJECT = Path(__file__).resolve().parent
WITHOUT_SERVICES = {"", "check", "collectstatic", "diffsettings", "help", "version"}


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if command == "up":
            # Before the settings are read: they say whether this is try-out mode.
            tryout.choose_sandbox(os.environ, tryout.data_dir(os.environ, PROJECT))
        if command.lstrip("-") not in WITHOUT_SERVICES and "--help" not in sys.argv:
            ensure_services()
        execute_from_command_line(sys.argv)
    except (embedded.StartError, ImproperlyConfigured) as error:
        sys.exit(f"gatehouse: {error}")
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says it; a traceback would look like a mistake


def ensure_services() -> None:
    """Start what no address of an external service replaces."""
    from django.conf import settings

    services = embedded.needed(
        external_database=settings.EXTERNAL_DATABASE,
        external_broker=settings.EXTERNAL_BROKER,
    )
    embedded.ensure(settings.DATA_DIR, services=services)
    if settings.EXTERNAL_DATABASE:
        check_database()


def check_database() -> None:
    """Raise StartError if the database of DATABASE_URL does not let us in."""
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError:
        raise embedded.StartError(
            "The database of DATABASE_URL does not let us in: check that it runs, and "
            "its address, name, user and password."
        ) from None


if __name__ == "__main__":
    main()

"""A Celery worker of a test: `python -m tests.keys.importing.worker …`.

It works in the test's database and asks the test's stand-in for xAI. Its messages
have a prefix of their own, so that no other worker takes them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(database: str, kek: str, xai_url: str, prefix: str) -> None:
    """Work until killed."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.KEK_FILE = Path(kek)
    settings.XAI_HOSTS = {"xai": xai_url}

    from console.celery import app

    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "global_keyprefix": prefix}
    app.conf.broker_transport_options = options
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    app.worker_main(["worker", "--pool", "threads", "-c", "2", *quiet])


if __name__ == "__main__":
    main(*sys.argv[1:])

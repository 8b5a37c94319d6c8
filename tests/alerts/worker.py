"""A worker that only sends: python -m tests.alerts.worker DATABASE KEK LEASE_SECONDS.

It runs until it is killed, which is what it is for.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from threading import Event


def main(database: str, kek_file: str, lease_seconds: str) -> None:
    """Send what is due, again and again."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.KEK_FILE = Path(kek_file)
    settings.ALERT_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    django.setup()

    from console.alerts import sending

    sending.LEASE_TIME = timedelta(seconds=float(lease_seconds))
    print("ready", flush=True)
    while True:
        sending.deliver_due()
        Event().wait(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])

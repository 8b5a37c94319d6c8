"""The Celery application, and the whole of beat's table.

PostgreSQL is the schedule; what stands here only rings the bell.
"""

import os

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = Celery("gatehouse")
app.set_default()  # for every thread, not only the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "polling.ring": {
        "task": "polling.ring",
        "schedule": 10.0,
        "options": {"expires": 30},
    },
    **{
        name: {"task": name, "schedule": 60.0, "options": {"expires": 60}}
        for name in ("audit.anchor", "audit.tally", "audit.verify")
    },
    "usage.reap": {"task": "usage.reap", "schedule": 60.0, "options": {"expires": 60}},
}


@setup_logging.connect
def keep_django_logging(**_arguments: object) -> None:
    """Let Django's LOGGING stand, with its redaction, instead of Celery's own."""


@worker_ready.connect
def look_at_once(**_arguments: object) -> None:
    """Poll what is due now, such as a first key; beat's first ring is 10 s away."""
    from console.polling import tasks

    tasks.ring_bell()


@worker_shutdown.connect
def close_connections(**_arguments: object) -> None:
    """Close what the poller holds open; the interpreter complains of it otherwise."""
    from console.polling import fetching

    fetching.close_background()

"""The Celery application, and the whole of beat's table.

PostgreSQL is the schedule; what stands here only rings the bell.
"""

import os

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
# Django's checks are for who changes the code: they load all pages, and tests run them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("gatehouse")
app.set_default()  # for every thread, not only the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
RINGS = {  # task -> seconds between two rings
    "polling.ring": 10,
    "keys.import_rows": 10,
    "keys.assess": 10,
    "alerts.deliver": 10,
    "keys.tidy_imports": 60,
    "keys.mark_overdue": 60,
    "alerts.sweep": 60,
    "audit.anchor": 60,
    "audit.tally": 60,
    "audit.verify": 60,
    "playground.tidy": 60,
    "usage.reap": 60,
    "usage.roll_up": 30,
    "usage.keep_months": 3600,
    "usage.check": 3600,
    "usage.reprice_confirmed": 60,
    "finance.watch_tokenizers": 60,
}
app.conf.beat_schedule = {
    task: {"task": task, "schedule": float(every), "options": {"expires": 3 * every}}
    for task, every in RINGS.items()
}


@setup_logging.connect
def keep_django_logging(**_arguments: object) -> None:
    """Let Django's LOGGING stand, with its redaction, instead of Celery's own."""


@worker_ready.connect
def look_at_once(**_arguments: object) -> None:
    """Do what is due now, such as a first key; beat's first ring is 10 s away."""
    from console.keys.tasks import import_rows
    from console.lib import bell
    from console.polling import tasks
    from console.usage.tasks import check, keep_months, roll_up

    tasks.ring_bell()
    for task in (import_rows, keep_months, roll_up, check):
        bell.ring(task.name)


@worker_shutdown.connect
def close_connections(**_arguments: object) -> None:
    """Close what the poller holds open; the interpreter complains of it otherwise."""
    from console.polling import fetching

    fetching.close_background()

"""The Celery application, and the whole of beat's table.

PostgreSQL is the schedule; what stands here only rings the bell.
"""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = Celery("gatehouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "polling.ring": {
        "task": "polling.ring",
        "schedule": 10.0,
        "options": {"expires": 30},
    },
    "usage.reap": {"task": "usage.reap", "schedule": 60.0, "options": {"expires": 60}},
}


@setup_logging.connect
def keep_django_logging(**_arguments: object) -> None:
    """Let Django's LOGGING stand, with its redaction, instead of Celery's own."""

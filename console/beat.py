"""Beat's Celery application: the table of `celery`, without Django.

Beat sends names to the broker. Models, pages and tasks would cost it a second of
start and most of its memory.
"""

from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

from console.celery import app as workers

app = Celery("gatehouse", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = workers.conf.beat_schedule


@setup_logging.connect
def keep_django_logging(**_arguments: object) -> None:
    """Log as Django would, with its redaction."""
    dictConfig(settings.LOGGING)

"""Celery's side of the keys: names and arguments, no decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task

from console.keys import assessment, overdue
from console.keys.importing import jobs, running
from console.lib import bell

TASK_TIME = timedelta(seconds=20)  # then others get their turn


@shared_task(name="keys.assess", ignore_result=True, expires=30)
def assess(**_newer: Any) -> None:
    """Judge the keys that are due. Rung every 10 s, by any number of beats."""
    assessment.catch_up(time_limit=TASK_TIME)


@shared_task(name="keys.mark_overdue", ignore_result=True, expires=60)
def mark_overdue(**_newer: Any) -> None:
    """Find the keys whose assessment is out of date. Rung every minute."""
    overdue.mark()


@shared_task(name="keys.import_rows", ignore_result=True, expires=30)
def import_rows(**_newer: Any) -> None:
    """Store rows of imports. Rung every 10 s, and when an import starts.

    It claims for itself, so a lost message holds nothing up for long, and one that
    comes twice stores nothing twice.
    """
    if running.run_due(time_limit=TASK_TIME):
        bell.ring(import_rows.name)


@shared_task(name="keys.tidy_imports", ignore_result=True, expires=60)
def tidy_imports(**_newer: Any) -> None:
    """Destroy what lasted too long. Rung every minute."""
    jobs.tidy()

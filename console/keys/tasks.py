"""Celery's side of judging keys: names and arguments, no decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task

from console.keys import assessment, overdue

TASK_TIME = timedelta(seconds=20)


@shared_task(name="keys.assess", ignore_result=True, expires=30)
def assess(**_newer: Any) -> None:
    """Judge the keys that are due. Rung every 10 s, by any number of beats."""
    assessment.catch_up(time_limit=TASK_TIME)


@shared_task(name="keys.mark_overdue", ignore_result=True, expires=60)
def mark_overdue(**_newer: Any) -> None:
    """Find the keys whose assessment is out of date. Rung every minute."""
    overdue.mark()

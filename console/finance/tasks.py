"""Celery's side of finance: names and arguments, no decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task

from console.finance.sentinel import running
from console.lib import bell

TASK_TIME = timedelta(seconds=60)  # then others get their turn


@shared_task(name="finance.watch_tokenizers", ignore_result=True, expires=60)
def watch_tokenizers(**_newer: Any) -> None:
    """Read the tokenizers if a look is due. Rung every minute, and when asked for.

    It claims for itself, so a lost message loses nothing, and one that comes twice
    reads nothing twice.
    """
    if running.watch(time_limit=TASK_TIME):
        bell.ring(watch_tokenizers.name)

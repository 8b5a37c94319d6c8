"""Celery's side of alerts: names and arguments, no decisions."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from console.alerts import (
    budget_watch,
    cost_watch,
    deciding,
    digests,
    incidents,
    sending,
)

log = logging.getLogger(__name__)

TASK_TIME = timedelta(seconds=20)


@shared_task(name=deciding.DELIVER, ignore_result=True, expires=30)
def deliver(**_newer: Any) -> None:
    """Make the digests that are due and send what waits. Rung every 10 s, and at once.

    It claims for itself, so a lost message loses nothing and a second one sends
    nothing twice.
    """
    digests.make_due(now=timezone.now())
    sending.deliver_due(time_limit=TASK_TIME)


@shared_task(name="alerts.sweep", ignore_result=True, expires=60)
def sweep(**_newer: Any) -> None:
    """Make all incidents say what is stored. Rung every minute."""
    for look in (incidents.sweep, budget_watch.sweep, cost_watch.sweep):
        done = look()
        if done.opened or done.closed:
            log.info("opened %d and closed %d incidents", done.opened, done.closed)

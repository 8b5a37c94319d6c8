"""Celery's side of the poller: names and arguments, no decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings

from console.keys import assessment
from console.lib import bell
from console.polling import life, poller, schedule

LANES = 3  # that one ring starts at most; a worker's fourth thread stays free
TASK_TIME = timedelta(seconds=20)


@shared_task(name="polling.ring", ignore_result=True, expires=30)
def ring(**_newer: Any) -> None:
    """Start polls if any are due. Rung every 10 s, by any number of beats."""
    schedule.fill()
    lanes = -(-schedule.pending() // settings.XAI_POLL_BATCH)
    for _ in range(min(lanes, LANES)):
        poll_batch.delay()
    life.beat(life.BEAT, life.WORKER)


@shared_task(name="polling.poll_batch", ignore_result=True, expires=30)
def poll_batch(**_newer: Any) -> None:
    """Poll what is due, batch after batch, until nothing is or the time is over.

    It claims for itself, so a lost message holds no lease, and one that comes
    twice polls nothing twice.
    """
    schedule.fill()
    poller.poll_due(time_limit=TASK_TIME)
    life.beat(life.WORKER)
    assessment.catch_up(time_limit=TASK_TIME)  # what the answers changed


def ring_bell(broker_url: str | None = None) -> bool:
    """Ask a worker to poll at once; return whether the broker took the message."""
    return bell.ring(poll_batch.name, broker_url)

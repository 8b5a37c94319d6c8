"""Celery's side of the ledger."""

import logging

from celery import shared_task

from console.usage import ledger

log = logging.getLogger(__name__)


@shared_task(name="usage.reap", ignore_result=True, expires=60)
def reap() -> None:
    """Settle records that a stopped process left open. Rung every minute."""
    reaped = ledger.reap()
    if reaped:
        log.warning("settled %d calls left open by a process that stopped", reaped)

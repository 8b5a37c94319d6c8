"""Celery's side of the ledger."""

import logging

from celery import shared_task

from console.usage import ledger, repricing

log = logging.getLogger(__name__)

AT_ONCE = 200  # effects of one ring


@shared_task(name="usage.reprice_confirmed", ignore_result=True, expires=60)
def reprice_confirmed() -> None:
    """Work out what confirmed prices cost. Rung by a confirmation, and every minute."""
    repricing.record_confirmed(most=AT_ONCE)


@shared_task(name="usage.reap", ignore_result=True, expires=60)
def reap() -> None:
    """Settle records that a stopped process left open. Rung every minute."""
    reaped = ledger.reap()
    if reaped:
        log.warning("settled %d calls left open by a process that stopped", reaped)

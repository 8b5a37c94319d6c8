"""Celery's side of the playground."""

import logging

from celery import shared_task

from console.playground.conversations import retention

log = logging.getLogger(__name__)


@shared_task(name="playground.tidy", ignore_result=True, expires=60)
def tidy() -> None:
    """Delete conversations and shares whose time is over. Rung every minute."""
    tidied = retention.tidy()
    if tidied.conversations or tidied.shares:
        log.info("deleted %d conversations that were over", tidied.conversations)

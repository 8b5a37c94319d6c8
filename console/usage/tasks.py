"""Celery's side of the ledger."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from console.lib.days import month_after, month_of
from console.usage import checking, ledger, partitions, repricing, rollup
from console.usage.models import LedgerCheck

log = logging.getLogger(__name__)

AT_ONCE = 200  # effects of one ring
REMEMBERED = timedelta(days=90)
CHECKED = timedelta(days=3)  # so far back each hour; the command looks at all


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


@shared_task(name="usage.roll_up", ignore_result=True, expires=30)
def roll_up() -> None:
    """Add up what was settled. Rung every half minute."""
    rollup.roll_up()


@shared_task(name="usage.keep_months", ignore_result=True, expires=3600)
def keep_months() -> None:
    """Make the months to come, and drop those that were kept long enough."""
    now = timezone.now()
    border = month_after(month_of(now.date()), -settings.USAGE_KEPT_MONTHS)
    try:
        partitions.ensure_months(now)
        dropped = partitions.drop_before(border)
    except OperationalError:
        log.info("the ledger is in use; its months are looked after in an hour")
        return
    if dropped:
        names = ", ".join(f"{month:%Y-%m}" for month in dropped)
        log.info("dropped the single calls of %s; their sums stay", names)


@shared_task(name="usage.check", ignore_result=True, expires=3600)
def check() -> None:
    """Compare the sums of the last days with their calls. Rung every hour."""
    now = timezone.now()
    LedgerCheck.objects.filter(at__lt=now - REMEMBERED).delete()
    result = checking.check(since=now - CHECKED, by="the worker")
    if result.count:
        log.error("ledger: %s", result.sentence)

"""Celery's side of the trail. All are rung every minute and decide for themselves."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from console import vault
from console.audit import anchors, selfcheck, tallies
from console.audit.actors import SYSTEM

log = logging.getLogger(__name__)


@shared_task(name="audit.anchor", ignore_result=True, expires=60)
def anchor(**_newer: Any) -> None:
    """Note the head of the trail outside the database."""
    try:
        anchors.write_due()
    except anchors.Unwritable as problem:
        log.error("no audit anchor: %s", problem)


@shared_task(name="audit.tally", ignore_result=True, expires=60)
def tally(**_newer: Any) -> None:
    """Write entries for what was counted in the minutes that are over."""
    tallies.write_past()


@shared_task(name="audit.verify", ignore_result=True, expires=60)
def verify(**_newer: Any) -> None:
    """Verify the whole trail once a night, and at first at once."""
    try:
        if not selfcheck.is_due(timezone.now()):
            return
        result = selfcheck.verify(actor=SYSTEM)
    except (vault.Sealed, selfcheck.Busy, anchors.Unwritable) as problem:
        log.warning("the audit trail was not verified: %s", problem)
        return
    if not result.sound:
        log.error("%s", result.sentence)

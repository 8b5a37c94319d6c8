"""How many answers one web process may read at the same time."""

from __future__ import annotations

from django.conf import settings

from console.relay import pump
from console.relay.refusal import Reason, Refused, Rule
from console.usage.limits import SOON


def refuse_if_full() -> None:
    """Raise Refused if this process reads as many answers as it may.

    It smooths load and guards no money: of those that ask at the same moment, some
    more may get through.
    """
    if pump.number_in_flight() >= settings.STREAMS_PER_PROCESS:
        raise Refused(
            Reason(
                rule=Rule.LIMIT,
                sentence="Gatehouse reads as many answers as it can at once.",
                advice="Nothing of it is yours to change: try again in some seconds.",
                status=429,
                seconds=SOON,
            )
        )

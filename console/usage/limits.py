"""How much one person may ask for at a time. Called where a record is opened.

Counted in the usage records, by the function that opens one (usage_open, migration
0009), while the row of the consumer is locked: so it holds over any number of web
processes, and costs no way to the database of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import connection

from console.accounts.models import User
from console.usage.models import Endpoint

MINUTE = timedelta(minutes=1)
SILENCE = timedelta(seconds=30)  # of a process that died: its answers do not count
SOON = 5  # seconds; when an answer ends is not known before

# Counting tokens generates nothing; it has limits of its own at xAI.
LIMITED = tuple(one.value for one in Endpoint if one != Endpoint.TOKENIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one person may ask for."""

    at_once: int  # answers that are still coming
    per_minute: int  # calls


class TooMany(Exception):
    """This person has reached a limit; nothing was recorded."""

    def __init__(self, sentence: str, advice: str, seconds: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice
        self.seconds = seconds  # until it is worth trying again


USED = """
    SELECT count(*) FILTER (
               WHERE state = 'open'
                 AND alive_at > statement_timestamp() - %(silence)s),
           count(*) FILTER (
               WHERE record.id > usage_first_id(statement_timestamp() - %(minute)s)),
           (array_agg(opened_at ORDER BY opened_at DESC))[%(per_minute)s],
           statement_timestamp()
      FROM usage_usagerecord record
      JOIN usage_consumer consumer ON consumer.id = record.consumer_id
     WHERE consumer.person_id = %(person)s
       AND (state = 'open'
            OR record.id > usage_first_id(statement_timestamp() - %(minute)s))
       AND endpoint = ANY(%(limited)s)
"""


def refuse(person: User, limits: Limits) -> None:
    """Say which limit a person has reached, by raising TooMany.

    Returns if it is none; so it is for somebody who never made a call.
    """
    values: dict[str, Any] = {
        "person": person.pk,
        "limited": list(LIMITED),
        "minute": MINUTE,
        "silence": SILENCE,
        "per_minute": limits.per_minute,
    }
    with connection.cursor() as cursor:
        cursor.execute(USED, values)
        coming, recent, oldest, now = cursor.fetchone()
    if coming >= limits.at_once:
        raise TooMany(
            f"You have {_counted(coming, 'answer')} coming. Nobody may have more than "
            f"{limits.at_once} at once.",
            "Stop one, or wait until one has ended. An answer whose page was closed "
            "is read for up to a minute more.",
            SOON,
        )
    if recent >= limits.per_minute:
        seconds = _until(oldest, now)
        raise TooMany(
            f"You have made {_counted(recent, 'call')} within a minute. Nobody may "
            f"make more than {limits.per_minute}.",
            f"Wait {seconds} s, then send it again.",
            seconds,
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _until(opened_at: datetime, now: datetime) -> int:
    return max(1, ceil((opened_at + MINUTE - now).total_seconds()))

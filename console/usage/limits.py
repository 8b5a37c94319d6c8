"""How much may be asked for at a time. Called where a record is opened.

Counted in the usage records, by the function that opens one (usage_open, migration
0012), while the row of the consumer and the team are locked: so it holds over any
number of web processes, and costs no way to the database of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import connection

from console.usage.models import Endpoint

MINUTE = timedelta(minutes=1)
SILENCE = timedelta(seconds=30)  # of a process that died: its answers do not count
SOON = 5  # seconds; when an answer ends is not known before

COUNTING = (Endpoint.TOKENIZE.value,)  # generates nothing, and is counted by itself
GENERATING = tuple(one.value for one in Endpoint if one != Endpoint.TOKENIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be asked for; None is not limited."""

    per_minute: int  # calls of one person
    at_once: int | None = None  # answers of theirs that are still coming
    team_per_minute: int | None = None  # without it, nothing of a team is counted
    team_at_once: int | None = None
    key_per_minute: int | None = None


NAMES = [field.name for field in fields(Limits)]


class TooMany(Exception):
    """A limit is reached; nothing was recorded."""

    def __init__(self, sentence: str, advice: str, seconds: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice
        self.seconds = seconds  # until it is worth trying again


def values_of(endpoint: Endpoint, within: Limits | None) -> dict[str, Any]:
    """Return what the statements here and usage_open take, by name."""
    limited = COUNTING if endpoint == Endpoint.TOKENIZE else GENERATING
    told = asdict(within) if within else dict.fromkeys(NAMES)
    return told | {"limited": list(limited), "silence": SILENCE}


USED = """
    SELECT statement_timestamp(), by_person.coming, by_person.recent,
           (SELECT opened_at FROM usage_usagerecord
             WHERE consumer_id = consumer.id AND id > begun.id
               AND endpoint = ANY(%(limited)s)
             ORDER BY id DESC OFFSET greatest(%(per_minute)s, 1) - 1 LIMIT 1),
           of_team.coming, of_team.recent,
           (SELECT opened_at FROM usage_usagerecord
             WHERE team_id = %(team)s AND id > begun.id
               AND endpoint = ANY(%(limited)s)
             ORDER BY id DESC OFFSET greatest(%(team_per_minute)s, 1) - 1 LIMIT 1),
           of_team.with_key,
           (SELECT opened_at FROM usage_usagerecord
             WHERE key_id = %(key)s AND id > begun.id
               AND endpoint = ANY(%(limited)s)
             ORDER BY id DESC OFFSET greatest(%(key_per_minute)s, 1) - 1 LIMIT 1)
      FROM usage_consumer consumer
     CROSS JOIN usage_first_id(statement_timestamp() - interval '1 minute') begun (id)
     CROSS JOIN usage_asked_by(
           consumer.id, %(limited)s, %(silence)s, statement_timestamp()) by_person
     CROSS JOIN usage_asked_of(
           %(team)s, %(key)s, %(limited)s, %(silence)s, statement_timestamp()) of_team
     WHERE consumer.person_id = %(person)s
"""


def refuse(call: Mapping[str, Any], within: Limits, *, key_label: str) -> None:
    """Say which limit is reached, by raising TooMany.

    `call` has `person`, `team`, `key` and what `values_of` returns. Returns if it is
    none; so it is for somebody who never made a call.
    """
    with connection.cursor() as cursor:
        cursor.execute(USED, call)
        row = cursor.fetchone()
    if row is None:
        return
    now, coming, recent, oldest, of_team, by_team, teams, with_key, keys = row
    noun = "token count" if call["limited"] == list(COUNTING) else "call"
    if _reached(coming, within.at_once):
        raise TooMany(
            f"You have {_counted(coming, 'answer')} coming. Nobody may have more than "
            f"{within.at_once} at once.",
            "Stop one, or wait until one has ended. An answer whose page was closed "
            "is read for up to a minute more.",
            SOON,
        )
    if _reached(recent, within.per_minute):
        so = f"You have made {_counted(recent, noun)} within a minute. Nobody may"
        raise _too_often(f"{so} make more than {within.per_minute}.", oldest, now)
    if _reached(of_team, within.team_at_once):
        raise TooMany(
            f"The team that pays has {_counted(of_team, 'answer')} coming. No team "
            f"may have more than {within.team_at_once} at once.",
            "Wait until one has ended, or choose another of your teams to pay.",
            SOON,
        )
    if _reached(by_team, within.team_per_minute):
        so = f"The team that pays has made {_counted(by_team, noun)} within a minute."
        raise _too_often(
            f"{so} No team may make more than {within.team_per_minute}.", teams, now
        )
    if _reached(with_key, within.key_per_minute):
        so = f"{_counted(with_key, noun)} within a minute went with {key_label}."
        raise _too_often(
            f"{so} No key may be used for more than {within.key_per_minute}.", keys, now
        )


def _reached(number: int, most: int | None) -> bool:
    return most is not None and number >= most


def _too_often(sentence: str, opened_at: datetime | None, now: datetime) -> TooMany:
    """Return a refusal until the call of this time is older than a minute."""
    left = (opened_at + MINUTE - now).total_seconds() if opened_at else SOON
    seconds = max(1, ceil(left))
    return TooMany(sentence, f"Wait {seconds} s, then send it again.", seconds)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

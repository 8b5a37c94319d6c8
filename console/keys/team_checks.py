"""When a team's keys were last checked, kept beside the keys for every page's frame.

The newest of 100,000 times cannot be looked up by an index, for no index may lie on
what each poll moves; so whoever writes such a time notes it for the team as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection
from psycopg import sql

_NOTE = sql.SQL(
    """
    INSERT INTO keys_teamchecks AS known (team_id, {column})
    SELECT * FROM unnest(%(teams)s::uuid[], %(times)s::timestamptz[])
    ON CONFLICT (team_id) DO UPDATE
    SET {column} = GREATEST(known.{column}, excluded.{column})
    """
)


def note_keys(checked: Mapping[UUID, datetime]) -> None:
    """Note when keys of these teams were checked, with one statement."""
    _note("keys_checked_at", checked)


def note_models(*, team: UUID, read_at: datetime) -> None:
    """Note when a model list was read for this team."""
    _note("models_checked_at", {team: read_at})


def _note(column: str, times: Mapping[UUID, datetime]) -> None:
    teams = sorted(times)  # locked in one order by all
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE.format(column=sql.Identifier(column)),
            {"teams": teams, "times": [times[team] for team in teams]},
        )

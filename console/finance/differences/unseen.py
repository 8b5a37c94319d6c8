"""Teams that do not see a model that others see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from console.accounts.models import User

NAMED: Final = 6  # teams

UNSEEN = """
      WITH asked AS (
           SELECT * FROM unnest(%(models)s::uuid[], %(hosts)s::text[])
               AS asked (model_id, host)),
           seen AS MATERIALIZED (
           SELECT version.model_id, version.team_id
             FROM catalog_priceversion version
            WHERE version.model_id = ANY(%(models)s)
              AND version.superseded_at IS NULL
              AND version.missing_at IS NULL),
           unseen AS MATERIALIZED (
           SELECT asked.model_id, asked.host, team.id, team.name
             FROM asked
            CROSS JOIN accounts_team team
             LEFT JOIN seen ON seen.model_id = asked.model_id AND seen.team_id = team.id
            WHERE seen.team_id IS NULL
              AND (%(everyone)s OR team.id IN (SELECT team_id
                                                 FROM accounts_membership
                                                WHERE user_id = %(user)s))),
           ranked AS (
           SELECT model_id, name,
                  row_number() OVER (PARTITION BY model_id ORDER BY name) AS place
             FROM unseen
            WHERE EXISTS (SELECT
                            FROM catalog_priceversion version
                            JOIN catalog_languagemodel model
                              ON model.id = version.model_id
                           WHERE version.team_id = unseen.id
                             AND model.host = unseen.host))
    SELECT model_id, name
      FROM ranked
     WHERE place <= %(named)s
     ORDER BY model_id, place
"""


def unseen_by(
    user: User | AnonymousUser, models: Mapping[UUID, str]
) -> dict[UUID, tuple[str, ...]]:
    """Return for each of these models, given with its host, some teams without it.

    Of the teams this person sees that were ever told of a model on that host, the
    first by name; one query for any number of models.
    """
    values: dict[str, Any] = {
        "models": list(models),
        "hosts": list(models.values()),
        "everyone": isinstance(user, User) and user.sees_all_teams,
        "user": user.pk,
        "named": NAMED,
    }
    with connection.cursor() as cursor:
        cursor.execute(UNSEEN, values)
        found: dict[UUID, tuple[str, ...]] = {}
        for model, name in cursor.fetchall():
            found[model] = (*found.get(model, ()), name)
    return found

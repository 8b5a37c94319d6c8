"""The SQL of the relay, for `candidates` alone.

By hand, like every statement on the way to the first token, and one of them: each
costs a millisecond, and the ORM ten to compose this.
"""

from __future__ import annotations

from console.catalog.models import PRICE_FIELDS

KEY_FIELDS = [
    "id",
    "team_id",
    "host",
    "label",
    "sealed_secret",
    "secret_version",
    "watched",
    "removed_at",
    "state",
    "verified_at",
    "acls",
]
MODEL_FIELDS = [  # in the order of the model, as `from_db` takes them
    "id",
    "model_id",
    "input_modalities",
    "aliases",
    "context_length",
    "capabilities",
]


def _candidates(whose: str) -> str:
    """Return the statement for keys that a join narrows; `lists` is `lists_models`."""
    return f"""
    WITH mine AS (
        SELECT {", ".join(f"k.{field}" for field in KEY_FIELDS)}, t.name AS team_name,
               k.acls IS NULL OR jsonb_exists_any(k.acls, %(lists)s) AS lists
          FROM keys_apikey k
          JOIN accounts_team t ON t.id = k.team_id
          {whose}
         WHERE k.removed_at IS NULL
           AND (%(team)s::uuid IS NULL OR k.team_id = %(team)s::uuid)
    ), sights AS (
        SELECT k.id AS key_id, k.team_id, k.host, m.id AS model_id,
               CASE WHEN m.model_id = %(asked)s THEN 2
                    WHEN m.aliases @> %(alias)s::jsonb THEN 1
                    ELSE 0 END AS fits
          FROM mine k
          JOIN keys_keymodel s ON s.key_id = k.id AND s.seen_until IS NULL
          JOIN catalog_languagemodel m ON m.id = s.model_id
    ), of_key AS (
        SELECT key_id, count(*) AS seen,
               (array_agg(model_id ORDER BY fits DESC) FILTER (WHERE fits > 0))[1]
                   AS match
          FROM sights GROUP BY key_id
    ), of_team AS (
        SELECT team_id, host, count(DISTINCT model_id) AS seen,
               (array_agg(model_id ORDER BY fits DESC) FILTER (WHERE fits > 0))[1]
                   AS match
          FROM sights GROUP BY team_id, host
    )
    SELECT k.*,
           coalesce(of_key.seen, 0) AS models_seen,
           coalesce(of_team.seen, 0) AS models_of_team,
           {", ".join(f"m.{field} AS found_{field}" for field in MODEL_FIELDS)},
           p.id AS price_id, {", ".join(f"p.{field}" for field in PRICE_FIELDS)}
      FROM mine k
      LEFT JOIN of_key ON of_key.key_id = k.id
      LEFT JOIN of_team ON of_team.team_id = k.team_id AND of_team.host = k.host
      LEFT JOIN catalog_languagemodel m
             ON m.id = CASE WHEN k.lists THEN of_key.match ELSE of_team.match END
      LEFT JOIN catalog_priceversion p
             ON p.model_id = m.id AND p.team_id = k.team_id AND p.superseded_at IS NULL
            AND (p.odd = '{{}}' OR p.confirmed_at IS NOT NULL)
    """


OF_PERSON = _candidates(
    "JOIN accounts_membership b ON b.team_id = k.team_id AND b.user_id = %(user)s"
)
OF_TEAM = _candidates("")

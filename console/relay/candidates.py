"""Which keys might serve a person's call, and what stands in the way of each.

A person spends through the keys of the teams they belong to, whatever their role.

A key sees the models that xAI lists for it. A key whose ACLs leave out the lists of
models gets none, although it may well call models: it is taken to see what the
keys of its team see, and may use what its ACLs name of that, or all by a wildcard.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from console.accounts.models import User
from console.catalog.models import PRICE_FIELDS, LanguageModel, PriceVersion
from console.keys.acls import (
    ENDPOINTS,
    allows_endpoint,
    allows_model,
    endpoints_of,
    models_of,
)
from console.keys.models import ApiKey, KeyState
from console.lib.freshness import Freshness, freshness
from console.lib.redact import escaped
from console.relay.refusal import Reason, Rule
from console.usage.models import Endpoint

ACL_NAMES = {
    Endpoint.CHAT: "chat",
    Endpoint.MESSAGES: "chat",
    Endpoint.TOKENIZE: "tokenize",
    Endpoint.COMPLETIONS: "sample",
    Endpoint.COMPLETE: "sample",
}
STATES = {
    KeyState.TEAM_BLOCKED: (
        "xAI has blocked its team",
        "An admin has to settle it with xAI.",
    ),
    KeyState.KEY_BLOCKED: (
        "xAI has blocked it",
        "Ask an admin for a new key.",
    ),
    KeyState.REJECTED: (
        "xAI does not accept it",
        "Ask an admin to replace its secret.",
    ),
    KeyState.DISABLED: (
        "it is disabled",
        "Ask an admin to enable it in xAI's console.",
    ),
    KeyState.UNREACHABLE: (
        "xAI has not answered for it lately",
        "Wait a little; the status page says more.",
    ),
    KeyState.UNKNOWN: (
        "it has not been checked yet",
        "Wait for the first check, or ask an admin to check it now.",
    ),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One key of the person's teams."""

    key: ApiKey
    team_name: str
    models_seen: int  # by the key itself
    models_of_team: int  # seen by the keys of its team on its host
    model: LanguageModel | None = None  # the one asked for, if this key sees it
    price: PriceVersion | None = None  # of that model, as its team sees it

    @property
    def strength(self) -> tuple[int, int, str]:
        """How much the key may do; the least is used."""
        allowed = endpoints_of(self.key.acls)
        if allowed is None:
            endpoints = 0
        elif allowed.everything:
            endpoints = len(ENDPOINTS)
        else:
            endpoints = sum(name in ENDPOINTS for name in allowed.names)
        return self._models, endpoints, self.key.label

    @property
    def _models(self) -> int:
        named = models_of(self.key.acls)
        if lists_models(self.key) or named is None:
            return self.models_seen
        return self.models_of_team if named.everything else len(named.names)


LISTS = ["api-key:endpoint:*", "api-key:endpoint:models"]


def lists_models(key: ApiKey) -> bool:
    """Tell whether xAI tells this key which models it sees, as far as is known."""
    return allows_endpoint(key.acls, "models") is not False


# By hand, like every statement on the way to the first token, and one of them: each
# costs a millisecond, and the ORM ten to compose this. `lists` is `lists_models`.
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
MODEL_FIELDS = ["id", "model_id", "aliases", "context_length", "capabilities"]
CANDIDATES = f"""
    WITH mine AS (
        SELECT {", ".join(f"k.{field}" for field in KEY_FIELDS)}, t.name AS team_name,
               k.acls IS NULL OR jsonb_exists_any(k.acls, %(lists)s) AS lists
          FROM keys_apikey k
          JOIN accounts_team t ON t.id = k.team_id
          JOIN accounts_membership b ON b.team_id = k.team_id AND b.user_id = %(user)s
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


def candidates_of(
    user: User, *, asked: str | None = None, team_id: UUID | None = None
) -> list[Candidate]:
    """Return the keys of the person's teams, or of one team of theirs.

    With `asked`, a model id or an alias, each has that model and its newest price, if
    it sees it and costs may be computed with it; an id comes before another model's
    alias of the same name. All rows hold only what is needed here.
    """
    values = {
        "user": user.pk,
        "team": team_id,
        "asked": asked,
        "alias": json.dumps([asked]),
        "lists": LISTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, values)
        names = [column.name for column in cursor.description]
        return [_candidate(dict(zip(names, row, strict=True))) for row in cursor]


def _candidate(row: dict[str, Any]) -> Candidate:
    row["acls"] = _read(row["acls"])
    model = price = None
    if row["found_id"]:
        row["found_aliases"] = _read(row["found_aliases"])
        row["found_capabilities"] = _read(row["found_capabilities"])
        values = [row[f"found_{field}"] for field in MODEL_FIELDS]
        model = LanguageModel.from_db(None, MODEL_FIELDS, values)
    if model and row["price_id"]:
        values = [row["price_id"], *(row[field] for field in PRICE_FIELDS)]
        price = PriceVersion.from_db(None, ["id", *PRICE_FIELDS], values)
        price.model = model
    return Candidate(
        key=ApiKey.from_db(None, KEY_FIELDS, [row[name] for name in KEY_FIELDS]),
        team_name=row["team_name"],
        models_seen=row["models_seen"],
        models_of_team=row["models_of_team"],
        model=model,
        price=price,
    )


def _read(column: str | None) -> Any:
    """Read jsonb, which Django leaves as text outside its own queries."""
    return None if column is None else json.loads(column)


def obstacle_of_model(
    candidate: Candidate, model: LanguageModel | None, asked: str
) -> Reason | None:
    """Return why this key cannot be used for the model, or None."""
    key = candidate.key
    name = escaped(asked)
    if key.state == KeyState.UNKNOWN:
        return _state(candidate)  # nothing is known of what it sees
    if model is None and not lists_models(key) and allows_model(key.acls, asked):
        return Reason(
            rule=Rule.UNLISTED,
            sentence=f"The ACLs of {key.label} allow {name}, but leave out the lists "
            f"of models, and no other key of {candidate.team_name} lists it.",
            advice="Ask an admin to add api-key:endpoint:models to its ACLs.",
        )
    if model is None:
        return Reason(
            rule=Rule.MODEL,
            sentence=f"No key of your teams sees the model {name}.",
            advice="Choose another model, or ask an admin for a key that sees it.",
        )
    if allows_model(key.acls, model.model_id, model.aliases or []) is False:
        return Reason(
            rule=Rule.MODEL,
            sentence=f"The ACLs of {key.label} do not allow {name}.",
            advice="Choose another model, or ask an admin to change them.",
        )
    return None


def obstacle_of_key(
    candidate: Candidate, endpoint: Endpoint, *, now: datetime
) -> Reason | None:
    """Return why this key cannot be used for the endpoint at all, or None."""
    key = candidate.key
    name = ACL_NAMES[endpoint]
    allowed = allows_endpoint(key.acls, name)
    if allowed is None and key.state == KeyState.ACTIVE:
        return Reason(
            rule=Rule.ENDPOINT,
            sentence=f"xAI does not tell what {key.label} may do.",
            advice="Ask an admin to look at the key.",
        )
    if allowed is False:
        return Reason(
            rule=Rule.ENDPOINT,
            sentence=f"No key of your teams that sees this model may call "
            f"{endpoint.label}.",
            advice=f"Ask an admin to add api-key:endpoint:{name} to the ACLs of "
            f"{key.label}.",
        )
    if key.state != KeyState.ACTIVE:
        return _state(candidate)
    age = freshness(key.verified_at, interval=settings.XAI_POLL_EVERY, now=now)
    if age is Freshness.UNKNOWN:
        return _age(candidate)
    return None


def _state(candidate: Candidate) -> Reason:
    key = candidate.key
    so, advice = STATES[KeyState(key.state)]
    return Reason(
        rule=Rule.STATE,
        sentence=f"{key.label} of {candidate.team_name} would be used, but {so}.",
        advice=advice,
    )


def _age(candidate: Candidate) -> Reason:
    key = candidate.key
    advice = "Ask an admin or an auditor to check it now."
    if not key.watched:
        advice = "Watching it is paused. Ask an admin to resume."
    return Reason(
        rule=Rule.AGE,
        sentence=f"{key.label} of {candidate.team_name} would be used, but its last "
        "good check is too long ago to rely on.",
        advice=advice,
    )

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
from console.lib.db import prepared_cursor
from console.lib.freshness import Freshness, freshness
from console.lib.redact import escaped
from console.relay import statements
from console.relay.refusal import Reason, Rule
from console.relay.statements import KEY_FIELDS, MODEL_FIELDS
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


def candidates_of(
    user: User, *, asked: str | None = None, team_id: UUID | None = None
) -> list[Candidate]:
    """Return the keys of the person's teams, or of one team of theirs.

    With `asked`, a model id or an alias, each has that model and its newest price, if
    it sees it and costs may be computed with it; an id comes before another model's
    alias of the same name. All rows hold only what is needed here.
    """
    return _found(statements.OF_PERSON, asked, user=user.pk, team=team_id)


def candidates_of_team(team_id: UUID, *, asked: str) -> list[Candidate]:
    """Return the keys of a team, whoever belongs to it; else as `candidates_of`."""
    return _found(statements.OF_TEAM, asked, team=team_id)


def _found(statement: str, asked: str | None, **whose: Any) -> list[Candidate]:
    values = {"asked": asked, "alias": json.dumps([asked]), "lists": LISTS, **whose}
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    # Most keys see the same model, and those of a team the same price.
    models: dict[UUID, LanguageModel] = {}
    prices: dict[Any, PriceVersion] = {}
    return [_candidate(row, models, prices) for row in rows]


def _candidate(
    row: dict[str, Any],
    models: dict[UUID, LanguageModel],
    prices: dict[Any, PriceVersion],
) -> Candidate:
    row["acls"] = _read(row["acls"])
    model = price = None
    if pk := row["found_id"]:
        model = models[pk] = models.get(pk) or _model(row)
    if model and (pk := row["price_id"]):
        price = prices[pk] = prices.get(pk) or _price(row, model)
    return Candidate(
        key=ApiKey.from_db(None, KEY_FIELDS, [row[name] for name in KEY_FIELDS]),
        team_name=row["team_name"],
        models_seen=row["models_seen"],
        models_of_team=row["models_of_team"],
        model=model,
        price=price,
    )


def _price(row: dict[str, Any], model: LanguageModel) -> PriceVersion:
    values = [row["price_id"], *(row[field] for field in PRICE_FIELDS)]
    price = PriceVersion.from_db(None, ["id", *PRICE_FIELDS], values)
    price.model = model
    return price


def _model(row: dict[str, Any]) -> LanguageModel:
    for field in ("aliases", "input_modalities", "capabilities"):
        row[f"found_{field}"] = _read(row[f"found_{field}"])
    values = [row[f"found_{field}"] for field in MODEL_FIELDS]
    return LanguageModel.from_db(None, MODEL_FIELDS, values)


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

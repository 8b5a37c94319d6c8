"""What a person can choose from: every model their teams see, and why not each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from console.accounts.models import Team, User
from console.catalog.models import LanguageModel, PriceVersion
from console.keys.models import ApiKey, KeyModel
from console.relay import parameters
from console.relay.admission import why_no_key
from console.relay.candidates import (
    Candidate,
    candidates_of,
    lists_models,
    obstacle_of_key,
    obstacle_of_model,
)
from console.relay.refusal import Reason, Rule
from console.usage.models import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A team of the person that could pay for a model, and the key it would use."""

    team_id: UUID
    team_name: str
    key_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """One model for the picker. Prices are ticks per token; None is not known."""

    model_id: str
    aliases: tuple[str, ...]
    context_length: int | None  # tokens
    modalities: tuple[str, ...]
    created_at: datetime | None  # at xAI
    price: PriceVersion | None  # as the team of the key sees it
    key_label: str = ""  # the key that would be used; empty if none may
    team_name: str = ""
    reason: Reason | None = None  # why not
    payers: tuple[Payer, ...] = ()  # the one that is used by itself first
    efforts: tuple[str, ...] = ()  # of reasoning, to choose from
    usual_effort: str = ""  # what the model takes by itself; empty is not told
    refused: Mapping[str, str] = field(default_factory=dict)  # parameter: why not

    @property
    def facts(self) -> str:
        """What the page needs when this model is chosen, as JSON."""
        return json.dumps(
            {
                "refused": dict(self.refused),
                "efforts": self.efforts,
                "usual": self.usual_effort,
                "payers": [
                    {
                        "id": str(one.team_id),
                        "team": one.team_name,
                        "key": one.key_label,
                    }
                    for one in self.payers
                ],
            }
        )

    @property
    def allowed(self) -> bool:
        """Whether a call would be admitted."""
        return self.reason is None


def choices(user: User, endpoint: Endpoint) -> list[ModelChoice]:
    """Return the models that keys of one's teams see now: the usable ones first.

    The number of queries does not depend on the number of keys or models.
    """
    candidates = candidates_of(user)
    nobody = None if candidates else why_no_key(user)
    now = timezone.now()
    judged = [
        (candidate, obstacle_of_key(candidate, endpoint, now=now))
        for candidate in candidates
    ]
    sights = _sights(candidates)
    prices = _prices(user)
    found: dict[str, ModelChoice] = {}
    seen = KeyModel.objects.filter(
        model=OuterRef("pk"), seen_until=None, key__in=ApiKey.objects.visible_to(user)
    )
    models = LanguageModel.objects.filter(Exists(seen)).order_by("model_id", "host")
    for model in models:
        choice = _choice(model, endpoint, judged, sights, prices, nobody)
        known = found.get(model.model_id)
        if known is None or (choice.allowed and not known.allowed):
            found[model.model_id] = choice
    return sorted(found.values(), key=lambda choice: not choice.allowed)


def why_nothing(user: User) -> Reason:
    """Return why there is no model to choose from at all."""
    if not candidates_of(user):
        return why_no_key(user)
    return Reason(
        rule=Rule.MODEL,
        sentence="No model is known yet.",
        advice="Wait for the first check of a key; it takes some seconds.",
    )


def _choice(
    model: LanguageModel,
    endpoint: Endpoint,
    judged: list[tuple[Candidate, Reason | None]],
    sights: dict[UUID, set[UUID]],
    prices: dict[UUID, dict[UUID, PriceVersion]],
    nobody: Reason | None,
) -> ModelChoice:
    usable: list[Candidate] = []
    reasons = [nobody] if nobody else []
    for candidate, obstacle in judged:
        seen = model if model.id in sights[candidate.key.id] else None
        reason = obstacle_of_model(candidate, seen, model.model_id) or obstacle
        if reason:
            reasons.append(reason)
        else:
            usable.append(candidate)
    chosen = min(usable, key=lambda one: one.strength) if usable else None
    known = prices.get(model.id, {})
    price = (
        known.get(chosen.key.team_id) if chosen else next(iter(known.values()), None)
    )
    return ModelChoice(
        model_id=model.model_id,
        aliases=tuple(model.aliases or ()),
        context_length=model.context_length,
        modalities=tuple(model.input_modalities or ()),
        created_at=model.created_upstream_at,
        price=price,
        key_label=chosen.key.label if chosen else "",
        team_name=chosen.team_name if chosen else "",
        reason=None if chosen else max(reasons, key=lambda one: one.rule.depth),
        payers=_payers(usable),
        efforts=parameters.efforts(model),
        usual_effort=parameters.usual_effort(model),
        refused=parameters.refused(model, endpoint),
    )


def _payers(usable: list[Candidate]) -> tuple[Payer, ...]:
    """Return each team with its weakest key, the weakest of all first."""
    found: dict[UUID, Payer] = {}
    for candidate in sorted(usable, key=lambda one: one.strength):
        key = candidate.key
        payer = Payer(
            team_id=key.team_id, team_name=candidate.team_name, key_label=key.label
        )
        found.setdefault(key.team_id, payer)
    return tuple(found.values())


def _sights(candidates: list[Candidate]) -> dict[UUID, set[UUID]]:
    """Return the models that each key sees, or its team where xAI does not tell it."""
    keys = {candidate.key.id: candidate.key for candidate in candidates}
    rows = KeyModel.objects.filter(key__in=keys, seen_until=None)
    of_key: dict[UUID, set[UUID]] = defaultdict(set)
    of_team: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
    for key_id, model_id in rows.values_list("key_id", "model_id"):
        key = keys[key_id]
        of_key[key_id].add(model_id)
        of_team[key.team_id, key.host].add(model_id)
    return {
        key_id: of_key[key_id] if lists_models(key) else of_team[key.team_id, key.host]
        for key_id, key in keys.items()
    }


def _prices(user: User) -> dict[UUID, dict[UUID, PriceVersion]]:
    """Return the newest price of each model, by team; newest seen first."""
    rows = (
        PriceVersion.objects.newest()
        .sound()
        .filter(team__in=Team.objects.visible_to(user))
    )
    prices: dict[UUID, dict[UUID, PriceVersion]] = defaultdict(dict)
    for price in sorted(rows, key=lambda row: row.last_seen_at, reverse=True):
        prices[price.model_id][price.team_id] = price
    return prices

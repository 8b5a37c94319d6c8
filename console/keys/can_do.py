"""What one key can really do, for its page: rules, models and state together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.keys import acls as grammar
from console.keys.acls import ENDPOINTS, Cell, Model
from console.keys.marks import STOPPED, Mark, how, mark_of
from console.keys.shown import ShownState


@dataclass(frozen=True, slots=True)
class Ability:
    """One model or endpoint."""

    name: str
    words: str  # what an endpoint is for; "" for a model
    mark: Mark
    how: str
    reason: str  # in one sentence

    @property
    def allowed(self) -> bool:
        """Tell whether the rules allow it, be the key stopped or not."""
        return self.mark in (Mark.NAMED, Mark.WILDCARD, Mark.HALTED)


@dataclass(frozen=True, slots=True)
class CanDo:
    """Every model the key sees or names, and every endpoint."""

    models: list[Ability]
    endpoints: list[Ability]
    models_in_sight: int | None  # None: its list was never read
    models_in_reach: int | None  # None: not known
    endpoints_in_reach: int | None
    stopped: bool  # xAI refuses every call now


def can_do(
    acls: Sequence[str] | None, *, seen: Sequence[Model] | None, state: ShownState
) -> CanDo:
    """Judge what a key sees, what else its entries name, and all endpoints."""
    access = grammar.resolve(acls, seen=seen)
    known = {name for model in seen or () for name in (model.model_id, *model.aliases)}
    named = () if access.models is None else access.models.names
    others = [Model(name) for name in named if name not in known]

    def ability(name: str, cell: Cell, words: str = "") -> Ability:
        return Ability(name, words, mark_of(cell, state), how(cell), cell.reason)

    in_reach, endpoints = access.models_in_reach, access.endpoints_in_reach
    return CanDo(
        models=[
            ability(model.model_id, access.of_model(model))
            for model in (*(seen or ()), *others)
        ],
        endpoints=[
            ability(name, access.of_endpoint(name), words)
            for name, words in ENDPOINTS.items()
        ],
        models_in_sight=None if seen is None else len(seen),
        models_in_reach=None if in_reach is None else len(in_reach),
        endpoints_in_reach=None if endpoints is None else len(endpoints),
        stopped=state in STOPPED,
    )

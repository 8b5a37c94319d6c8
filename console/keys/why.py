"""Why one key may or may not use one model or endpoint, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.catalog.models import PriceVersion
from console.keys import acls, meanings, sight
from console.keys.acls import Access, Cell
from console.keys.marks import STOPPED, Mark, mark_of
from console.keys.matrix import Address
from console.keys.models import ApiKey, Origin
from console.keys.shown import ShownState, shown_state
from console.keys.sight import SeenModel, models_seen, sight_of

GLYPHS: Final = {True: "check", False: "close", None: "unknown"}
TONES: Final = {True: "tone-ok", False: "tone-bad", None: "faint"}


@dataclass(frozen=True, slots=True)
class Step:
    """One condition of a call; `holds` None means not known."""

    holds: bool | None
    text: str
    entries: tuple[str, ...] = ()
    seen: str = ""  # the word before `at`
    at: datetime | None = None

    @property
    def glyph(self) -> str:
        """Return its icon."""
        return GLYPHS[self.holds]

    @property
    def tone(self) -> str:
        """Return the tone of its icon."""
        return TONES[self.holds]


@dataclass(frozen=True, slots=True)
class Since:
    """From when on it is allowed."""

    at: datetime
    outside: bool = False  # by a change that a person made in xAI's console
    at_least: bool = False  # it was so when Gatehouse first looked


@dataclass(frozen=True, slots=True)
class Why:
    """One cell explained."""

    key: ApiKey
    address: Address
    mark: Mark
    reason: str
    steps: list[Step]
    since: Since | None
    price: PriceVersion | None


def why(*, key: ApiKey, address: Address, now: datetime) -> Why:
    """Explain one cell; `key` comes with its team."""
    seen = models_seen(key)
    access = acls.resolve(key.acls, seen=sight_of(key, seen))
    state = shown_state(key, now=now)
    of_model = None
    if address.kind == "model":
        of_model = next((s for s in seen if s.model.model_id == address.name), None)
        cell = access.of_model(sight.model_named(address.name, host=key.host))
        steps = _model_steps(key, access, cell, address.name)
    else:
        cell = access.of_endpoint(address.name)
        steps = _endpoint_steps(access, cell)
    return Why(
        key=key,
        address=address,
        mark=mark_of(cell, state),
        reason=cell.reason,
        steps=[_state_step(key, state), *steps],
        since=_since(key, cell, of_model) if cell.verdict.allows else None,
        price=of_model.price if of_model else None,
    )


def _state_step(key: ApiKey, state: ShownState) -> Step:
    if state == ShownState.ACTIVE:
        return Step(True, "The key is usable.", seen="checked", at=key.verified_at)
    meaning, _ = meanings.of(state, watched=key.watched)
    holds = False if state in STOPPED else None
    return Step(holds, f"{state.label}: {meaning}", seen="checked", at=key.checked_at)


def _model_steps(key: ApiKey, access: Access, cell: Cell, name: str) -> list[Step]:
    return [
        _rule_step(access, "model", cell.entries),
        _sight_step(key, access, name),
        _rule_step(access, "endpoint", _all_entries(access, "endpoint")),
    ]


def _endpoint_steps(access: Access, cell: Cell) -> list[Step]:
    listed = Step(None, "Whether xAI lists a model that its rules allow is not known.")
    if access.seen is not None and access.models is not None:
        some = bool(access.models_in_reach)
        number = len(access.models_in_reach or ())
        word = f"{number} model{'' if number == 1 else 's'}" if some else "no model"
        listed = Step(some, f"xAI lists {word} for this key that its rules allow.")
    return [
        _rule_step(access, "endpoint", cell.entries),
        _rule_step(access, "model", _all_entries(access, "model")),
        listed,
    ]


def _rule_step(access: Access, kind: str, entries: tuple[str, ...]) -> Step:
    word = "An endpoint" if kind == "endpoint" else "A model"
    if access.models is None:
        return Step(None, f"{word} rule: xAI has not told the rules of this key.")
    if entries:
        return Step(True, f"{word} rule allows it.", entries)
    return Step(False, f"No {kind} rule allows it.")


def _sight_step(key: ApiKey, access: Access, name: str) -> Step:
    if access.seen is None:
        text = "The list of models this key sees was never read."
        if sight.team_sees(name, key=key):
            text += f" Other keys of {key.team.name} see this one."
        return Step(None, text)
    read = key.models_checked_at
    for model in access.seen:
        if name == model.model_id:
            return Step(True, "xAI lists it for this key.", seen="listed", at=read)
        if name in model.aliases:
            text = f"xAI lists it for this key, as an alias of {model.model_id}."
            return Step(True, text, seen="listed", at=read)
    return Step(False, "xAI does not list it for this key.", seen="read", at=read)


def _all_entries(access: Access, kind: str) -> tuple[str, ...]:
    """Return the entries of the other kind, some of them: one is enough."""
    allowed = access.endpoints if kind == "endpoint" else access.models
    if allowed is None:
        return ()
    names = [*[acls.EVERYTHING] * allowed.everything, *allowed.names]
    return tuple(f"{acls.NAMESPACE}:{kind}:{name}" for name in names[:3])


def _since(key: ApiKey, cell: Cell, seen: SeenModel | None) -> Since | None:
    """Return when the last of what it needs came: an entry, and the model's listing.

    Of several entries that allow it, the oldest decides.
    """
    added = dict.fromkeys(cell.entries, _first_look(key))
    for change in key.changes.filter(field="acls").order_by("gap_until"):
        before, after = change.before or [], change.after or []
        for entry in cell.entries:
            if entry in after and entry not in before:
                outside = change.origin == Origin.OUTSIDE
                added[entry] = Since(change.gap_until, outside=outside)
    known = [since for since in added.values() if since is not None]
    by_rule = min(known, key=lambda since: since.at, default=None)
    first_list = key.sees.order_by("seen_from").values_list("seen_from", flat=True)[:1]
    if by_rule and seen and max(first_list[0], by_rule.at) < seen.seen_from:
        return Since(seen.seen_from)
    return by_rule


def _first_look(key: ApiKey) -> Since | None:
    first = key.snapshots.order_by("first_seen_at").first()
    return Since(first.first_seen_at, at_least=True) if first else None

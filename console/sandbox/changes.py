"""What the control API changes, each change checked before anything is touched."""

from dataclasses import fields as dataclass_fields
from typing import Any

from console.sandbox.faults import IN_STREAMS, KINDS, Fault
from console.sandbox.fields import FieldProblem, Fields
from console.sandbox.models import TOKEN_PRICES, Model
from console.sandbox.world import Key, Settings, Team, World, timestamp

MOST_KEYS = 20_000
MOST_LETTERS = 64  # of one token
LARGEST_PRICE = 2**63 - 1
MODEL_TEXTS = ("fingerprint", "version", "retired_on", "replacement")
MODEL_LISTS = ("aliases", "redirected", "input_modalities", "reasoning_effort")
MODEL_NUMBERS = (
    *TOKEN_PRICES,
    *("search_price", "image_price", "context_length", "created"),
)
MODEL_FLAGS = ("retired", "reasoning")
MODEL_FIELDS = (
    *MODEL_TEXTS,
    *MODEL_LISTS,
    *MODEL_NUMBERS,
    *MODEL_FLAGS,
    "default_reasoning_effort",
    "longest_token",
)
STATUSES = {
    "api_key_status_when_blocked": (200, 403),
    "model_denied_status": (403, 404),
}


class Conflict(ValueError):
    """The change does not fit the world as it is."""


def create_keys(world: World, fields: Fields) -> list[Key]:
    """Make one key, or `count` keys whose names are numbered."""
    fields.only("name", "team", "acls", "count", "owner", "note", "spare")
    name, team = fields.text("name"), _team(world, fields.text("team"))
    acls = fields.texts("acls") or []
    count = fields.integer("count", 1, MOST_KEYS)
    names = [name] if count is None else [f"{name}-{n:05}" for n in range(count)]
    owner = fields.text_or("owner") or None
    note, spare = fields.text_or("note"), fields.flag("spare")
    return [
        world.add_key(
            name=one, team=team, acls=acls, owner=owner, note=note, spare=spare
        )
        for one in names
    ]


def change_key(world: World, key: Key, fields: Fields) -> None:
    """Change a key as xAI's console would, which leaves time and person behind."""
    fields.only("blocked", "disabled", "acls", "name", "accepted", "modified_by")
    blocked = fields.flag("blocked", key.blocked)
    disabled = fields.flag("disabled", key.disabled)
    accepted = fields.flag("accepted", key.accepted)
    acls, name = fields.texts("acls"), fields.text_or("name", key.name)
    person = fields.text_or("modified_by", world.teams[key.team_id].admin_id)
    key.blocked, key.disabled, key.accepted = blocked, disabled, accepted
    key.name, key.acls = name, key.acls if acls is None else acls
    key.modify_time, key.modified_by = timestamp(), person


def add_model(world: World, fields: Fields) -> Model:
    fields.only("id", "kind", *MODEL_FIELDS)
    name, kind = fields.text("id"), fields.text_or("kind", "language")
    if kind not in ("language", "image"):
        raise FieldProblem("kind must be language or image")
    if not name or name in world.models:
        raise Conflict("the id is empty or already taken")
    model = Model(id=name, created=0, kind=kind, **_model_values(fields))
    world.models[name] = model
    world.index()
    return model


def change_model(world: World, model: Model, fields: Fields, *, today: str) -> Model:
    """Change any price, name or flag; an alias moves here from any other model."""
    fields.only(*MODEL_FIELDS)
    values = _model_values(fields)
    for name, value in values.items():
        setattr(model, name, value)
    if model.retired and not model.retired_on:
        model.retired_on = today
    for other in world.models.values():
        if other is not model and "aliases" in values:
            other.aliases = [one for one in other.aliases if one not in model.aliases]
    world.index()
    return model


def change_settings(world: World, fields: Fields) -> Settings:
    settings = world.settings
    fields.only(*(one.name for one in dataclass_fields(Settings)))
    values: dict[str, Any] = {}
    if (pace := fields.number("pace", 0, 60)) is not None:
        values["pace"] = pace
    if (size := fields.integer("max_body", 1)) is not None:
        values["max_body"] = size
    for name in ("messages_index", "lists_need_acl", "acl_by_alias"):
        values[name] = fields.flag(name, getattr(settings, name))
    for name, allowed in STATUSES.items():
        status = fields.integer(name)
        if status is not None and status not in allowed:
            raise FieldProblem(f"{name} must be one of {allowed}")
        values[name] = status or getattr(settings, name)
    for name, value in values.items():
        setattr(settings, name, value)
    return settings


def add_fault(world: World, fields: Fields) -> Fault:
    fields.only("match", "kind", "times", "retry_after", "after_events", "seconds")
    match = fields.map("match") or Fields({})
    match.only("path", "api_key_id", "team_id")
    kind = fields.text("kind")
    if kind not in KINDS:
        raise FieldProblem(f"kind must be one of {', '.join(sorted(KINDS))}")
    after_events = fields.integer("after_events", 0)
    if after_events is not None and kind not in IN_STREAMS:
        streams = ", ".join(sorted(IN_STREAMS))
        raise FieldProblem(f"after_events goes with {streams} only")
    seconds = fields.number("seconds", 0, 3600)
    fault = Fault(
        kind=kind,
        path=match.text_or("path") or None,
        api_key_id=match.text_or("api_key_id") or None,
        team_id=match.text_or("team_id") or None,
        times=fields.integer("times", 1),
        retry_after=fields.number("retry_after", 0),
        after_events=after_events,
    )
    if seconds is not None:
        fault.seconds = seconds
    return world.faults.add(fault)


def _team(world: World, name: str) -> Team:
    """Return the team with this id or name."""
    for team in world.teams.values():
        if name in (team.id, team.name):
            return team
    raise FieldProblem("team must be the id or the name of a team")


def _model_values(fields: Fields) -> dict[str, Any]:
    """Return the given fields of a model, all of them checked."""
    values: dict[str, Any] = {}
    for name in MODEL_TEXTS:
        if fields.has(name):
            values[name] = fields.text(name)
    for name in MODEL_LISTS:
        if (texts := fields.texts(name)) is not None:
            values[name] = texts
    for name in MODEL_NUMBERS:
        if (number := fields.integer(name, 0, LARGEST_PRICE)) is not None:
            values[name] = number
    for name in MODEL_FLAGS:
        if fields.has(name):
            values[name] = fields.flag(name)
    if fields.has("default_reasoning_effort"):
        values["default_reasoning_effort"] = fields.text("default_reasoning_effort")
    if (letters := fields.integer("longest_token", 1, MOST_LETTERS)) is not None:
        values["longest_token"] = letters
    return values

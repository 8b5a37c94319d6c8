"""The world as JSON, and the file that lets a restart go on as it was."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from console.sandbox.faults import Fault, Faults
from console.sandbox.models import Model
from console.sandbox.world import Key, Settings, Team, World

VERSION = 1


class StateError(Exception):
    """The state file cannot be used; the message says why and what to do."""


def dump(world: World) -> dict[str, Any]:
    """Return the world without its ledger and its passing faults."""
    standing = world.faults.standing
    return {
        "version": VERSION,
        "teams": [asdict(team) for team in world.teams.values()],
        "keys": [asdict(key) for key in world.keys.values()],
        "models": [asdict(model) for model in world.models.values()],
        "settings": asdict(world.settings),
        "faults": [fault.to_json() for fault in standing if fault.permanent],
    }


def restore(world: World, data: Mapping[str, Any]) -> None:
    """Make the world what `dump` wrote down."""
    teams = [Team(**row) for row in data["teams"]]
    keys = [Key(**row) for row in data["keys"]]
    models = [Model(**row) for row in data["models"]]
    settings = Settings(**data["settings"])
    faults = Faults()
    for row in data["faults"]:
        faults.add(Fault(**row))
    world.teams = {team.id: team for team in teams}
    world.keys = {key.api_key_id: key for key in keys}
    world.models = {model.id: model for model in models}
    world.settings, world.faults = settings, faults
    world.index()


def save(world: World, path: Path) -> None:
    """Write the file, readable by its owner only; it is never seen half written."""
    text = json.dumps(dump(world) | {"origin": world.origin})
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load(path: Path) -> World:
    world = World()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != VERSION:
            raise StateError(f"{path} was written by another version; remove it.")
        restore(world, data)
        world.origin = data["origin"]
    except (ValueError, KeyError, TypeError):
        text = f"{path} is not a state file of the sandbox; remove it to begin anew."
        raise StateError(text) from None
    return world

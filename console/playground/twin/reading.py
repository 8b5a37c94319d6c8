"""Reading the JSON of a request, strictly; what is wrong has a path. Pure."""

from __future__ import annotations

from console.playground.twin.notes import Given, Json, Unreadable

Path = tuple[str | int, ...]


def text(data: Given, name: str, path: Path) -> str:
    """Return a text that must be there."""
    value = data.get(name)
    if isinstance(value, str):
        return value
    raise Unreadable((*path, name), f"{name} must be a text.")


def maybe_text(data: Given, name: str, path: Path) -> str | None:
    """Return a text, or None if there is none."""
    return None if data.get(name) is None else text(data, name, path)


def object_at(value: object, path: Path) -> Given:
    """Return an object."""
    if isinstance(value, dict):
        return value
    raise Unreadable(path, "This must be an object.")


def objects(data: Given, name: str, path: Path) -> list[tuple[Path, Given]]:
    """Return a list of objects with their paths; none is an empty list."""
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable((*path, name), f"{name} must be a list.")
    paths = [(*path, name, number) for number in range(len(value))]
    return [(at, object_at(each, at)) for at, each in zip(paths, value, strict=True)]


def turns(body: Given, roles: tuple[str, ...]) -> list[tuple[Path, Given]]:
    """Return the messages, each with a role of this dialect."""
    if not body.get("messages"):
        raise Unreadable(("messages",), "messages must be a list with one at least.")
    found = objects(body, "messages", ())
    for path, turn in found:
        if turn.get("role") not in roles:
            words = ", ".join(roles)
            raise Unreadable((*path, "role"), f"role must be one of: {words}.")
    return found


def without_none(**fields: object) -> Json:
    """Return the fields that are there."""
    return {name: value for name, value in fields.items() if value is not None}
